// Which fields a set-up has. The schema that editors and the HTTP API get says the same, and a test compares them.

import { isJsonObject } from "../json-value.ts";
import { RETENTION_KINDS } from "../retention.ts";
import { MAX_SETUP_ENTRIES } from "./setup.ts";
import {
  anything,
  byKind,
  fieldsOf,
  flag,
  listOf,
  mapOf,
  number,
  orNull,
  type SetupProblem,
  type Shape,
  text,
  textOrNumber,
} from "./setup-shape.ts";

/** As it stands in a file, or with the value beside the reference. */
const referenced = byKind("a text", {
  text,
  mapping: fieldsOf({ from: text, value: text }, ["from", "value"]),
});

const down = orNull(fieldsOf({ to: text, steps: listOf(anything, MAX_SETUP_ENTRIES) }, ["steps"]));

const retry = byKind("the name of a preset or a policy", {
  text,
  mapping: fieldsOf({
    strategy: text,
    delays: listOf(textOrNumber, 100),
    first_delay: textOrNumber,
    longest_delay: textOrNumber,
    max_attempts: number,
    jitter: number,
  }),
});

const SUBSCRIPTION: Readonly<Record<string, Shape>> = {
  name: text,
  description: orNull(text),
  url: referenced,
  events: listOf(text, 1_000),
  enabled: flag,
  paused: flag,
  profile: orNull(text),
  secret: orNull(referenced),
  headers: orNull(mapOf(referenced)),
  filter: orNull(text),
  retry: orNull(retry),
  retry_on: orNull(byKind("a text or a list", { text, list: listOf(text, 1_000) })),
  timeout: orNull(text),
  timeout_ms: orNull(number),
  on_410: orNull(text),
  breaker: orNull(flag),
  auto_disable: orNull(fieldsOf({ failures: orNull(number), min_span: orNull(textOrNumber), re_enable: orNull(text) })),
  rotate_every: orNull(textOrNumber),
  handshake: orNull(fieldsOf({ origin: text, rate: orNull(number) }, ["origin"])),
  allow_net: orNull(listOf(text, 1_000)),
  deny_net: orNull(listOf(text, 1_000)),
  concurrency: orNull(number),
  rate_limit: orNull(text),
  excerpt_chars: orNull(number),
  order_by: orNull(text),
  batch: orNull(fieldsOf({ max_events: number, max_wait: textOrNumber }, ["max_events"])),
  event_version: orNull(text),
  metadata: orNull(mapOf(anything)),
};

const VERSION: Readonly<Record<string, Shape>> = { version: text, schema: anything, example: anything, down };

const EVENT_TYPE: Readonly<Record<string, Shape>> = {
  name: text,
  description: orNull(text),
  tags: orNull(listOf(text, 1_000)),
  deprecated: flag,
  schema: anything,
  example: anything,
  versions: listOf(fieldsOf(VERSION, ["version"]), 1_000),
  default_version: text,
  removed_versions: listOf(text, 1_000),
};

const SOURCE: Readonly<Record<string, Shape>> = {
  name: text,
  scheme: text,
  secret: orNull(referenced),
  description: orNull(text),
  enabled: flag,
  mode: orNull(text),
  live_timeout: orNull(textOrNumber),
  prefix: orNull(text),
  type_from: orNull(text),
  id_from: orNull(text),
  data_from: orNull(text),
  map: orNull(mapOf(orNull(text))),
  handshake: orNull(text),
  verify_token: orNull(referenced),
  allow_origins: orNull(listOf(text, 1_000)),
  topics: orNull(listOf(text, 1_000)),
  tolerance: orNull(textOrNumber),
  url: orNull(text),
  rate_limit: orNull(text),
};

const KEY: Readonly<Record<string, Shape>> = {
  name: text,
  role: text,
  expires: orNull(text),
  rate_limit: orNull(text),
  key: orNull(referenced),
};

const retention = fieldsOf(Object.fromEntries(RETENTION_KINDS.map((kind) => [kind, orNull(textOrNumber)])));

const SECTIONS: Readonly<Record<string, Shape>> = {
  settings: fieldsOf({ strict_types: flag, retention }),
  alerts: listOf(text, MAX_SETUP_ENTRIES),
  event_types: listOf(fieldsOf(EVENT_TYPE, ["name"]), MAX_SETUP_ENTRIES),
  subscriptions: listOf(fieldsOf(SUBSCRIPTION, ["name", "url", "events"]), MAX_SETUP_ENTRIES),
  sources: listOf(fieldsOf(SOURCE, ["name", "scheme"]), MAX_SETUP_ENTRIES),
  keys: listOf(fieldsOf(KEY, ["name", "role"]), MAX_SETUP_ENTRIES),
};

const version: Shape = (value, field, report) => {
  if (value !== 1) report({ field, message: "must be 1: the version of this form" });
};

const SETUP = fieldsOf({ version, set: text, ...SECTIONS });
const SETUP_FILE = fieldsOf({ $schema: text, version, set: text, tenant: text, environment: text, ...SECTIONS });

/** What is wrong with the form of a set-up; what its values say is for whoever applies it. */
export function problemsOfSetup(value: unknown, form: "file" | "request"): SetupProblem[] {
  const problems: SetupProblem[] = [];
  const shape = form === "file" ? SETUP_FILE : SETUP;
  shape(value, "", (problem) => problems.push(problem));
  return problems;
}

/** Its lists, with an entry for each thing in them. */
export function entriesOf(value: unknown, section: string): unknown[] {
  const list = isJsonObject(value) && Object.hasOwn(value, section) ? value[section] : undefined;
  return Array.isArray(list) ? list : [];
}
