import { writeFileSync } from "node:fs";
import { COMMANDS } from "../../../commands/index.ts";
import { isGroup, topLevel } from "../../../src/cli/command-table.ts";

/** What there is to name in a store that was prepared. */
export interface Prepared {
  /** Folder that is HOOKS_HOME; files may be made in it. */
  folder: string;
  subscription: string;
  event: string;
  /** One that succeeded. */
  delivery: string;
  /** One that failed. */
  failed: string;
  /** A URL that answers. */
  receiver: string;
  /** A signing secret, in words that a flag takes (`env:NAME`). */
  secret: string;
}

/**
 * Each command → the command lines under which it shows or changes something. `serve`, `listen` and `demo` go on, or
 * take half a minute: whoever uses the table starts them by itself.
 */
export const LINES: Readonly<Record<string, (prepared: Prepared) => string[][]>> = {
  "sub create": ({ receiver }) => [["--url", receiver, "--event", "made.*", "--fields", "id,url"]],
  "sub list": () => [[], ["--fields", "id,name,description,url,headers,metadata,secrets"]],
  "sub get": ({ subscription }) => [[subscription], [subscription, "--fields", "name,url,headers"]],
  "sub update": ({ subscription }) => [[subscription, "--concurrency", "5"]],
  "sub delete": ({ subscription }) => [[subscription, "--yes"]],
  "sub enable": ({ subscription }) => [[subscription]],
  "sub disable": ({ subscription }) => [[subscription]],
  "sub pause": ({ subscription }) => [[subscription]],
  "sub resume": ({ subscription }) => [[subscription]],
  "sub test": ({ subscription }) => [[subscription]],
  "sub filter-test": ({ subscription, event }) => [
    [subscription, "--event", event],
    [subscription, "--filter", "data.id == 'x' || has(data.name)", "--event", event],
  ],
  "sub rotate-secret": ({ subscription }) => [[subscription, "--fields", "id"]],
  "sub secret": ({ subscription }) => [[subscription]],
  "sub health": ({ subscription }) => [[subscription]],
  "event list": () => [[], ["--type", "order.*"]],
  "event get": ({ event }) => [[event]],
  "event replay": ({ event }) => [[event]],
  "event-type create": () => [["made.type", "--schema", '{"type":"object"}', "--example", '{"a":1}', "--tag", "t"]],
  "event-type list": () => [[], ["--catalogued"]],
  "event-type get": () => [["made.type"], ["made.type", "--schema"], ["order.paid"]],
  "event-type import": () => [["aegisx", "--dry-run"], ["aegisx"]],
  "event-type export": () => [[], ["--format", "openapi"]],
  "event-type infer": () => [["order.paid"]],
  "event-type generate-types": () => [[]],
  "event-type update": () => [["made.type", "--description", "x"]],
  "event-type delete": () => [["made.type", "--yes"]],
  "source create": () => [
    ["made-source", "--scheme", "github", "--fields", "name,scheme"],
    ["other-source", "--scheme", "none", "--map", "a=b"],
  ],
  "source list": () => [[], ["--scheme", "github"]],
  "source get": () => [["made-source"]],
  "source update": () => [["made-source", "--description", "x", "--map", "a.*=b.c"]],
  "source disable": () => [["made-source"]],
  "source enable": () => [["made-source"]],
  "source rotate-secret": () => [["made-source", "--fields", "name"]],
  "source log": () => [["made-source"], ["gitlab"], ["gitlab", "--json"], ["made-source", "--outcome", "refused"]],
  "source delete": () => [["other-source", "--yes"]],
  "env get": () => [[]],
  "env update": () => [
    ["--strict-types", "off"],
    ["--retention", "events=7d"],
  ],
  apply: ({ folder, receiver }) => {
    writeFileSync(`${folder}/hooks.yaml`, setupOf(receiver));
    const line = ["-f", `${folder}/hooks.yaml`];
    return [[...line, "--plan"], line, [...line, "--json"], [...line, "--prune", "--yes"]];
  },
  export: () => [[], ["--json"]],
  "delivery list": () => [[], ["--status", "failed"], ["--fields", "id,error,response_excerpt"]],
  "delivery get": ({ delivery, failed }) => [[delivery], [failed]],
  "delivery retry": ({ failed }) => [[failed]],
  "delivery cancel": ({ delivery }) => [[delivery]],
  why: ({ event, subscription }) => [[event], [event, subscription]],
  "dlq list": () => [[], ["--fields", "id,reason,error,response_excerpt"]],
  "dlq replay": () => [["--dry-run"], []],
  "dlq purge": () => [["--dry-run"], ["--yes"]],
  purge: ({ event }) => [["--event", event, "--dry-run"], ["--event", event, "--reason", "x", "--yes"], ["--list"]],
  trigger: ({ receiver, secret }) => [
    ["order.again"],
    ["--list"],
    ["order.again", "--to", receiver, "--secret", secret],
    ["stripe:invoice.paid", "--to", receiver, "--secret", secret],
    ["github:push", "--to", receiver, "--secret", secret, "--dry-run"],
  ],
  replay: ({ folder, receiver, secret }) => [
    ["--failed", "--dry-run"],
    ["--list"],
    [writtenCassette(folder), "--forward", receiver, "--secret", secret],
  ],
  sign: ({ secret }) => [["--secret", secret, "--id", "msg_1", "--timestamp", "1760000000"]],
  verify: ({ secret }) => [["--secret", secret, "--header", "webhook-id: msg_1", "--explain"]],
  publish: () => [["order.again", "--data", "{}"]],
  init: () => [["--forward", "3000/webhooks", "--route", "invoice.*=4000", "--setup", "--dry-run"]],
  status: () => [[]],
  top: () => [["--count", "1"]],
  logs: ({ subscription }) => [[], ["--failed"], ["--sub", subscription]],
  stats: ({ subscription }) => [[], ["--by", "subscription"], ["--by", "type"], ["--sub", subscription]],
  backup: ({ folder }) => [[`${folder}/backup.db`]],
  restore: ({ folder }) => [
    [`${folder}/backup.db`, "--yes"],
    [`${folder}/hooks.db`, "--yes"],
  ],
  config: () => [[]],
  completion: () => [["bash"]],
  doctor: () => [[]],
  "key create": () => [["made-key", "--role", "reader", "--fields", "id,name"]],
  "key rotate-master": () => [[]],
  "key list": () => [[]],
  "key get": () => [["made-key"]],
  "key revoke": () => [["made-key", "--yes"]],
  "tenant create": () => [["acme", "--description", "x"]],
  "tenant list": () => [[]],
  "tenant get": () => [["acme"], ["default"]],
  "tenant update": () => [["acme", "--description", "y"]],
  "tenant delete": () => [["acme", "--yes"]],
  "check idempotency": () => [["order.paid", "--to", "http://127.0.0.1:1", "--secret", "whsec_0"]],
  "alert list": () => [[], ["--state", "firing"]],
  audit: () => [[], ["--action", "subscription.*"]],
  "context list": () => [[]],
  "context use": () => [["local"], ["nowhere"]],
  "context add": () => [["away", "http://127.0.0.1:1", "--api-key", "hk_0"]],
  "context remove": () => [["away", "--yes"]],
  login: () => [["http://127.0.0.1:1", "--name", "dead", "--api-key", "hk_0"]],
  __complete: () => [
    ["--", "sub", "get", ""],
    ["--", "trigger", ""],
    ["--", "trigger", "stripe:"],
    ["--", "event", "get", ""],
  ],
};

/** With what a stranger may have sent in it. */
function writtenCassette(folder: string): string {
  const file = `${folder}/made.cassette`;
  const body = '{"name":"\u001b[31m\u202e","list":["\\u001b]0;x\\u0007"]}';
  const exchange = {
    at: "2026-11-22T12:00:00.000Z",
    event_id: "evt_1",
    event_type: "order.paid",
    attempt: 1,
    duration_ms: 2,
    request: { method: "POST", path: "/", query: "", headers: [["content-type", "application/json"]], body },
    response: { status: 299, headers: [["content-type", "text/plain"]], body, truncated: false },
    error: null,
  };
  writeFileSync(file, `${[{ hooks_cassette: 1 }, exchange].map((line) => JSON.stringify(line)).join("\n")}\n`);
  return file;
}

/** Started by whoever uses the table. */
const GOING_ON = ["serve", "listen", "demo"];

/** Names of all commands: `sub create`. */
export const COMMAND_NAMES: readonly string[] = topLevel(COMMANDS).flatMap((entry) =>
  isGroup(entry) ? entry.commands.map((leaf) => `${entry.name} ${leaf.name}`) : [entry.name],
);

/** Commands that no line here runs: each new one needs its lines. */
export function commandsWithoutLines(): string[] {
  return COMMAND_NAMES.filter((name) => LINES[name] === undefined && !GOING_ON.includes(name));
}

/** All lines, changing ones last, each as a whole command line. */
export function allLines(prepared: Prepared): string[][] {
  const names = Object.keys(LINES).filter((name) => COMMAND_NAMES.includes(name));
  // What deletes comes after what shows.
  const late = ["dlq replay", "dlq purge", "purge", "sub delete", "restore"];
  return [...names.filter((name) => !late.includes(name)), ...late].flatMap((name) =>
    LINES[name]!(prepared).map((rest) => [...name.split(" "), ...rest]),
  );
}

function setupOf(url: string): string {
  return [
    "event_types: [{name: set.up, schema: {type: object}}]",
    `subscriptions: [{name: set-up, url: ${JSON.stringify(url)}, events: [set.up]}]`,
    "sources: [{name: set-up, scheme: github, map: {ping: }}]",
    "keys: [{name: set-up, role: reader}]",
  ].join("\n");
}
