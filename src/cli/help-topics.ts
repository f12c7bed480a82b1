/** `hooks help TOPIC`. */
export const HELP_TOPICS: Readonly<Record<string, string>> = {
  "exit-codes": `EXIT CODES

    0  done
    1  the thing itself failed: a signature is invalid, a delivery failed, an expectation was not met
    2  usage: a flag, argument, setting or file is wrong, or something is missing and nobody can be asked
    3  not found
    4  not allowed, or not signed in
    5  the server or the store cannot be reached, is busy, full, damaged or newer than this program
    6  conflict: the same id with another content, or a second daemon on one store
   70  a fault in hooks itself (HOOKS_DEBUG=1 shows its stack)
  130  interrupted by Ctrl-C (143: by SIGTERM)

  hooks verify: 0 valid, 1 invalid, 2 could not be checked.
`,
  environment: `ENVIRONMENT

  A flag beats a variable, a variable beats the file that hooks serve --config names, that beats hooks.config.json (the
  nearest one upwards), that beats the current context (hooks login, hooks context), that beats the user's config.json, and
  that beats the default. --context and HOOKS_CONTEXT are as strong as any flag and variable. hooks config shows each value
  and where it came from. An empty variable of hooks serve's flags is an error; of the others it is an unset one.

  A key goes to a server that a flag, a variable, a context or the user's config.json names. One that only a
  hooks.config.json names gets the key of a context of that very server, and no other. Nor does such a file say who reaches
  hooks serve, whom it may send to, where traces go or what is deleted: flags, variables and your own config.json do.

  HOOKS_HOME             one folder for everything: store, keys, config.json
                         (else $XDG_DATA_HOME/hooks and $XDG_CONFIG_HOME/hooks)
  HOOKS_STORE            the store's file
  HOOKS_SERVER           work on this server instead
  HOOKS_CONTEXT          work on a server that hooks login knows; local: on the local store
  HOOKS_API_KEY          key for the server
  HOOKS_API_KEY_FILE     file that holds the key
  HOOKS_TENANT           whose data
  HOOKS_ENV              which environment
  HOOKS_OUTPUT           json or text
  HOOKS_NO_INPUT, CI     when set: never ask
  HOOKS_HOST, HOOKS_PORT, HOOKS_CONCURRENCY, HOOKS_DRAIN, HOOKS_LOG_LEVEL, HOOKS_LOG_FORMAT
                         of hooks serve, like its flags
  HOOKS_MASTER_KEY       key that seals secrets in the store, instead of the file master.key
  HOOKS_MASTER_KEY_FILE  file that holds it
  HOOKS_SECRET_STORE     where new secrets are kept: embedded (default), or aws:REGION/PREFIX
  HOOKS_DEBUG            when set: show the stack of a fault
  NO_COLOR, FORCE_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM=dumb
                         colour off or on (--color beats them)
`,
  filters: `FILTERS

  --filter of hooks sub create, sub update and listen takes an expression in CEL, the Common Expression Language. Of the
  events whose type a pattern takes, only those for which it is true are sent.

    data.amount > 1000 && data.country in ['DE', 'FR']
    type == 'order.paid' && metadata.source == 'web'
    has(data.discount) && data.discount.percent >= 50
    data.?discount.percent.orValue(0) < 50
    data.items.exists(item, item.price > 100 && item.sku.startsWith('a-'))
    event.timestamp.getDayOfWeek() in [0, 6]

  data, metadata   what was published
  type             the event's type
  event            all of it: event.id, .type, .timestamp, .version, .data, .metadata

  Operators        == != < <= > >= in && || ! + - * / % ?:   a.b  a["b"]  a[0]
  May be missing   has(data.a)   data.?a.orValue(0)   data.?a.hasValue()
  Texts            size() contains() startsWith() endsWith() lowerAscii() upperAscii() trim()
  Lists, objects   size() all(x, …) exists(x, …) exists_one(x, …) filter(x, …) map(x, …), not one inside another
  Other kinds      int() double() string() bool() timestamp("2026-01-31T12:00:00Z") duration("1h30m")
  Of a time (UTC)  getFullYear() getMonth() getDate() getDayOfWeek() getHours() getMinutes() …

  What is missing, or of another kind, makes a filter fail, and then the event is not sent; hooks why says so. Regular
  expressions are not available. Numbers of the data are JSON's: exact up to 2^53.

  hooks sub filter-test tries a filter on an event without sending anything. More: docs/filters.md
`,
  output: `OUTPUT

  Data goes to standard output, everything for people to standard error.

               on a terminal                 in a pipe                      --json               --quiet
  lists        aligned columns, fitted       tab-separated, no header,      one object a line    ids
               to the width                  never cut
  one thing    a section of key and value    the same, plain                one line             its id
  create       the result; the secret once   id and URL                     one line, with the   its id
                                                                            secret
  errors       error: and hint: lines        the same                       {"error":{…}} on     error: line
                                                                            standard error

  --fields a,b.c chooses columns and keys; --fields help lists them. Times are relative on a terminal and RFC 3339 in
  pipes and JSON. Control characters in payloads are shown, never sent to the terminal.
`,
};
