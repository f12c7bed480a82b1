# PowerShell completion for hooks. Generated from the command tree: do not edit.
# Try it: hooks completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName hooks -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)

  # For each point: commands and flags with their summaries, how flags' values and arguments are completed.
  $points = @{
    '' = @{
      commands = [ordered]@{ 'listen' = 'Forward webhooks to your local server'; 'trigger' = 'Send a test event'; 'replay' = 'Send past deliveries again'; 'sign' = 'Sign a payload'; 'verify' = 'Check a webhook signature'; 'demo' = 'Watch the whole story in half a minute'; 'sub' = 'Manage subscriptions'; 'event' = 'List, inspect and replay events'; 'publish' = 'Publish events'; 'delivery' = 'List, inspect and retry deliveries'; 'serve' = 'Run the relay server'; 'status' = 'Show what runs and what waits'; 'backup' = 'Copy the store into one file, while it is used'; 'restore' = 'Put a backup in the place of the store'; 'config' = 'Show each setting and where it comes from'; 'completion' = 'Print a shell completion script'; 'doctor' = 'Check this installation'; 'help' = 'Show help' }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help'; '--version' = 'show the version' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'help' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{  }
      values = @{  }
      arguments = @('listen trigger replay sign verify demo sub event publish delivery serve status backup restore config completion doctor exit-codes environment output')
    }
    'listen' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--forward' = 'your program: a port, HOST:PORT/PATH or a URL (default: answer 200 here)'; '--forward-allow-remote' = 'let --forward name another computer'; '--header' = 'set on every forwarded request, ''name: value'' (repeatable)'; '--events' = 'which events: order.paid, order.* (repeatable; default: all)'; '--session' = 'what waits for you waits under this name (default: host and folder)'; '--ephemeral' = 'a session of its own, gone a minute after this command'; '--keep' = 'go on collecting after Ctrl-C, for so long (default: 24h)'; '--retry' = 'try failed deliveries again on the default schedule (default: once)'; '--concurrency' = 'so many at once (default: 10)'; '--timeout' = 'how long your program may take (default: 30s)'; '--max-events' = 'end after so many deliveries'; '--print' = 'print each delivery and its result as a line of JSON'; '--print-secret' = 'print the session''s signing secret, and end'; '--ready-file' = 'write session, subscription and secret there as JSON, once it listens; removed at the end'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--forward' = ''; '--header' = ''; '--events' = '@dynamic'; '--session' = ''; '--concurrency' = ''; '--timeout' = ''; '--max-events' = ''; '--ready-file' = '@file'; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'trigger' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--data' = 'the event''s data: JSON, @FILE or - (default: {})'; '--set' = 'set one value: data.amount=5, data.items[0].sku=x'; '--count' = 'so many events (default: 1)'; '--rate' = 'at most so many: 10/s, 100/m'; '--wait' = 'wait for each delivery''s first result; exit 1 if one failed'; '--timeout' = 'how long --wait waits (default: 60s)'; '--list' = 'list the known event types'; '--to' = 'sign and send straight there: URL, HOST:PORT/PATH or a port'; '--secret' = 'signs with --to: VALUE, @FILE, - or env:NAME'; '--header' = 'own header with --to, ''name: value'''; '--profile' = 'how the request looks with --to (default: standard)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--data' = ''; '--set' = ''; '--count' = ''; '--rate' = ''; '--timeout' = ''; '--to' = ''; '--secret' = ''; '--header' = ''; '--profile' = 'standard'; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'replay' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--failed' = 'those that failed (the same as --status failed)'; '--status' = 'those that ended so'; '--since' = 'from then on: 2h, 7d, 2026-01-31, 2026-01-31T12:00:00Z'; '--until' = 'before then'; '--sub' = 'of this subscription (id, beginning or name)'; '--type' = 'of this type or pattern'; '--dry-run' = 'only say how many'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--status' = 'failed succeeded cancelled'; '--since' = ''; '--until' = ''; '--sub' = '@dynamic'; '--type' = '@dynamic'; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'sign' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--scheme' = 'signature scheme'; '--secret' = 'the secret: a value, @FILE, - (standard input) or env:NAME'; '--secret-env' = 'environment variable that holds a secret'; '--secret-file' = 'file that holds a secret'; '--sub' = 'the secrets of a stored subscription (local store only)'; '--id' = 'the message''s id (default: a new one)'; '--timestamp' = 'when it is sent, unix seconds (default: now)'; '--method' = 'request method, for schemes that sign it'; '--url' = 'request URL, for schemes that sign it'; '--output' = 'headers: lines for curl -H @-; json: one object; value: the signature alone'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--scheme' = 'standard-webhooks'; '--secret' = ''; '--secret-env' = ''; '--secret-file' = '@file'; '--sub' = '@dynamic'; '--id' = ''; '--timestamp' = ''; '--method' = ''; '--url' = ''; '--output' = 'headers json value'; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@file')
    }
    'verify' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--scheme' = 'signature scheme'; '--secret' = 'the secret: a value, @FILE, - (standard input) or env:NAME'; '--secret-env' = 'environment variable that holds a secret'; '--secret-file' = 'file that holds a secret'; '--sub' = 'the secrets of a stored subscription (local store only)'; '--header' = 'a header, ''Name: value'''; '--headers' = 'file of headers: lines ''Name: value'', or JSON'; '--request' = 'file with a whole raw HTTP request, headers and body; "-": standard input'; '--method' = 'request method, for schemes that sign it'; '--url' = 'request URL as the sender used it, for schemes that sign it'; '--tolerance' = 'how old or how far ahead it may be; none: any age (default: the scheme''s)'; '--now' = 'the clock to judge by, unix seconds (default: the system''s)'; '--explain' = 'show what was signed and what was received, in full'; '--format' = 'github: a failure is an annotation of the workflow'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--scheme' = 'standard-webhooks'; '--secret' = ''; '--secret-env' = ''; '--secret-file' = '@file'; '--sub' = '@dynamic'; '--header' = ''; '--headers' = '@file'; '--request' = '@file'; '--method' = ''; '--url' = ''; '--tolerance' = ''; '--now' = ''; '--format' = 'text github'; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@file')
    }
    'demo' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'sub' = @{
      commands = [ordered]@{ 'create' = 'Register a URL that receives events'; 'list' = 'List subscriptions'; 'get' = 'Show one subscription'; 'update' = 'Change a subscription'; 'delete' = 'Delete a subscription'; 'enable' = 'Let a subscription receive events again'; 'disable' = 'Stop a subscription from collecting events'; 'pause' = 'Collect events, and send none for now'; 'resume' = 'Send what was collected while paused'; 'test' = 'Send one test request to a subscription'; 'rotate-secret' = 'Give a subscription a new signing secret'; 'secret' = 'Print the signing secret (local store only)'; 'health' = 'Show how a subscription''s deliveries go' }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'sub create' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--url' = 'where events are POSTed to'; '--event' = 'event type, prefix such as ''order.*'', or ''*'''; '--name' = 'a name to call it by'; '--description' = 'what it is for'; '--header' = 'own header of each request, ''name: value'''; '--retry' = 'waits between attempts: 5s,5m,1h'; '--retry-preset' = 'a named schedule'; '--retry-strategy' = 'how waits grow'; '--max-attempts' = 'of linear and exponential, the first included'; '--first-delay' = 'of linear and exponential: the first wait'; '--longest-delay' = 'of linear and exponential: no wait is longer'; '--retry-on' = 'any, server-errors, or a list: 5xx,network,429'; '--on-410' = 'when the receiver says it is gone'; '--timeout' = 'for the whole request, 1s to 300s'; '--rate' = 'at most so many requests: 10/s, 100/m'; '--concurrency' = 'requests at once'; '--order-by' = 'events with one value here are sent one after the other: /order_id, or ''*'' for all'; '--batch' = 'several events in one request: up to 100, or 100,1s to wait so long for more (default 5s)'; '--breaker' = 'rest after failures in a row, and try one first (this is the default)'; '--no-breaker' = 'go on sending whatever fails'; '--auto-disable' = 'disable it after so many failures in a row: 20,1h for over an hour, or off'; '--re-enable' = 'once its failures disabled it: try with a test event every hour'; '--metadata' = 'your own name=value'; '--profile' = 'how a delivery looks on the wire'; '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--secret' = 'signs with this: VALUE, @FILE, - or env:NAME (default: a new one is made)'; '--disabled' = 'create it without letting it receive events yet'; '--print-secret' = 'in a pipe: print the secret as a third column'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--url' = ''; '--event' = '@dynamic'; '--name' = ''; '--description' = ''; '--header' = ''; '--retry' = ''; '--retry-preset' = 'standard foresight aegisx arsmedica dotmac securebase'; '--retry-strategy' = 'linear exponential'; '--max-attempts' = ''; '--first-delay' = ''; '--longest-delay' = ''; '--retry-on' = ''; '--on-410' = 'disable retry fail'; '--timeout' = ''; '--rate' = ''; '--concurrency' = ''; '--order-by' = ''; '--batch' = ''; '--auto-disable' = ''; '--re-enable' = 'probe off'; '--metadata' = ''; '--profile' = 'standard'; '--fields' = ''; '--secret' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'sub list' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--event' = 'those that would receive this type'; '--enabled' = 'enabled ones only'; '--disabled' = 'disabled ones only'; '--health' = 'by health'; '--profile' = 'by profile'; '--search' = 'contained in name, description or URL'; '--limit' = 'at most this many (default: 50)'; '--cursor' = 'go on where the list before ended'; '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--event' = '@dynamic'; '--health' = 'healthy degraded unhealthy disabled'; '--profile' = ''; '--search' = ''; '--limit' = ''; '--cursor' = ''; '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'sub get' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub update' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--url' = 'where events are POSTed to'; '--event' = 'event type, prefix such as ''order.*'', or ''*'''; '--name' = 'a name to call it by'; '--description' = 'what it is for'; '--header' = 'own header of each request, ''name: value'''; '--retry' = 'waits between attempts: 5s,5m,1h'; '--retry-preset' = 'a named schedule'; '--retry-strategy' = 'how waits grow'; '--max-attempts' = 'of linear and exponential, the first included'; '--first-delay' = 'of linear and exponential: the first wait'; '--longest-delay' = 'of linear and exponential: no wait is longer'; '--retry-on' = 'any, server-errors, or a list: 5xx,network,429'; '--on-410' = 'when the receiver says it is gone'; '--timeout' = 'for the whole request, 1s to 300s'; '--rate' = 'at most so many requests: 10/s, 100/m'; '--concurrency' = 'requests at once'; '--order-by' = 'events with one value here are sent one after the other: /order_id, or ''*'' for all'; '--batch' = 'several events in one request: up to 100, or 100,1s to wait so long for more (default 5s)'; '--breaker' = 'rest after failures in a row, and try one first (this is the default)'; '--no-breaker' = 'go on sending whatever fails'; '--auto-disable' = 'disable it after so many failures in a row: 20,1h for over an hour, or off'; '--re-enable' = 'once its failures disabled it: try with a test event every hour'; '--metadata' = 'your own name=value'; '--profile' = 'how a delivery looks on the wire'; '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--reset' = 'back to its default: name, description, header, retry, retry-on, on-410, timeout, rate, concurrency, order-by, batch, breaker, auto-disable, metadata'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--url' = ''; '--event' = '@dynamic'; '--name' = ''; '--description' = ''; '--header' = ''; '--retry' = ''; '--retry-preset' = 'standard foresight aegisx arsmedica dotmac securebase'; '--retry-strategy' = 'linear exponential'; '--max-attempts' = ''; '--first-delay' = ''; '--longest-delay' = ''; '--retry-on' = ''; '--on-410' = 'disable retry fail'; '--timeout' = ''; '--rate' = ''; '--concurrency' = ''; '--order-by' = ''; '--batch' = ''; '--auto-disable' = ''; '--re-enable' = 'probe off'; '--metadata' = ''; '--profile' = 'standard'; '--fields' = ''; '--reset' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub delete' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub enable' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub disable' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub pause' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub resume' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub test' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--type' = 'type of the test event (default: webhook.test)'; '--data' = 'its data: JSON, @FILE or -'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--type' = '@dynamic'; '--data' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub rotate-secret' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--grace' = 'how long the old one goes on signing (default: 24h)'; '--secret' = 'the new one: VALUE, @FILE, - or env:NAME (default: one is made)'; '--print-secret' = 'in a pipe: print the secret as a second column'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--grace' = ''; '--secret' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub secret' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'sub health' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'event' = @{
      commands = [ordered]@{ 'list' = 'List events'; 'get' = 'Show one event with its deliveries'; 'replay' = 'Send one event again' }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'event list' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--type' = 'a type, or a pattern such as ''invoice.*'''; '--since' = 'from then on: 2h, 7d, 2026-01-31, 2026-01-31T12:00:00Z'; '--until' = 'before then'; '--limit' = 'at most this many (default: 50)'; '--cursor' = 'go on where the list before ended'; '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--type' = '@dynamic'; '--since' = ''; '--until' = ''; '--limit' = ''; '--cursor' = ''; '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'event get' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'event replay' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--sub' = 'only to this one (id, beginning or name)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--sub' = '@dynamic'; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'publish' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--data' = 'the event''s data: JSON, @FILE or -'; '--id' = 'idempotency key: the same id again stores nothing (default: a new one)'; '--timestamp' = 'when it happened, ISO 8601 (default: now)'; '--metadata' = 'a JSON object beside the data: JSON, @FILE or -'; '--event-version' = 'version of the event type'; '--file' = 'NDJSON, one {"type","data",…} a line; - reads standard input'; '--new-ids' = 'with --file: a new id for every line that has none'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--data' = ''; '--id' = ''; '--timestamp' = ''; '--metadata' = ''; '--event-version' = ''; '--file' = '@file'; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'delivery' = @{
      commands = [ordered]@{ 'list' = 'List deliveries'; 'get' = 'Show one delivery with its attempts'; 'retry' = 'Try a delivery again now'; 'cancel' = 'Give a waiting delivery up' }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'delivery list' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--status' = 'by status'; '--type' = 'a type, or a pattern such as ''invoice.*'''; '--sub' = 'of this subscription (id, beginning or name)'; '--event' = 'of this event'; '--since' = 'from then on: 2h, 7d, 2026-01-31, 2026-01-31T12:00:00Z'; '--until' = 'before then'; '--limit' = 'at most this many (default: 50)'; '--cursor' = 'go on where the list before ended'; '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--status' = 'pending sending retrying succeeded failed cancelled'; '--type' = '@dynamic'; '--sub' = '@dynamic'; '--event' = '@dynamic'; '--since' = ''; '--until' = ''; '--limit' = ''; '--cursor' = ''; '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'delivery get' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'delivery retry' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'delivery cancel' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@dynamic')
    }
    'serve' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--host' = 'address to listen on (default: 127.0.0.1)'; '--port' = 'port to listen on; 0 takes a free one (default: 4680)'; '--concurrency' = 'requests in flight at once (default: 256)'; '--rate' = 'requests sent at most, such as 100/s or 5000/m (default: no limit)'; '--tenant-rate' = 'requests sent for one tenant at most (default: no limit)'; '--retry-rate' = 'retries sent to one host at most (default: 100/s)'; '--dns' = 'name server for receivers'' names (default: the system''s)'; '--accept-loss' = 'start although the store lacks its newest changes (a damaged or older file)'; '--drain' = 'how long stopping may take (default: 10s)'; '--log-level' = 'what is logged (default: info)'; '--log-format' = 'default: pretty on a terminal, else json'; '--ready-file' = 'written once requests are accepted, with the URL; removed at the end'; '--allow-host' = 'another name that requests may call this host by'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--host' = ''; '--port' = ''; '--concurrency' = ''; '--rate' = ''; '--tenant-rate' = ''; '--retry-rate' = ''; '--dns' = ''; '--drain' = ''; '--log-level' = 'debug info warn error silent'; '--log-format' = 'pretty json'; '--ready-file' = '@file'; '--allow-host' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'status' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'backup' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@file')
    }
    'restore' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--discard' = 'do not keep the store that is replaced'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('@file')
    }
    'config' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--fields' = 'choose columns and JSON keys: a,b.c (help lists them)'; '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--fields' = ''; '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
    'completion' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @('bash zsh fish powershell')
    }
    'doctor' = @{
      commands = [ordered]@{  }
      flags = [ordered]@{ '--store' = 'the store''s file (default: hooks.db in the data directory)'; '--server' = 'work on a server instead of the local store'; '--api-key' = 'key for the server; HOOKS_API_KEY keeps it out of the process list'; '--api-key-file' = 'file that holds the key; "-" reads standard input'; '--tenant' = 'whose data (default: default)'; '--env' = 'which environment (default: development)'; '--json' = 'print JSON, one object a line'; '--quiet' = 'print ids only, and no notes'; '--color' = 'colour: auto, always or never'; '--no-color' = 'no colour'; '--no-input' = 'never ask'; '--yes' = 'do not ask before destructive changes'; '--verbose' = 'say on standard error where it works and how long it took'; '--help' = 'show help' }
      values = @{ '--store' = '@file'; '--server' = ''; '--api-key' = ''; '--api-key-file' = '@file'; '--tenant' = ''; '--env' = ''; '--color' = 'auto always never' }
      arguments = @()
    }
  }

  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
  $before = if ($wordToComplete -eq '') { $words } else { @($words | Select-Object -SkipLast 1) }
  $path = ''
  $pending = ''
  $count = 0
  foreach ($word in @($before | Select-Object -Skip 1)) {
    if ($pending -ne '') { $pending = ''; continue }
    if ($word -eq '--') { return }
    if ($word.StartsWith('-')) {
      if ($points[$path].values.ContainsKey($word)) { $pending = $word }
    } elseif ($points[$path].commands.Contains($word)) {
      $path = "$path $word".Trim()
    } else {
      $count++
    }
  }

  function Complete-Source($source) {
    if ($source -eq '@dynamic') {
      & $words[0] __complete -- @($before | Select-Object -Skip 1) $wordToComplete 2>$null | ForEach-Object {
        $value, $summary = $_ -split "`t", 2
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $(if ($summary) { $summary } else { $value }))
      }
    } elseif ($source -and $source -ne '@file') {
      $source -split ' ' | Where-Object { $_.StartsWith($wordToComplete) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
      }
    }
  }

  $point = $points[$path]
  if ($pending -ne '') {
    Complete-Source $point.values[$pending]
  } elseif ($wordToComplete.StartsWith('-')) {
    $point.flags.GetEnumerator() | Where-Object { $_.Key.StartsWith($wordToComplete) } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterName', $_.Value)
    }
  } elseif ($point.commands.Count -gt 0) {
    $point.commands.GetEnumerator() | Where-Object { $_.Key.StartsWith($wordToComplete) } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'Command', $_.Value)
    }
  } elseif ($count -lt $point.arguments.Count) {
    Complete-Source $point.arguments[$count]
  }
}
