import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderKeyOf, parseOrderBy } from "../../src/core/order-key.ts";

const keyOf = (orderBy: string, json: string) => orderKeyOf(orderBy, Buffer.from(json));

/** The value at a pointer, the plain way (RFC 6901, 4). */
function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((inner, name) => {
      if (Array.isArray(inner)) return /^(0|[1-9]\d*)$/.test(name) ? inner[Number(name)] : undefined;
      return typeof inner === "object" && inner !== null
        ? Object.getOwnPropertyDescriptor(inner, name)?.value
        : undefined;
    }, value);
}

describe("parseOrderBy", () => {
  it.each([
    ["*", "*"],
    ["/order_id", "/order_id"],
    ["/a~1b/~0/0/", "/a~1b/~0/0/"],
    ["order_id", "/order_id"],
    ["data.order_id", "/order_id"],
    ["order.id", "/order/id"],
    ["data.order.id", "/order/id"],
    ["data.data.id", "/data/id"],
    ["/data/object/id", "/data/object/id"],
    ["/", "/"],
  ])("%s is %s", (input, pointer) => {
    expect(parseOrderBy(input, "order_by")).toBe(pointer);
    expect(parseOrderBy(pointer, "order_by")).toBe(pointer);
  });

  it.each(["", "data", "a b", "$.order_id", "a..b", ".a", "/a~", "/~2", "#/a", `/${"a".repeat(256)}`, 5, null, ["/a"]])(
    "refuses %j, naming the field",
    (input) => {
      expect(() => parseOrderBy(input, "order_by")).toThrow(
        expect.objectContaining({ code: "invalid_request", field: "order_by" }),
      );
    },
  );
});

describe("orderKeyOf", () => {
  it.each([
    ["/id", '{"id":1}', '{"x":2,"id":1.0}'],
    ["/id", '{"id":100}', '{"id":1e2}'],
    ["/id", '{"id":"a"}', ' { "id" : "\\u0061" } '],
    ["/id", '{"id":"é"}', '{"\\u0069d":"\\u00e9"}'],
    ["/id", '{"id":{"a":1,"b":[true]}}', '{"id":{"b":[ true ],"a":1}}'],
    ["/id", '{"id":2}', '{"id":1,"id":2}'],
    ["/a~1b", '{"a/b":1}', '{"a\\/b":1}'],
    ["/1", "[0,7]", '{"1":7}'],
    ["*", "1", "[]"],
  ])("at %s, %s and %s are in one order", (orderBy, one, other) => {
    expect(keyOf(orderBy, one)).toBeDefined();
    expect(keyOf(orderBy, other)).toBe(keyOf(orderBy, one));
  });

  it.each([
    ["/id", '{"id":1}', '{"id":"1"}'],
    ["/id", '{"id":1}', '{"id":2}'],
    ["/id", '{"id":true}', '{"id":"true"}'],
    ["/id", '{"id":[1,2]}', '{"id":[2,1]}'],
    ["/id", '{"id":{}}', '{"id":[]}'],
    ["/id", '{"id":{"a":1}}', '{"id":[["a",1]]}'],
    ["/id", '{"id":"9007199254740993"}', '{"id":"9007199254740992"}'],
  ])("at %s, %s and %s are not", (orderBy, one, other) => {
    expect(keyOf(orderBy, one)).not.toBe(keyOf(orderBy, other));
  });

  it.each([
    ["/id", "{}"],
    ["/id", "[]"],
    ["/id", '"id"'],
    ["/id", "7"],
    ["/id", '{"id":null}'],
    ["/id", '{"ID":1}'],
    ["/id/x", '{"id":1}'],
    ["/id/0", '{"id":[]}'],
    ["/id/01", '{"id":[1,2]}'],
    ["/id/-", '{"id":[1,2]}'],
    ["/id/length", '{"id":[1]}'],
    ["/toString", "{}"],
    ["/__proto__", "{}"],
  ])("at %s, %s has no order", (orderBy, json) => {
    expect(keyOf(orderBy, json)).toBeUndefined();
  });

  it("finds what the plain way finds, in any JSON, at any pointer", () => {
    const name = fc.oneof(fc.constantFrom("a", "b", "", "0", "1", "~", "/", "__proto__", "é"), fc.string());
    const pointer = fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((names) => names.map((one) => `/${one.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(name, tie("value"), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(json, pointer, fc.constantFrom(undefined, 1, "\t"), (value, at, space) => {
        const text = JSON.stringify(value, null, space);
        const found = valueAt(JSON.parse(text), at);
        const expected =
          found === undefined || found === null ? undefined : keyOf("/v", `{"v":${JSON.stringify(found)}}`);
        expect(keyOf(at, text)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("is a whole number that loses nothing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const key = keyOf("/v", JSON.stringify({ v: value }));
        expect(key === undefined || (Number.isSafeInteger(key) && 0 <= key)).toBe(true);
      }),
    );
  });
});
