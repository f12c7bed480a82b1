import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CorpusEntry, requestBytes } from "./support/corpus-request.ts";
import { keyOf, type RawAnswer, sendRaw, startTestServer, type TestServer } from "./support/test-server.ts";

// 192 inputs that a server must refuse (or must not), with what is expected of each.
const corpus = JSON.parse(readFileSync(new URL("../fixtures/bad-inputs.json", import.meta.url), "utf8")) as {
  equivalent_statuses: number[][];
  entries: CorpusEntry[];
};

/** Not run here, each for a reason. A name that is not in the corpus fails the test below. */
const ELSEWHERE: Record<string, string> = {
  BP020: "slow headers: http.test.ts, with shorter limits",
  BP101: "there is no limit to the number of subscriptions yet",
  BP149: "a full disk is set up in the tests of the store; what is answered then: http.test.ts",
  BP150: "a locked store is set up in the tests of the store; what is answered then: http.test.ts",
  BP151: "a failing fsync is set up in the tests of the store",
  BP152: "draining: http.test.ts",
  BP153: "there is no limit to the backlog yet",
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
const run = corpus.entries.filter(({ id }) => ELSEWHERE[id] === undefined);

describe("bad inputs", () => {
  it("are all run, but those that are named with a reason", () => {
    const ids = new Set(corpus.entries.map(({ id }) => id));
    expect(Object.keys(ELSEWHERE).filter((id) => !ids.has(id))).toEqual([]);
    expect(corpus.entries.length).toBe(192);
    expect(run.length).toBe(192 - Object.keys(ELSEWHERE).length);
  });

  it.each(run.map((entry) => [entry.id, entry.surface, entry.name, entry] as const))(
    "%s %s: %s",
    async (_id, _surface, _name, entry) => {
      const stored = await newest();
      const bytes = requestBytes(entry, server.port, KEYS);
      for (let time = 0; time < (entry.input.times ?? 1); time++) {
        const answer = await sendRaw(server.port, bytes, entry.input.then);
        expect(allowedStatuses(entry)).toContain(answer.status);
        if (entry.expect.outcome === "reject") checkRefusal(entry, answer);
        if (entry.expect.no_header !== undefined) expect(answer.headers.has(entry.expect.no_header)).toBe(false);
      }
      if (entry.expect.outcome === "reject") expect(await newest()).toEqual(stored);
      expect(({} as { admin?: unknown }).admin).toBeUndefined();
      expect((await server.ask("GET", "/healthz")).status).toBe(200);
    },
  );
});

function allowedStatuses({ expect: { status, status_alt = [] } }: CorpusEntry): number[] {
  const named = [...status, ...status_alt];
  return [...named, ...corpus.equivalent_statuses.filter((group) => group.some((one) => named.includes(one))).flat()];
}

function checkRefusal(entry: CorpusEntry, answer: RawAnswer): void {
  if (answer.status === 0) return;
  const { error } = answer.json as { error: Record<string, string> };
  expect(error["code"]).toMatch(/^[a-z_]+$/);
  expect(error["message"]!.length).toBeLessThanOrEqual(500);
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

/** The newest of everything, in every scope that a key of the corpus could reach. */
async function newest(): Promise<unknown> {
  const scopes = ["production", "development"].map((environment) => ({ tenant: "default", environment }));
  return Promise.all(
    scopes.map(async (scope) => {
      const service = server.local.serviceFor(scope);
      const [events, subscriptions] = await Promise.all([
        service.listEvents({ limit: 1 }),
        service.listSubscriptions({ limit: 1 }),
      ]);
      return [events.data, subscriptions.data];
    }),
  );
}
