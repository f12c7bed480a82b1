import { createHash } from "node:crypto";
import { hostname } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { asUsage, collect, duration, wholeNumber } from "../src/cli/flag-values.ts";
import { HooksError } from "../src/core/errors.ts";
import { checkEventPattern } from "../src/core/event-pattern.ts";
import { FAULT_FORMS, type ListenFault, parseListenFault } from "../src/core/listen-fault.ts";
import { checkSourceName } from "../src/core/sources/source-texts.ts";

/** The parsed command line of `hooks listen`. */
export interface ListenOptions {
  forward?: string;
  forwardAllowRemote?: boolean;
  route: string[];
  envName: string[];
  expect: string[];
  count?: number;
  /** ms */
  within?: number;
  report?: string;
  record?: string;
  redact: string[];
  recordSecrets?: boolean;
  fault: ListenFault[];
  header: string[];
  events: string[];
  filter?: string;
  source: string[];
  session?: string;
  print?: boolean;
  /** False with --no-view. */
  view?: boolean;
  printSecret?: boolean;
  readyFile?: string;
  retry?: boolean;
  concurrency?: number;
  /** ms */
  timeout?: number;
  /** ms; true: as long as the server does by default. */
  keep?: number | true;
  maxEvents?: number;
  ephemeral?: boolean;
}

export const DEFAULT_CONCURRENCY = 10;
/** What a session has in flight at most, over all of its listeners (src/stream/protocol.ts). */
const MAX_CONCURRENCY = 256;
/** Longer than a delivery over HTTP has: somebody may be looking at a breakpoint. */
export const DEFAULT_TIMEOUT_MS = 30_000;

const DAY_MS = 24 * 60 * 60 * 1000;
const SESSION_PATTERN = /^[A-Za-z0-9._:/@-]{1,128}$/;

/** They sign anew, with the session's secret. */
const SIGNING_FAULTS: ReadonlySet<string> = new Set(["bad-signature", "stale-timestamp", "rotate-secret"]);

export function defineListenFlags(command: Command): Command {
  const keep = duration("--keep", { min: 1_000, max: 365 * DAY_MS });
  return command
    .option("--forward <target>", "your program: a port, HOST:PORT/PATH or a URL (default: answer 200 here)")
    .option("--forward-allow-remote", "let --forward and --route name another computer")
    .option(
      "--route <route>",
      "these events elsewhere: 'invoice.*=localhost:4000/billing'; first match wins, --forward is the rest (repeatable)",
      collect,
      [],
    )
    .option("--header <header>", "set on every forwarded request, 'name: value' (repeatable)", collect, [])
    .option("--events <pattern>", "which events: order.paid, order.* (repeatable; default: all)", collect, [])
    .option("--filter <expression>", "of those only where it is true: 'data.amount > 1000' (see hooks help filters)")
    .option(
      "--source <source>",
      "what comes to this inbound source, each request as its sender sent it (repeatable; see hooks source)",
      collect,
      [],
    )
    .option("--session <name>", "what waits for you waits under this name (default: host and folder)")
    .option("--ephemeral", "a session of its own, gone a minute after this command")
    .option("--keep [duration]", "go on collecting after Ctrl-C, for so long (default: as it was, 24h at first)", keep)
    .option("--retry", "try failed deliveries again on the default schedule (default: once)")
    .option(
      "--concurrency <number>",
      `so many at once, at most ${MAX_CONCURRENCY} (default: ${DEFAULT_CONCURRENCY})`,
      wholeNumber("--concurrency", 1, MAX_CONCURRENCY),
    )
    .option(
      "--timeout <duration>",
      "how long your program may take (default: 30s)",
      duration("--timeout", { min: 1_000, max: 300_000 }),
    )
    .option(
      "--expect <pattern>",
      "end with 0 once such an event was answered with 2xx, else with 1 (repeatable)",
      collect,
      [],
    )
    .option("--count <number>", "so many of each --expect (default: 1)", wholeNumber("--count", 1, 1_000_000))
    .option(
      "--within <duration>",
      "--expect fails after so long, from the start of the command (default: it waits)",
      duration("--within", { min: 100, max: DAY_MS }),
    )
    .option("--report <file>", "write what came there, at the end: .xml as JUnit, .ndjson as lines of JSON")
    .option("--record <file>", "write what came and what was answered there, for hooks replay FILE (docs/cassettes.md)")
    .option(
      "--redact <place>",
      "--record leaves this out too: header:x-name, query:token, data.user.email (repeatable)",
      collect,
      [],
    )
    .option("--record-secrets", "--record writes credentials and signatures too")
    .option(
      "--fault <fault>",
      `try your program: ${FAULT_FORMS.join(", ")} (repeatable)`,
      (text: string, before: ListenFault[]) => [...before, parseListenFault(text)],
      [],
    )
    .option("--env-name <name>", "give COMMAND the secret under this name too (repeatable)", collect, [])
    .option("--max-events <number>", "end after so many deliveries", wholeNumber("--max-events", 1, 1_000_000))
    .option("--no-view", "print lines instead of the interactive view of a terminal")
    .option("--print", "print each delivery and its result as a line of JSON")
    .option("--print-secret", "print the session's signing secret, and end")
    .option(
      "--ready-file <file>",
      "write session, subscription and secret there as JSON, once it listens; removed at the end",
    );
}

/** @throws HooksError `usage` naming the flag that does not fit */
export function checkListenOptions(options: ListenOptions, command: readonly string[]): void {
  for (const pattern of options.events) asUsage("--events", () => checkEventPattern(pattern, `--events ${pattern}`));
  if (options.session !== undefined && !SESSION_PATTERN.test(options.session)) {
    const message = "--session must be 1 to 128 characters of A-Z a-z 0-9 . _ - : / @";
    throw new HooksError("usage", message, { field: "--session", hint: "--session my-laptop" });
  }
  for (const pattern of options.expect) asUsage("--expect", () => checkEventPattern(pattern, `--expect ${pattern}`));
  if (options.expect.length === 0) {
    refuse("--count", options.count, "needs --expect");
    refuse("--within", options.within, "needs --expect");
  }
  if (options.record === undefined) {
    refuse("--redact", options.redact[0], "needs --record");
    refuse("--record-secrets", options.recordSecrets, "needs --record");
  }
  for (const name of options.source) asUsage("--source", () => checkSourceName(name));
  if (0 < options.source.length) {
    const signing = options.fault.find(({ kind }) => SIGNING_FAULTS.has(kind));
    refuse(`--fault ${signing?.kind}`, signing, "and --source exclude each other: the sender's signature is not ours");
  }
  for (const name of options.envName) checkEnvName(name);
  if (command.length === 0) refuse("--env-name", options.envName[0], "needs a command: -- npm run dev");
  if (options.ephemeral === true) refuse("--keep", options.keep, "and --ephemeral cannot be used together: choose one");
  if (options.printSecret !== true) return;
  const why = "does nothing with --print-secret, which ends at once";
  refuse("--forward", options.forward, why);
  refuse("--route", options.route[0], why);
  refuse("--expect", options.expect[0], why);
  refuse("--report", options.report, why);
  refuse("--record", options.record, why);
  refuse("--fault", options.fault[0], why);
  refuse("command", command[0], why);
  refuse("--print", options.print, why);
  refuse("--max-events", options.maxEvents, why);
  refuse("--ready-file", options.readyFile, why);
  refuse("--ephemeral", options.ephemeral, why);
}

/** Which events are asked for. */
export function patternsOf({ events }: ListenOptions): string[] {
  return events.length === 0 ? ["*"] : events;
}

/** The session's name; undefined: the server makes one. Host and folder tell two checkouts of one program apart. */
export function sessionName(
  { session, ephemeral, source }: ListenOptions,
  { cwd }: Pick<CliContext, "cwd">,
): string | undefined {
  if (session !== undefined || ephemeral === true) return session;
  const name = [`${hostname()}:${cwd}`, ...source].join(":");
  if (SESSION_PATTERN.test(name)) return name;
  // Too long, or with characters that a name may not have: what is left of it, and a digest of the whole.
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 12);
  const readable = `${hostname().slice(0, 40)}:${path.basename(cwd).slice(0, 60)}`.replace(/[^A-Za-z0-9._:/@-]/g, "_");
  return `${readable}:${digest}`;
}

/** POSIX, 8.1: what every shell can name. */
function checkEnvName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return;
  const message = "--env-name must be letters, digits and _, the first no digit";
  throw new HooksError("usage", message, { field: "--env-name", hint: "--env-name WEBHOOK_SECRET" });
}

function refuse(flag: string, value: unknown, why: string): void {
  if (value !== undefined) throw new HooksError("usage", `${flag} ${why}`, { field: flag });
}
