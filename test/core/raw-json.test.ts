import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventDetail } from "../../src/core/event.ts";
import { rawMember, readBatch, readEnvelope } from "../../src/core/json-envelope.ts";
import {
  decodeEvent,
  encodeBatch,
  encodeEvent,
  encodeEventInput,
  encodeWithRaw,
  stringifyEvent,
} from "../../src/core/raw-json.ts";

const DETAIL: EventDetail = {
  id: "evt_1",
  type: "a.b",
  timestamp: "2026-01-01T00:00:00.000Z",
  version: null,
  tenant: "default",
  environment: "development",
  delivery_count: 0,
  created_at: "2026-01-01T00:00:00.000Z",
  deliveries: [],
  metadata: null,
  data: Buffer.from('{ "n":12345678901234567890,\n"a":1,"a":2 }'),
};

describe("encodeEvent", () => {
  it("keeps the bytes of data, and is read back", () => {
    const bytes = encodeEvent(DETAIL);
    expect(bytes.includes(Buffer.from(DETAIL.data))).toBe(true);
    const back = decodeEvent(bytes);
    expect(Buffer.from(back.data)).toEqual(Buffer.from(DETAIL.data));
    expect({ ...back, data: DETAIL.data }).toEqual(DETAIL);
  });

  it("keeps metadata too", () => {
    const metadata = Buffer.from('{"a": 1.0}');
    expect(Buffer.from(decodeEvent(encodeEvent({ ...DETAIL, metadata })).metadata!)).toEqual(metadata);
  });

  it("is what JSON.stringify gives, for any data", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const data = Buffer.from(JSON.stringify(value, undefined, 2));
        const expected = JSON.stringify({ ...DETAIL, data: value });
        expect(JSON.parse(encodeEvent({ ...DETAIL, data }).toString())).toEqual(JSON.parse(expected));
        expect(JSON.parse(stringifyEvent({ ...DETAIL, data }))).toEqual(JSON.parse(expected));
      }),
    );
  });
});

describe("stringifyEvent", () => {
  it("is one line whatever the publisher's layout", () => {
    const text = stringifyEvent({ ...DETAIL, data: Buffer.from('{\r\n"a":\n"x\\ny"}') });
    expect(text).not.toMatch(/[\r\n]/);
    expect(text).toContain('{  "a": "x\\ny"}');
  });
});

describe("encodeEventInput", () => {
  it("is read by the envelope reader with the same bytes", () => {
    const envelope = readEnvelope(
      encodeEventInput({ type: "a", data: Buffer.from("1.0"), metadata: Buffer.from("{ }"), id: "x" }),
    );
    expect([...envelope.members.keys()]).toEqual(["type", "id", "data", "metadata"]);
    expect(Buffer.from(rawMember(envelope, envelope.members.get("data")!)).toString()).toBe("1.0");
  });

  it("lets data add no members", () => {
    expect(() => encodeEventInput({ type: "a", data: Buffer.from('1,"id":"x"') })).toThrow("data is not valid JSON");
  });
});

describe("encodeBatch", () => {
  it("is read by the batch reader", () => {
    const event = { type: "a", data: Buffer.from("1") };
    expect(readBatch(encodeBatch([event, event])).events).toHaveLength(2);
    expect(readBatch(encodeBatch([])).events).toEqual([]);
  });
});

describe("encodeWithRaw", () => {
  it("adds the raw member, when there is one", () => {
    expect(encodeWithRaw({ type: "a" }, "data", Buffer.from("1.0")).toString()).toBe('{"type":"a","data":1.0}');
    expect(encodeWithRaw({}, "data", Buffer.from("1.0")).toString()).toBe('{"data":1.0}');
    expect(encodeWithRaw({}, "data", undefined).toString()).toBe("{}");
  });
});
