import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { startTestServer, type TestServer } from "./support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.ask("POST", "/v1/subscriptions", { json: { url: "https://example.com/", events: ["order.*"] } });
});
afterAll(() => server.close());

const publish = (body: string, headers: Record<string, string> = {}) =>
  server.ask("POST", "/v1/events", { body, headers });

describe("POST /v1/events", () => {
  it("stores the event and says how many it goes to", async () => {
    const { status, json } = await publish('{"type":"order.paid","data":{"id":1}}');
    expect(status).toBe(202);
    expect(json).toEqual({ id: expect.stringMatching(/^evt_/), deliveries: 1 });
  });

  it("keeps the bytes of data and metadata", async () => {
    const data = '{ "big":12345678901234567890, "e":1e400,"dup":1,"dup":2,\t"\\u0061":"\\ud83d\\ude42 שלום" }';
    const metadata = '{"trace" : 1.50}';
    const { json } = await publish(`{"metadata":${metadata},"data": ${data} ,"type":"order.paid"}`);
    const { text } = await server.ask("GET", `/v1/events/${json.id}`);
    expect(text).toContain(`"metadata":${metadata},"data":${data}}`);
  });

  it("takes any JSON value as data, and lets no prototype through", async () => {
    for (const data of ["false", "null", '""', "0", "[]", '{"__proto__":{"admin":true}}']) {
      expect((await publish(`{"type":"order.paid","data":${data}}`)).status).toBe(202);
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it("takes Idempotency-Key for the id, and stores the same event once", async () => {
    const body = '{"type":"order.paid","data":1}';
    const first = await publish(body, { "idempotency-key": "k-1" });
    const second = await publish(body, { "idempotency-key": "k-1" });
    expect([first.json, second.json]).toEqual([
      { id: "k-1", deliveries: 1 },
      { id: "k-1", deliveries: 1 },
    ]);
    const other = await publish('{"type":"order.paid","data":2}', { "idempotency-key": "k-1" });
    expect(other).toMatchObject({ status: 409, json: { error: { code: "conflict", field: "id" } } });
  });

  it("refuses a key that differs from the id, is empty or has a dot", async () => {
    const body = '{"type":"order.paid","data":1,"id":"k-2"}';
    expect((await publish(body, { "idempotency-key": "k-2" })).status).toBe(202);
    for (const key of ["k-3", "", "a.b"]) {
      const answer = await publish(body, { "idempotency-key": key });
      expect(answer).toMatchObject({ status: 400, json: { error: { field: "idempotency-key" } } });
    }
  });

  it.each([
    ["[]", "body", "body must be a JSON object"],
    ["", "body", "the body is missing: it must be a JSON object"],
    ['{"type":"a"}', "data", "data is missing"],
    ['{"data":1}', "type", "type is missing"],
    ['{"type":5,"data":1}', "type", "type must be a string, got a number"],
    [
      '{"type":"a b","data":1}',
      "type",
      'type must be names of A-Z, a-z, 0-9, "_" and "-" joined by dots, at most 128 characters',
    ],
    ['{"type":"a","data":1,"metadata":[]}', "metadata", "metadata must be an object, got an array"],
    ['{"type":"a","data":1,"timestamp":null}', "timestamp", "timestamp must be a string, got null"],
    ['{"type":"a","data":1,"typ":"b"}', "typ", "typ is not a known field"],
    ['{"type":"a","data":1,"__proto__":{"admin":true}}', "__proto__", "__proto__ is not a known field"],
    ['{"type":"a","data":1,"type":"b"}', "type", "type is given twice"],
    [`{"type":"a","data":${"[".repeat(65)}${"]".repeat(65)}}`, "data", "data is nested deeper than 64 levels"],
    ['{"type":"a","data":{"x":}}', "body", 'body is not valid JSON: expected a value, found "}" (line 1, column 25)'],
  ])("answers 400 to %s", async (body, field, message) => {
    const { status, json } = await publish(body);
    expect([status, json.error.field, json.error.message]).toEqual([400, field, message]);
    expect(json.error.request_id).toMatch(/^req_/);
  });

  it("suggests the field that was meant", async () => {
    expect((await publish('{"type":"a","data":1,"metdata":{}}')).json.error.hint).toBe("did you mean metadata?");
  });

  it("answers 413 above 1 MiB, with and without a length, and takes exactly 1 MiB", async () => {
    const of = (bytes: number) => {
      const frame = '{"type":"order.paid","data":""}';
      return frame.replace('""', `"${"a".repeat(bytes - frame.length)}"`);
    };
    expect((await publish(of(1024 * 1024))).status).toBe(202);
    const tooLarge = await publish(of(1024 * 1024 + 1));
    expect(tooLarge).toMatchObject({ status: 413, json: { error: { code: "too_large", field: "data" } } });
    expect(tooLarge.json.error.message).toBe("the body must be at most 1048576 bytes, got 1048577");
    const chunked = await fetch(`${server.url}/v1/events`, {
      method: "POST",
      headers: { authorization: "Bearer hk_test_admin", "content-type": "application/json" },
      body: new Blob([of(3 * 1024 * 1024)]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).toBe(413);
  });

  it("takes JSON in UTF-8 only", async () => {
    const body = '{"type":"order.paid","data":1}';
    for (const type of ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']) {
      expect((await publish(body, { "content-type": type })).status).toBe(202);
    }
    for (const type of [
      "text/plain",
      "application/json; charset=utf-16",
      "application/x-ndjson",
      "multipart/form-data",
      "x",
    ]) {
      const answer = await publish(body, { "content-type": type });
      expect(answer).toMatchObject({ status: 415, json: { error: { field: "content-type" } } });
    }
    const encoded = await publish(body, { "content-encoding": "gzip" });
    expect(encoded).toMatchObject({ status: 415, json: { error: { field: "content-encoding" } } });
  });
});

describe("POST /v1/events/batch", () => {
  const batch = (body: string, query = "", headers: Record<string, string> = {}) =>
    server.ask("POST", `/v1/events/batch${query}`, { body, headers });
  const good = '{"type":"order.paid","data":{"id":1}}';
  const bad = '{"type":"","data":1}';

  it("answers each event in its place; a bad one spoils no other", async () => {
    const { status, json } = await batch(`{"events":[${good},${bad},7,{"type":"a","data":1,"x":2},${good}]}`);
    expect(status).toBe(202);
    expect(
      json.results.map(
        (result: { error?: { field?: string; message: string }; deliveries?: number }) =>
          result.error?.field ?? result.error?.message ?? result.deliveries,
      ),
    ).toEqual([1, "type", "an event must be a JSON object", "x", 1]);
  });

  it("takes NDJSON, and a broken line spoils no other", async () => {
    const type = { "content-type": "application/x-ndjson" };
    const { status, json } = await batch(`${good}\r\n\n{"type":\n${good}`, "", type);
    expect(status).toBe(202);
    expect(json.results.map((result: { error?: { code: string } }) => result.error?.code ?? "stored")).toEqual([
      "stored",
      "invalid_json",
      "stored",
    ]);
  });

  it("stores nothing when it is atomic and one is bad, and names which", async () => {
    const id = '{"type":"order.paid","data":1,"id":"atomic-1"}';
    const { status, json } = await batch(`{"events":[${id},${good},${bad}]}`, "?atomic=true");
    expect(status).toBe(422);
    expect(json.error).toMatchObject({ code: "invalid_request", field: "events[2].type" });
    expect((await server.ask("GET", "/v1/events/atomic-1")).status).toBe(404);
    const stored = await batch(`{"events":[${id},${good}]}`, "?atomic=true");
    expect([stored.status, stored.json.results.length]).toEqual([202, 2]);
    const conflict = await batch(`{"events":[${good},${id.replace(":1", ":2")}]}`, "?atomic=true");
    expect(conflict).toMatchObject({ status: 422, json: { error: { code: "conflict", field: "events[1].id" } } });
  });

  it("sorts events of several environments out, and refuses to do so atomically", async () => {
    const of = (environment: string) => `{"type":"order.paid","data":1,"environment":"${environment}"}`;
    const body = `{"events":[${of("staging")},${good},${of("staging")}]}`;
    const { json } = await batch(body);
    expect(json.results.map((result: { deliveries: number }) => result.deliveries)).toEqual([0, 1, 0]);
    const staging = await server.ask("GET", "/v1/events", { headers: { "hooks-environment": "staging" } });
    expect(staging.json.data).toHaveLength(2);
    expect((await batch(body, "?atomic=true")).json.error.field).toBe("events[1].environment");
  });

  it.each(["last", "first"])("takes a name that reads like none for a name: the one that has it %s", async (place) => {
    const of = (id: string, more = "") => `{"type":"order.paid","data":1,"id":"${id}"${more}}`;
    const [plain, named] = [`plain-${place}`, `named-${place}`];
    const events = [of(plain), of(named, ',"tenant":"undefined"')];
    const body = `{"events":[${(place === "last" ? events : events.toReversed()).join(",")}]}`;
    expect((await server.ask("POST", "/v1/events/batch", { body, key: "anyTenant" })).status).toBe(202);
    const found = async (id: string, tenant: string) =>
      (await server.ask("GET", `/v1/events/${id}`, { key: "anyTenant", headers: { "hooks-tenant": tenant } })).status;
    expect([await found(plain, "default"), await found(named, "undefined")]).toEqual([200, 200]);
    expect([await found(plain, "undefined"), await found(named, "default")]).toEqual([404, 404]);
  });

  it("stores events of one scope together, whether they name it or not", async () => {
    const of = (more: string) => `{"type":"order.paid","data":1${more}}`;
    const names = [
      "",
      ',"environment":"production"',
      ',"tenant":"default"',
      ',"tenant":"default","environment":"production"',
    ];
    const body = `{"events":[${names.map(of).join(",")}]}`;
    const publish = (query: string) => server.ask("POST", `/v1/events/batch${query}`, { body, key: "production" });
    expect(await publish("?atomic=true")).toMatchObject({ status: 202, json: { results: { length: 4 } } });
    const store = server.local.store as SqliteStore;
    const before = store.commits;
    expect((await publish("")).json.results).toHaveLength(4);
    expect(store.commits - before).toBe(1);
  });

  it.each([
    ["{}", "events", 400],
    ['{"events":[]}', "events", 400],
    ['{"events":{}}', "events", 400],
    ['{"events":null}', "events", 400],
    [`{"event":[${good}]}`, "events", 400],
    [`{"events":[${good}],"atomic":true}`, "atomic", 400],
    [`[${good}]`, "body", 400],
    [`{"events":[${good}`, "body", 400],
  ])("refuses as a whole: %s", async (body, field, status) => {
    const answer = await batch(body);
    expect([answer.status, answer.json.error.field]).toEqual([status, field]);
  });

  it("refuses more than 1,000 events", async () => {
    const of = (count: number) => batch(`{"events":[${Array.from({ length: count }, () => good).join(",")}]}`);
    expect(await of(1001)).toMatchObject({ status: 413, json: { error: { code: "too_large", field: "events" } } });
    expect((await of(1000)).json.results).toHaveLength(1000);
  });

  it("refuses one event above 1 MiB, in its place", async () => {
    const { status, json } = await batch(`{"events":[${good},{"type":"a","data":"${"a".repeat(1024 * 1024)}"}]}`);
    expect([status, json.results[0].deliveries, json.results[1].error.code]).toEqual([202, 1, "too_large"]);
  });

  it("takes up to 10 MiB", async () => {
    const event = `{"type":"order.paid","data":"${"a".repeat(1_000_000)}"}`;
    const of = (count: number) => batch(`{"events":[${Array.from({ length: count }, () => event).join(",")}]}`);
    expect((await of(10)).status).toBe(202);
    expect(await of(11)).toMatchObject({ status: 413, json: { error: { code: "too_large", field: "events" } } });
  });

  it("takes no Idempotency-Key", async () => {
    expect((await batch(`{"events":[${good}]}`, "", { "idempotency-key": "k" })).json.error.field).toBe(
      "idempotency-key",
    );
  });
});

describe("GET /v1/events", () => {
  it("pages, newest first", async () => {
    const first = (await server.ask("GET", "/v1/events?limit=2")).json;
    expect(first.data).toHaveLength(2);
    const second = (await server.ask("GET", `/v1/events?limit=2&cursor=${first.next_cursor}`)).json;
    const ids = [...first.data, ...second.data].map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(4);
  });

  it.each([
    ["limit=0", "limit"],
    ["limit=201", "limit"],
    ["limit=1e2", "limit"],
    ["limit=", "limit"],
    ["limit=1&limit=2", "limit"],
    ["cursor=%00", "cursor"],
    ["cursor=garbage", "cursor"],
    ["order=sideways", "order"],
    ["__proto__=1", "__proto__"],
    ["type=%E0%A4%A", "query"],
    ["since=yesterday", "since"],
    ["type=*a*b", "type"],
  ])("answers 400 to ?%s", async (query, field) => {
    const answer = await server.ask("GET", `/v1/events?${query}`);
    expect([answer.status, answer.json.error.field]).toEqual([400, field]);
  });

  it("answers 404 to an id that is not there", async () => {
    for (const id of ["evt_nope", "..%2f..%2fetc%2fpasswd", "%00", "a".repeat(500)]) {
      expect((await server.ask("GET", `/v1/events/${id}`)).status).toBe(404);
    }
  });
});

describe("POST /v1/events/{id}/replay", () => {
  it("sends it again, and names what it cannot send to", async () => {
    const { json } = await publish('{"type":"order.paid","data":1}');
    const replay = await server.ask("POST", `/v1/events/${json.id}/replay`);
    expect(replay).toMatchObject({ status: 202, json: { count: 1, dry_run: false } });
    const unknown = await server.ask("POST", `/v1/events/${json.id}/replay`, { json: { subscriptions: ["sub_nope"] } });
    expect(unknown.status).toBe(404);
  });
});
