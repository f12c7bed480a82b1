import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, startTestServer, type TestServer } from "./support/test-server.ts";

const SCHEMA = { type: "object", required: ["id"], properties: { id: { type: "string" } } };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const ask = (method: string, target: string, json?: unknown, key: "admin" | "publisher" | "reader" = "admin") =>
  server.ask(method, target, { key, ...(json === undefined ? {} : { json }) });
const errorOf = ({ status, json }: Answer) => [status, json.error.code, json.error.field];

describe("/v1/event-types", () => {
  it("takes a type, shows it, changes it and lets it go", async () => {
    const created = await ask("POST", "/v1/event-types", { name: "a.one", schema: SCHEMA, tags: ["x"] });
    expect([created.status, created.json.versions]).toMatchObject([201, [{ version: "1", schema: SCHEMA }]]);
    expect((await ask("GET", "/v1/event-types/a.one", undefined, "publisher")).json).toEqual(created.json);
    const listed = await ask("GET", "/v1/event-types?tag=x&catalogued=true", undefined, "reader");
    expect(listed.json.data).toMatchObject([{ name: "a.one", versions: ["1"] }]);
    expect(listed.text).not.toContain("required");
    const changed = await ask("PATCH", "/v1/event-types/a.one", { deprecated: true, schema: null });
    expect(changed.json).toMatchObject({ deprecated: true, versions: [{ schema: null }] });
    const second = await ask("POST", "/v1/event-types", { name: "a.one", version: "2", make_default: true });
    expect(second.json).toMatchObject({ default_version: "2" });
    const without = await ask("DELETE", "/v1/event-types/a.one/versions/1");
    expect([without.status, without.json.removed_versions]).toEqual([200, ["1"]]);
    const gone = await ask("POST", "/v1/events", { type: "a.one", version: "1", data: 1 });
    expect(errorOf(gone)).toEqual([409, "gone_version", "version"]);
    expect((await ask("DELETE", "/v1/event-types/a.one")).status).toBe(204);
    expect(errorOf(await ask("GET", "/v1/event-types/a.one"))).toEqual([404, "not_found", "name"]);
  });

  it("answers a conflict for another content under the same name and version", async () => {
    await ask("POST", "/v1/event-types", { name: "a.two", schema: SCHEMA });
    expect((await ask("POST", "/v1/event-types", { name: "a.two", schema: SCHEMA })).status).toBe(201);
    const other = { name: "a.two", schema: { type: "string" } };
    expect(errorOf(await ask("POST", "/v1/event-types", other))).toEqual([409, "conflict", "name"]);
    expect((await ask("POST", "/v1/event-types", { ...other, replace: true })).status).toBe(201);
  });

  it("is changed by admins only", async () => {
    for (const [method, target, json] of [
      ["POST", "/v1/event-types", { name: "a.three" }],
      ["PATCH", "/v1/event-types/a.two", { deprecated: true }],
      ["DELETE", "/v1/event-types/a.two", undefined],
      ["PATCH", "/v1/environment", { strict_types: true }],
    ] as const) {
      expect(errorOf(await ask(method, target, json, "publisher")).slice(0, 2)).toEqual([403, "forbidden"]);
    }
  });
});

describe("publishing in a strict environment", () => {
  beforeAll(async () => {
    await ask("POST", "/v1/event-types", { name: "s.paid", schema: SCHEMA });
    await ask("POST", "/v1/event-types", { name: "s.old", deprecated: true });
    expect((await ask("PATCH", "/v1/environment", { strict_types: true })).json).toMatchObject({ strict_types: true });
    expect((await ask("GET", "/v1/environment", undefined, "reader")).json.strict_types).toBe(true);
  });

  it("one by one", async () => {
    expect((await ask("POST", "/v1/events", { type: "s.paid", data: { id: "a" } })).status).toBe(202);
    const bad = await ask("POST", "/v1/events", { type: "s.paid", data: { id: 5 } });
    expect(errorOf(bad)).toEqual([400, "invalid_request", "data.id"]);
    const unknown = await ask("POST", "/v1/events", { type: "s.piad", data: { id: "a" } });
    expect(errorOf(unknown)).toEqual([400, "unknown_event_type", "type"]);
    expect(unknown.json.error.message).toContain('\n  did you mean "s.paid"?');
  });

  it("in batches, as NDJSON and atomically", async () => {
    const events = [
      { type: "s.paid", data: { id: "a" } },
      { type: "s.paid", data: {} },
      { type: "s.unheard", data: 1 },
    ];
    const isStored = (results: { id?: string; error?: { code: string; field: string } }[]) =>
      results.map(({ id, error }) => (id === undefined ? [error!.code, error!.field] : "stored"));
    const expected = ["stored", ["invalid_request", "data.id"], ["unknown_event_type", "type"]];
    const batch = await ask("POST", "/v1/events/batch", { events });
    expect([batch.status, isStored(batch.json.results)]).toEqual([202, expected]);
    const lines = await server.ask("POST", "/v1/events/batch", {
      headers: { "content-type": "application/x-ndjson" },
      body: events.map((event) => JSON.stringify(event)).join("\n"),
    });
    expect(isStored(lines.json.results)).toEqual(expected);
    const before = (await ask("GET", "/v1/events")).json.data.length;
    const atomic = await ask("POST", "/v1/events/batch?atomic=true", { events });
    expect(errorOf(atomic)).toEqual([422, "invalid_request", "events[1].data.id"]);
    expect((await ask("GET", "/v1/events")).json.data).toHaveLength(before);
  });

  describe("an event's own fault is told in its place, and makes an atomic batch 422", () => {
    const good = '{"type":"s.paid","data":{"id":"a"}}';
    const faults: [code: string, event: string][] = [
      ["invalid_request", '{"type":"s.paid","data":{}}'],
      ["invalid_request", '{"type":"s.paid","data":{"id":"a"},"version":"9"}'],
      ["invalid_request", '{"type":"s.paid","data":{"id":"a"},"dat":1}'],
      ["invalid_json", '{"type":"s.paid","data":{"id":"a"}'],
      ["unknown_event_type", '{"type":"s.unheard","data":1}'],
      ["conflict", '{"type":"s.paid","data":{"id":"b"},"id":"faults-1"}'],
      ["gone_version", '{"type":"s.moved","data":{"id":"a"},"version":"1"}'],
      ["too_large", `{"type":"s.paid","data":{"id":"${"a".repeat(1024 * 1024)}"}}`],
      ["invalid_request", '{"type":"hooks.delivery.exhausted","data":{}}'],
    ];
    beforeAll(async () => {
      await ask("POST", "/v1/event-types", { name: "s.moved", schema: SCHEMA });
      await ask("POST", "/v1/event-types", { name: "s.moved", version: "2", schema: SCHEMA, make_default: true });
      await ask("DELETE", "/v1/event-types/s.moved/versions/1");
      const first = await ask("POST", "/v1/events", { type: "s.paid", data: { id: "a" }, id: "faults-1" });
      expect(first.status).toBe(202);
    });
    const send = (event: string, query: string) =>
      server.ask("POST", `/v1/events/batch${query}`, {
        headers: { "content-type": "application/x-ndjson" },
        body: `${good}\n${event}\n`,
      });

    it.each(faults)("%s %#", async (code, event) => {
      const each = await send(event, "");
      expect([each.status, each.json.results[0].id, each.json.results[1].error.code]).toEqual([
        202,
        expect.any(String),
        code,
      ]);
      const before = (await ask("GET", "/v1/events?limit=1")).json.data[0].id;
      const atomic = await send(event, "?atomic=true");
      expect([atomic.status, atomic.json.error.code]).toEqual([422, code]);
      expect(atomic.json.error.field).toMatch(/^events\[1\]/);
      expect((await ask("GET", "/v1/events?limit=1")).json.data[0].id).toBe(before);
    });
  });

  it("tells of a deprecated type", async () => {
    const { json } = await ask("POST", "/v1/events", { type: "s.old", data: 1 });
    expect(json.warnings).toEqual(["event type s.old is deprecated"]);
  });
});

describe("a subscription's version", () => {
  it("is shown, changed and taken back as it was read", async () => {
    const body = { url: "https://a.example/", events: ["s.*"], event_version: "1" };
    const created = await ask("POST", "/v1/subscriptions", body);
    const { secret: _, ...row } = created.json;
    expect(row.event_version).toBe("1");
    expect((await ask("PUT", `/v1/subscriptions/${row.id}`, row)).json.event_version).toBe("1");
    expect((await ask("PATCH", `/v1/subscriptions/${row.id}`, { event_version: null })).json.event_version).toBeNull();
    const bad = await ask("PATCH", `/v1/subscriptions/${row.id}`, { event_version: "a b" });
    expect(errorOf(bad)).toEqual([400, "invalid_request", "event_version"]);
  });
});
