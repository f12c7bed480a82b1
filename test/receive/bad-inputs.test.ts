import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { allowedStatuses, BAD_INPUTS, type BadInput, badInputsOf } from "../support/bad-inputs.ts";
import { type CorpusInput, requestBytes } from "./support/corpus-request.ts";
import { OWN_BAD_INPUTS } from "./support/own-bad-inputs.ts";
import { keyOf, type RawAnswer, sendRaw, startTestServer, type TestServer } from "./support/test-server.ts";

// What reaches the server over HTTP: inputs that it must refuse (or must not), with what is expected of each.
const corpus = badInputsOf<CorpusInput>("http", "create_subscription", "publish_event", "publish_batch", "list");

/** Not run here, each for a reason. A name that is not in the corpus fails the test below. */
const ELSEWHERE: Record<string, string> = {
  BP020: "slow headers: http.test.ts, with shorter limits",
  BP101: "below, with a lower limit",
  BP149: "a full disk is set up in the tests of the store; what is answered then: http.test.ts",
  BP150: "a locked store is set up in the tests of the store; what is answered then: http.test.ts",
  BP151: "a failing fsync is set up in the tests of the store",
  BP152: "draining: http.test.ts",
  BP153: "below, with a limit",
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const production = { "hooks-environment": "production" };
  await server.ask("POST", "/v1/events", {
    headers: production,
    json: { id: "evt_1", type: "order.created", data: { id: 1 } },
  });
  const foreign = { tenant: "acme", id: "evt_OTHER_TENANT", type: "order.created", data: 1 };
  await server.ask("POST", "/v1/events", { key: "anyTenant", headers: production, json: foreign });
});
afterAll(() => server.close());

const KEYS = { VALIDKEY: keyOf("production"), READONLYKEY: keyOf("reader") };
const run = corpus.filter(({ id }) => ELSEWHERE[id] === undefined);

describe("bad inputs", () => {
  it("are all run, but those that are named with a reason", () => {
    const ids = new Set(corpus.map(({ id }) => id));
    expect(Object.keys(ELSEWHERE).filter((id) => !ids.has(id))).toEqual([]);
    expect(corpus.length).toBe(192);
    expect(run.length).toBe(192 - Object.keys(ELSEWHERE).length);
  });

  it.each([...run, ...OWN_BAD_INPUTS].map((entry) => [entry.id, entry.surface, entry.name, entry] as const))(
    "%s %s: %s",
    async (_id, _surface, _name, entry) => {
      const stored = rowCounts();
      const bytes = requestBytes(entry, server.port, KEYS);
      for (let time = 0; time < (entry.input.times ?? 1); time++) {
        const answer = await sendRaw(server.port, bytes, entry.input.then);
        expect(allowedStatuses(entry)).toContain(answer.status);
        if (entry.expect.outcome === "reject") checkRefusal(entry, answer);
        if (entry.expect.no_header !== undefined) expect(answer.headers.has(entry.expect.no_header)).toBe(false);
      }
      if (entry.expect.outcome === "reject") expect(rowCounts()).toEqual(stored);
      expect(({} as { admin?: unknown }).admin).toBeUndefined();
      expect((await server.ask("GET", "/healthz")).status).toBe(200);
      expect(server.faults).toEqual([]);
    },
  );

  it.each([
    ["BP101", { maxSubscriptions: 1 }],
    ["BP153", { maxBacklog: 1 }],
  ])("%s at %j", async (id, limits) => {
    const entry = corpus.find((one) => one.id === id)!;
    const limited = await startTestServer(limits);
    onTestFinished(() => limited.close());
    const create = { url: "https://hooks.example.com/in", events: ["order.created"] };
    expect((await limited.ask("POST", "/v1/subscriptions", { json: create })).status).toBe(201);
    const publish = { type: "order.created", data: { id: 1 } };
    expect((await limited.ask("POST", "/v1/events", { json: publish })).status).toBe(202);
    const stored = rowCounts(limited);
    const target = id === "BP101" ? "/v1/subscriptions" : "/v1/events";
    const answer = await limited.ask("POST", target, { json: entry.input.json });
    expect(allowedStatuses(entry)).toContain(answer.status);
    if (entry.expect.retry_after === true) expect(answer.headers.get("retry-after")).toBe("5");
    expect(answer.json.error.message).toContain(id === "BP101" ? "(max_subscriptions)" : "(max_backlog)");
    expect(answer.json.error.hint).toEqual(expect.any(String));
    expect(rowCounts(limited)).toEqual(stored);
    const { limits: shown } = (await limited.ask("GET", "/v1/meta")).json;
    expect(shown).toMatchObject(
      id === "BP101" ? { subscriptions: 1, backlog: null } : { subscriptions: 10_000, backlog: 1 },
    );
    expect(limited.faults).toEqual([]);
  });

  it("would be noticed if something were stored", async () => {
    const stored = rowCounts();
    await server.ask("POST", "/v1/events", { json: { type: "order.created", data: 1 } });
    expect(rowCounts()).not.toEqual(stored);
  });
});

function checkRefusal(entry: BadInput<CorpusInput>, answer: RawAnswer): void {
  if (answer.status === 0) return;
  const { error } = answer.json as { error: Record<string, string> };
  expect(error["code"]).toMatch(/^[a-z_]+$/);
  expect(error["message"]!.length).toBeLessThanOrEqual(BAD_INPUTS.defaults_for_reject.message_max_chars);
  expect(error["request_id"]).toMatch(/^req_/);
  const expected = entry.expect.field;
  if (typeof expected === "string") expect(fieldsFor(expected, error["field"])).toContain(error["field"]);
  if (entry.expect.retry_after === true) expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(answer.text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  for (const secret of [
    KEYS.VALIDKEY,
    KEYS.READONLYKEY,
    server.local.dataDirectory,
    "SELECT ",
    "node_modules",
    "whsec_M",
    "12345",
  ]) {
    expect(answer.text).not.toContain(secret);
  }
}

/** `events[*]` is any entry; a field may also be named down to its entry. */
function fieldsFor(expected: string, got: string | undefined): (string | undefined)[] {
  const pattern = new RegExp(
    `^${expected.replace(/[.[\]]/g, "\\$&").replace("\\[*\\]", "\\[\\d+\\]")}(\\[\\d+\\])?$`,
    "i",
  );
  return got !== undefined && pattern.test(got) ? [got] : [expected];
}

/** Of every table, whatever tables there are. */
function rowCounts({ local } = server): Record<string, unknown> {
  const database = new Database(local.storePath, { readonly: true });
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
      .pluck()
      .all() as string[];
    expect(tables.length).toBeGreaterThan(5);
    return Object.fromEntries(
      tables.map((table) => [table, database.prepare(`SELECT count(*) FROM "${table}"`).pluck().get()]),
    );
  } finally {
    database.close();
  }
}
