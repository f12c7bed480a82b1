import { type Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { collect, pair, wholeNumber } from "../../src/cli/flag-values.ts";
import { readSecretValue } from "../../src/cli/secret-value.ts";
import { HooksError, isHooksError } from "../../src/core/errors.ts";
import { PROFILE_NAMES } from "../../src/core/profiles/profile-names.ts";
import { quoted } from "../../src/core/quoted.ts";
import { RETRY_PRESETS } from "../../src/core/retry-policy.ts";
import { EXCERPT_CHARS_MAX, type RetryInput, type SubscriptionInput } from "../../src/core/subscription.ts";

/** The flags of create and update, as parsed. */
export interface SubscriptionFlags {
  url?: string;
  event: string[];
  name?: string;
  description?: string;
  secret?: string;
  profile?: string;
  header: string[];
  retry?: string;
  retryPreset?: string;
  retryStrategy?: "linear" | "exponential";
  maxAttempts?: number;
  firstDelay?: string;
  longestDelay?: string;
  retryOn?: string;
  on410?: "disable" | "retry" | "fail";
  timeout?: string;
  rate?: string;
  concurrency?: number;
  excerptChars?: number;
  orderBy?: string;
  batch?: string;
  filter?: string;
  breaker?: boolean;
  autoDisable?: string;
  reEnable?: "probe" | "off";
  allowNet: string[];
  denyNet: string[];
  eventVersion?: string;
  rotateEvery?: string;
  handshake?: string;
  metadata: string[];
}

/** Field of the API → the flag that sets it, so that an error names what was typed. */
const FLAG_OF_FIELD: Readonly<Record<string, string>> = {
  url: "--url",
  events: "--event",
  name: "--name",
  description: "--description",
  secret: "--secret",
  profile: "--profile",
  headers: "--header",
  retry: "--retry",
  "retry.delays": "--retry",
  "retry.strategy": "--retry-strategy",
  "retry.max_attempts": "--max-attempts",
  "retry.first_delay": "--first-delay",
  "retry.longest_delay": "--longest-delay",
  retry_on: "--retry-on",
  on_410: "--on-410",
  timeout: "--timeout",
  timeout_ms: "--timeout",
  rate_limit: "--rate",
  concurrency: "--concurrency",
  excerpt_chars: "--excerpt-chars",
  order_by: "--order-by",
  batch: "--batch",
  filter: "--filter",
  breaker: "--breaker",
  auto_disable: "--auto-disable",
  "auto_disable.failures": "--auto-disable",
  "auto_disable.min_span": "--auto-disable",
  "auto_disable.re_enable": "--re-enable",
  "batch.max_events": "--batch",
  "batch.max_wait": "--batch",
  allow_net: "--allow-net",
  deny_net: "--deny-net",
  event_version: "--event-version",
  rotate_every: "--rotate-every",
  handshake: "--handshake",
  "handshake.origin": "--handshake",
  "handshake.rate": "--handshake",
  metadata: "--metadata",
};

export function addSubscriptionFlags(command: Command): Command {
  return command
    .option("--url <url>", "where events are POSTed to")
    .option("-e, --event <pattern>", "event type, prefix such as 'order.*', or '*'", collect, [])
    .option("--name <name>", "a name to call it by")
    .option("--description <text>", "what it is for")
    .option("--header <header>", "own header of each request, 'name: value'", collect, [])
    .option("--retry <delays>", "waits between attempts: 5s,5m,1h")
    .addOption(
      new Option("--retry-preset <name>", "a named schedule")
        .choices(Object.keys(RETRY_PRESETS))
        .conflicts(["retry", "retryStrategy"]),
    )
    .addOption(
      new Option("--retry-strategy <strategy>", "how waits grow").choices(["linear", "exponential"]).conflicts("retry"),
    )
    .option(
      "--max-attempts <number>",
      "of linear and exponential, the first included",
      wholeNumber("--max-attempts", 1, 20),
    )
    .option("--first-delay <duration>", "of linear and exponential: the first wait")
    .option("--longest-delay <duration>", "of linear and exponential: no wait is longer")
    .option("--retry-on <what>", "any, server-errors, or a list: 5xx,network,429")
    .addOption(
      new Option("--on-410 <action>", "when the receiver says it is gone").choices(["disable", "retry", "fail"]),
    )
    .option("--timeout <duration>", "for the whole request, 1s to 300s")
    .option("--rate <limit>", "at most so many requests: 10/s, 100/m")
    .option("--concurrency <number>", "requests at once", wholeNumber("--concurrency", 1, 1_000))
    .option(
      "--excerpt-chars <number>",
      "characters of each response that are kept; 0: none",
      wholeNumber("--excerpt-chars", 0, EXCERPT_CHARS_MAX),
    )
    .option(
      "--order-by <pointer>",
      "events with one value here are sent one after the other: /order_id, or '*' for all",
    )
    .option(
      "--batch <events>",
      "several events in one request: up to 100, or 100,1s to wait so long for more (default 5s)",
    )
    .option("--filter <expression>", "only events for which it is true: 'data.amount > 1000' (see hooks help filters)")
    .option("--breaker", "rest after failures in a row, and try one first (this is the default)")
    .option("--no-breaker", "go on sending whatever fails")
    .option("--auto-disable <failures>", "disable it after so many failures in a row: 20,1h for over an hour, or off")
    .addOption(
      new Option("--re-enable <how>", "once its failures disabled it: try with a test event every hour").choices([
        "probe",
        "off",
      ]),
    )
    .option("--allow-net <network>", "send to these only: CIDR[:PORT] or NAME; opens nothing", collect, [])
    .option("--deny-net <network>", "never send to these", collect, [])
    .option("--event-version <version>", "only this version of its events, converted where that is declared")
    .option("--rotate-every <duration>", "the daemon gives it a new secret when the newest is so old: 90d")
    .option(
      "--handshake <origin>",
      "ask the receiver first whether it allows deliveries from this DNS name: events.example.com, or events.example.com,120 for so many a minute",
    )
    .option("--metadata <pair>", "your own name=value", collect, [])
    .addOption(profileOption("--profile <name>", "how a delivery looks on the wire"));
}

/** Its names are offered, and others taken: users have profiles of their own. */
export function profileOption(flags: string, description: string): Option {
  const option = new Option(flags, description);
  option.argChoices = [...PROFILE_NAMES];
  return option;
}

/** What the flags say, and nothing about what they do not. Reads the secret. @throws HooksError `usage` */
export async function subscriptionInput(
  flags: SubscriptionFlags,
  context: CliContext,
): Promise<Partial<SubscriptionInput>> {
  const input: Partial<SubscriptionInput> = {};
  if (flags.url !== undefined) input.url = flags.url;
  if (0 < flags.event.length) input.events = flags.event;
  if (flags.name !== undefined) input.name = flags.name;
  if (flags.description !== undefined) input.description = flags.description;
  if (flags.secret !== undefined) input.secret = await readSecretValue(flags.secret, "--secret", context);
  if (flags.profile !== undefined) input.profile = flags.profile;
  if (0 < flags.header.length) input.headers = record("--header", flags.header, ":");
  const retry = retryInput(flags);
  if (retry !== undefined) input.retry = retry;
  if (flags.retryOn !== undefined) input.retry_on = retryOn(flags.retryOn);
  if (flags.on410 !== undefined) input.on_410 = flags.on410;
  if (flags.timeout !== undefined) input.timeout = flags.timeout;
  if (flags.rate !== undefined) input.rate_limit = flags.rate;
  if (flags.concurrency !== undefined) input.concurrency = flags.concurrency;
  if (flags.excerptChars !== undefined) input.excerpt_chars = flags.excerptChars;
  if (flags.orderBy !== undefined) input.order_by = flags.orderBy;
  if (flags.batch !== undefined) input.batch = batchInput(flags.batch);
  if (flags.filter !== undefined) input.filter = flags.filter;
  if (flags.breaker !== undefined) input.breaker = flags.breaker;
  const autoDisable = autoDisableInput(flags);
  if (autoDisable !== undefined) input.auto_disable = autoDisable;
  if (0 < flags.allowNet.length) input.allow_net = flags.allowNet;
  if (0 < flags.denyNet.length) input.deny_net = flags.denyNet;
  if (flags.eventVersion !== undefined) input.event_version = flags.eventVersion;
  if (flags.handshake !== undefined) input.handshake = handshakeInput(flags.handshake);
  if (flags.rotateEvery !== undefined) input.rotate_every = flags.rotateEvery;
  if (0 < flags.metadata.length) input.metadata = record("--metadata", flags.metadata, "=");
  return input;
}

/** The API's hints are JSON; these are as a shell takes them. */
const HINT_OF_FLAG: Readonly<Record<string, string>> = {
  "--event": "for example: --event 'invoice.*'",
  "--retry": "for example: --retry 5s,5m,30m",
  "--handshake": "for example: --handshake events.example.com",
  "--retry-on": "for example: --retry-on 5xx,network,408,429",
};

/** Runs a call of the service; an error about a field names the flag that set it. */
export async function namingFlags<T>(call: Promise<T>, flags: SubscriptionFlags): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isHooksError(error) || error.field === undefined) throw error;
    const { field, message } = error;
    const whole = field === "retry" && flags.retryPreset !== undefined ? "--retry-preset" : flagOf(field);
    const flag = whole ?? flagOf(field.replace(/[.[].*$/, ""));
    if (flag === undefined) throw error;
    // Of a map's entry its name says which one is meant: `headers.host` is `--header host`.
    const entry = whole === undefined ? /^(?:headers|metadata)\.(.+)$/.exec(field)?.[1] : undefined;
    const what = entry === undefined ? flag : `${flag} ${entry}`;
    const named = message.startsWith(field) ? what + message.slice(field.length) : message;
    throw new HooksError(error.code, named, {
      field: flag,
      hint: error.hint && (HINT_OF_FLAG[flag] ?? error.hint),
      cause: error,
    });
  }
}

function retryInput(flags: SubscriptionFlags): string | RetryInput | undefined {
  if (flags.retryPreset !== undefined) return flags.retryPreset;
  if (flags.retry !== undefined) {
    refuseWithout(flags, "--retry-strategy");
    return { strategy: "list", delays: flags.retry === "" ? [] : flags.retry.split(",").map((delay) => delay.trim()) };
  }
  if (flags.retryStrategy === undefined) {
    refuseWithout(flags, "--retry-strategy");
    return undefined;
  }
  return {
    strategy: flags.retryStrategy,
    ...(flags.maxAttempts === undefined ? {} : { max_attempts: flags.maxAttempts }),
    ...(flags.firstDelay === undefined ? {} : { first_delay: flags.firstDelay }),
    ...(flags.longestDelay === undefined ? {} : { longest_delay: flags.longestDelay }),
  };
}

/** These shape a strategy and mean nothing beside a list. */
function refuseWithout(flags: SubscriptionFlags, needed: string): void {
  const given = {
    "--max-attempts": flags.maxAttempts,
    "--first-delay": flags.firstDelay,
    "--longest-delay": flags.longestDelay,
  };
  for (const [flag, value] of Object.entries(given)) {
    if (value !== undefined) {
      throw new HooksError("usage", `${flag} needs ${needed} linear or exponential`, { field: flag });
    }
  }
}

/** `100`, or `100,5s`. */
function batchInput(text: string): NonNullable<SubscriptionInput["batch"]> {
  const [count, wait] = countAndSpan("--batch", text, "100 or 100,5s");
  return { max_events: count, ...(wait === undefined ? {} : { max_wait: wait }) };
}

/** `events.example.com`, or `events.example.com,120`. */
function handshakeInput(text: string): NonNullable<SubscriptionInput["handshake"]> {
  const [origin = "", rate, ...more] = text.split(",").map((part) => part.trim());
  if (rate === undefined) return { origin };
  if (more.length === 0 && /^\d{1,9}$/.test(rate)) return { origin, rate: Number(rate) };
  throw new HooksError("usage", `--handshake must be NAME or NAME,NUMBER, got ${quoted(text)}`, {
    field: "--handshake",
  });
}

/** `20`, `20,1h` or `off`. */
function autoDisableInput({ autoDisable, reEnable }: SubscriptionFlags): SubscriptionInput["auto_disable"] | undefined {
  if (autoDisable === undefined && reEnable === undefined) return undefined;
  const input: NonNullable<SubscriptionInput["auto_disable"]> = {};
  if (autoDisable === "off") input.failures = 0;
  else if (autoDisable !== undefined) {
    const [count, span] = countAndSpan("--auto-disable", autoDisable, "20, 20,1h or off");
    input.failures = count;
    if (span !== undefined) input.min_span = span;
  }
  if (reEnable !== undefined) input.re_enable = reEnable === "off" ? null : reEnable;
  return input;
}

function countAndSpan(flag: string, text: string, form: string): [count: number, span: string | undefined] {
  const match = /^(\d{1,9})(?:,(.*))?$/.exec(text);
  if (match !== null) return [Number(match[1]), match[2]?.trim()];
  throw new HooksError("usage", `${flag} must be ${form}, got ${quoted(text)}`, { field: flag });
}

function retryOn(text: string): "any" | "server-errors" | string[] {
  return text === "any" || text === "server-errors" ? text : text.split(",").map((item) => item.trim());
}

function record(flag: string, pairs: readonly string[], separator: "=" | ":"): Record<string, string> {
  const entries = new Map<string, string>();
  for (const text of pairs) {
    const [name, value] = pair(flag, text, separator);
    if (entries.has(name)) throw new HooksError("usage", `${flag}: ${name} is given twice`, { field: flag });
    entries.set(name, value);
  }
  return Object.fromEntries(entries);
}

function flagOf(field: string): string | undefined {
  return Object.hasOwn(FLAG_OF_FIELD, field) ? FLAG_OF_FIELD[field] : undefined;
}
