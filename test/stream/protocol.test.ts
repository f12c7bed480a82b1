import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ClientFrame,
  encodeFrame,
  LOCAL_FAILURES,
  parseClientFrame,
  parseServerFrame,
  type ServerFrame,
} from "../../src/stream/protocol.ts";

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
const count = fc.integer({ min: 1, max: 1_000_000 });
const headers = fc.array(
  fc.tuple(fc.stringMatching(/^[A-Za-z-]{1,20}$/), fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,40}$/)),
  {
    maxLength: 20,
  },
);
const body = fc.uint8Array({ maxLength: 300 });
const text = fc.string({ maxLength: 200, unit: "binary" });
const durationMs = fc.integer({ min: 0, max: 86_400_000 });

const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(
  fc.record(
    {
      type: fc.constant("hello" as const),
      session: fc.stringMatching(/^[A-Za-z0-9._:/@-]{1,128}$/),
      events: fc.array(fc.string({ minLength: 1, maxLength: 130 }), { minLength: 1, maxLength: 100 }),
      mode: fc.constantFrom("share" as const, "copy" as const),
      credit: fc.integer({ min: 0, max: 1_000 }),
      name: text,
      version: fc.string({ maxLength: 64 }),
      ephemeral: fc.boolean(),
      retry: fc.boolean(),
      timeout_ms: fc.integer({ min: 1_000, max: 300_000 }),
      keep_ms: durationMs,
      client: id,
    },
    { requiredKeys: ["type", "events", "credit"] },
  ),
  fc.record({
    type: fc.constant("result" as const),
    delivery_id: id,
    attempt: count,
    status: fc.integer({ min: 100, max: 599 }),
    headers,
    body,
    truncated: fc.boolean(),
    duration_ms: durationMs,
  }),
  fc.record({
    type: fc.constant("error" as const),
    delivery_id: id,
    attempt: count,
    code: fc.constantFrom(...LOCAL_FAILURES),
    message: text,
    duration_ms: durationMs,
  }),
  fc.record({ type: fc.constant("credit" as const), add: fc.integer({ min: 1, max: 1_000 }) }),
  fc.record({ type: fc.constant("replay" as const), delivery_id: id, event_id: id }, { requiredKeys: ["type"] }),
  fc.record({ type: fc.constant("drain" as const), keep: fc.boolean() }, { requiredKeys: ["type"] }),
);

const serverFrame: fc.Arbitrary<ServerFrame> = fc.oneof(
  fc.record({
    type: fc.constant("ready" as const),
    session: fc.string({ minLength: 1, maxLength: 128 }),
    subscription_id: id,
    secrets: fc.array(text, { maxLength: 3 }),
    resumed: fc.boolean(),
    waiting: fc.nat(),
    missed_from: fc.option(fc.constant("2026-01-01T00:00:00.000Z")),
    missed_to: fc.option(fc.constant("2026-01-02T00:00:00.000Z")),
    inbound: fc.array(fc.webUrl(), { maxLength: 3 }),
    max_body: fc.nat(),
  }),
  fc.record({
    type: fc.constant("delivery" as const),
    delivery_id: id,
    attempt: count,
    event_id: id,
    event_type: fc.string({ minLength: 1, maxLength: 128 }),
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
    path: fc.stringMatching(/^\/[a-z0-9/%._~!$&'()*+,;=:@-]{0,40}$/),
    query: fc.stringMatching(/^[a-z0-9/%?._=&]{0,40}$/),
    headers,
    body,
    deadline_ms: count,
    replay: fc.boolean(),
  }),
  fc.record({ type: fc.constant("drain" as const) }),
  fc.record({ type: fc.constant("problem" as const), code: id, message: text, fatal: fc.boolean() }),
);

describe("frames", () => {
  it("of a client come back as they were sent", () => {
    fc.assert(
      fc.property(clientFrame, (frame) => {
        expect(plain(parseClientFrame(encodeFrame(frame)))).toEqual(plain({ frame }));
      }),
    );
  });

  it("of a server come back as they were sent", () => {
    fc.assert(
      fc.property(serverFrame, (frame) => {
        expect(plain(parseServerFrame(encodeFrame(frame)))).toEqual(plain({ frame }));
      }),
    );
  });

  it("are never made of garbage, and garbage never throws", () => {
    const garbage = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.constantFrom("", "null", "[]", "{}", "1e999"),
    );
    fc.assert(
      fc.property(garbage, (text) => {
        for (const parsed of [parseClientFrame(text), parseServerFrame(text)]) expect(parsed).toHaveProperty("problem");
      }),
    );
  });

  it("with one field of another type are refused, naming the field", () => {
    fc.assert(
      fc.property(clientFrame, fc.nat(), (frame, pick) => {
        const wire = JSON.parse(encodeFrame(frame)) as Record<string, unknown>;
        const names = Object.keys(wire).filter((name) => name !== "type");
        if (names.length === 0) return;
        const name = names[pick % names.length]!;
        for (const wrong of [null, {}, [null], 1.5, -1, Number.MAX_VALUE, "\u0000".repeat(2_000)]) {
          expect(parseClientFrame(JSON.stringify({ ...wire, [name]: wrong }))).toEqual({
            problem: expect.stringContaining(`${frame.type}.${name} must be `),
          });
        }
      }),
    );
  });
});

describe("parseClientFrame", () => {
  const result = {
    type: "result",
    delivery_id: "dlv_1",
    attempt: 1,
    status: 200,
    headers: [],
    body: "",
    truncated: false,
    duration_ms: 1,
  };

  it.each([
    ["launch", { type: "launch" }, "type must be one of hello, result, error, credit, replay, drain"],
    ["no type", { t: "launch" }, "type must be one of"],
    ["an inherited name as type", { type: "constructor" }, "type must be one of"],
    ["an unknown field", { type: "drain", keeep: true }, 'drain has no field "keeep"'],
    ["status 99999", { ...result, status: 99_999 }, "result.status must be a whole number from 100 to 599"],
    ["a status in quotes", { ...result, status: "200" }, "result.status"],
    ["base64 of the URL alphabet", { ...result, body: "_-8=" }, "result.body must be base64"],
    ["base64 without padding", { ...result, body: "YQ" }, "result.body"],
    ["base64 with a line break", { ...result, body: "YWFh\nYWFh" }, "result.body"],
    ["a body over 64 KiB", { ...result, body: Buffer.alloc(64 * 1024 + 1).toString("base64") }, "result.body"],
    ["a header with a line break", { ...result, headers: [["a", "b\r\nc: d"]] }, "result.headers"],
    ["a header without a name", { ...result, headers: [["", "b"]] }, "result.headers"],
    ["201 headers", { ...result, headers: Array.from({ length: 201 }, () => ["a", "b"]) }, "result.headers"],
    ["a missing field", { type: "credit" }, "credit.add must be"],
    ["no events", { type: "hello", events: [], credit: 1 }, "hello.events"],
    ["a session with a space", { type: "hello", session: "a b", events: ["*"], credit: 1 }, "hello.session"],
  ])("refuses %s", (_name, frame, problem) => {
    expect(parseClientFrame(JSON.stringify(frame))).toEqual({ problem: expect.stringContaining(problem) });
  });

  it("takes the same without the mistake", () => {
    expect(parseClientFrame(JSON.stringify(result))).toHaveProperty("frame");
    expect(parseClientFrame(JSON.stringify({ ...result, headers: [["a", "b"]], body: "YQ==" }))).toHaveProperty(
      "frame",
    );
  });
});

describe("parseServerFrame", () => {
  it("leaves out what a newer server says beyond what it knows", () => {
    expect(parseServerFrame('{"type":"drain","after_ms":5}')).toEqual({ frame: { type: "drain" } });
  });
});

/** Uint8Array and Buffer with the same bytes are the same to us. */
function plain(value: object): object {
  return JSON.parse(
    JSON.stringify(value, (_key, each: unknown) => (each instanceof Uint8Array || isBuffer(each) ? hex(each) : each)),
  ) as object;
}

function isBuffer(value: unknown): value is { type: "Buffer"; data: number[] } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "Buffer" && "data" in value;
}

function hex(value: Uint8Array | { data: number[] }): string {
  return Buffer.from(value instanceof Uint8Array ? value : value.data).toString("hex");
}
