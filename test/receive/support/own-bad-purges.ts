import type { CorpusInput } from "./corpus-request.ts";

// Bad input for erasing and for what is kept: name, body, the field that the refusal names.

const PURGES: [name: string, json: object, field: string][] = [
  ["no filter", {}, "filter"],
  ["a filter that names nothing", { filter: {} }, "filter"],
  ["all that is false", { filter: { all: false } }, "filter"],
  ["all that is a text", { filter: { all: "true" } }, "filter.all"],
  ["a misspelt name", { filter: { befor: "30d" } }, "filter.befor"],
  ["a time that is none", { filter: { before: "yesterday" } }, "filter.before"],
  ["an end before its beginning", { filter: { since: "1d", before: "2d" } }, "filter.before"],
  ["no types", { filter: { types: [] } }, "filter.types"],
  ["a type that is none", { filter: { types: ["a..b"] } }, "filter.types[0]"],
  ["an id with a path in it", { filter: { events: ["../evt_1"] } }, "filter.events[0]"],
  ["an empty condition", { filter: { where: "" } }, "filter.where"],
  ["a condition that cannot be read", { filter: { where: "data.user_id =" } }, "filter.where"],
  ["a condition with a name for a text", { filter: { where: "data.user_id = u_1" } }, "filter.where"],
  ["a condition that is no yes or no", { filter: { where: "data.amount + 1" } }, "filter.where"],
  ["code", { filter: { where: "process.exit(1)" } }, "filter.where"],
  ["a condition that is too long", { filter: { where: `data.a == "${"x".repeat(20_000)}"` } }, "filter.where"],
  ["a condition that is a list", { filter: { where: ["true"] } }, "filter.where"],
  ["a reason that is too long", { filter: { all: true }, reason: "x".repeat(256) }, "reason"],
  ["dry_run that is a text", { filter: { all: true }, dry_run: "yes" }, "dry_run"],
  ["cancel_waiting that is a number", { filter: { all: true }, cancel_waiting: 1 }, "cancel_waiting"],
  ["a cursor that is none", { filter: { all: true }, dry_run: true, cursor: "cjE" }, "cursor"],
  ["a cursor without a count", { filter: { all: true }, cursor: "YzEwMC4xNTAwLjE3NjcyMjU2MDAwMDA" }, "cursor"],
  ["a cursor that is too long", { filter: { all: true }, dry_run: true, cursor: "Y".repeat(201) }, "cursor"],
  ["an unknown field", { filter: { all: true }, tenant: "acme" }, "tenant"],
];

const KEPT: [name: string, retention: unknown, field: string][] = [
  ["a number", { events: 30 }, "retention.events"],
  ["less than nothing", { events: "-1d" }, "retention.events"],
  ["words", { events: "for ever" }, "retention.events"],
  ["less than a second", { events: "1ms" }, "retention.events"],
  ["more than a hundred years", { events: "99999d" }, "retention.events"],
  ["a misspelt kind", { evnts: "7d" }, "retention.evnts"],
  ["a text", "7d", "retention"],
  ["a list", ["events=7d"], "retention"],
];

export const BAD_PURGES: readonly (readonly [string, CorpusInput, string])[] = [
  ...PURGES.map(([name, json, field]) => [`purge: ${name}`, { request: "POST /v1/purges", json }, field] as const),
  ...KEPT.map(
    ([name, retention, field]) =>
      [`retention: ${name}`, { request: "PATCH /v1/environment", json: { retention } }, field] as const,
  ),
];
