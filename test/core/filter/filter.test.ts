import { describe, expect, it } from "vitest";
import { filterOf, outcomeOf, subjectOf } from "./support.ts";

const DATA = {
  amount: 1999,
  price: 19.5,
  country: "DE",
  paid: true,
  nothing: null,
  tags: ["new", "eu"],
  items: [
    { sku: "a", price: 5 },
    { sku: "b", price: 20 },
  ],
  user: { name: "Ann", vip: null },
  "odd-name": 1,
  id: "ord_9007199254740993",
};
const EVENT = { data: DATA, metadata: { source: "web" }, version: "2" };

describe("a filter", () => {
  it.each([
    "data.amount > 1000",
    "event.data.amount >= 1999 && data.amount <= 1999.0",
    "data.country in ['DE', 'FR'] && !(data.country in ['US'])",
    "type == 'order.paid' && event.type.startsWith('order.') && event.id == 'evt_1'",
    "metadata.source == 'web'",
    "event.version == '2'",
    "data.paid",
    "data.nothing == null && data.user.vip == null",
    "has(data.user.name) && !has(data.discount) && !has(data.no.such.path) && has(data.user.vip)",
    "data.?discount.orValue(0) == 0 && data.?amount.orValue(0) == 1999",
    "data.?user.name.orValue('nobody') == 'Ann' && data.?nobody.name.orValue('nobody') == 'nobody'",
    "data.?nothing.orValue(1) == null && data.?amount.hasValue() && !data.?no.hasValue()",
    "data['odd-name'] == 1 && data[?'none'].orValue(2) == 2 && data.tags[?7].orValue('x') == 'x'",
    "data.items.exists(i, i.price > 10) && data.items.all(i, i.price > 1) && data.items.exists_one(i, i.sku == 'a')",
    "data.items.filter(i, i.price > 10).size() == 1 && data.items.map(i, i.sku) == ['a', 'b']",
    "data.items.map(i, i.price > 10, i.sku)[0] == 'b'",
    "data.user.exists(name, name == 'vip') && 'vip' in data.user && !('no' in data.user)",
    "size(data.tags) == 2 && data.tags.size() == 2 && size(data.user) == 2 && size('häß😀') == 4",
    "data.user.name.contains('nn') && data.user.name.endsWith('n') && data.user.name.lowerAscii() == 'ann'",
    "'  x '.trim() + 'Y'.lowerAscii() == 'xy' && 'a'.upperAscii() == 'A'",
    "data.amount / 100 > 19.5 && data.amount % 2 == 1 && data.amount * 2 == 3998 && -data.amount < 0",
    "7 / 2 == 3 && 7 % 2 == 1 && 7.0 / 2.0 == 3.5 && 2 - 3 == -1",
    "int('42') == 42 && double('1.5') == 1.5 && string(data.amount) == '1999' && bool('true') && int(data.price) == 19",
    "event.timestamp > timestamp('2026-01-01T00:00:00Z') && event.timestamp.getHours() == 12",
    "event.timestamp - timestamp('2026-01-31T11:00:00Z') == duration('1h') && duration('1h30m') > duration('90s')",
    "event.timestamp.getFullYear() == 2026 && event.timestamp.getMonth() == 0 && event.timestamp.getDate() == 31",
    "event.timestamp.getDayOfWeek() == 6 && event.timestamp.getDayOfYear() == 30 && event.timestamp.getDayOfMonth() == 30",
    "data.user == {'name': 'Ann', 'vip': null} && data.tags == ['new', 'eu'] && data.tags + ['x'] != data.tags",
    "{'DE': 19, 'FR': 20}[data.country] == 19",
    "data.price + 1 == 20.5 && data.amount / 100 == 19.99 && data.price - 1 < 18.6",
    "data.amount > 1000 ? data.country == 'DE' : false",
    "data.amount == 1999 && 1999 == data.amount && data.amount != '1999'",
    "data.missing > 1 || data.paid",
    "data.paid || data.missing > 1",
    "!(data.missing > 1 && !data.paid)",
    "[1, 'a', true].exists(x, x == data.paid)",
    "data.items.exists(i, i.no == 1 || i.sku == 'b')",
    'data.country == "DE" // what else',
  ])("is true: %s", (text) => {
    expect(outcomeOf(text, EVENT)).toEqual({ kind: "matched" });
  });

  it.each([
    "data.amount > 2000",
    "data.amount == '1999'",
    "type == 'order.created'",
    "data.items.all(i, i.price > 10)",
    "data.items.exists_one(i, i.price > 1)",
    "data.missing == 1 && !data.paid",
    "false && data.missing == 1",
  ])("is not true: %s", (text) => {
    expect(outcomeOf(text, EVENT)).toEqual({ kind: "not_matched" });
  });

  it.each([
    ["data.missing > 1", "no such key: data.missing"],
    ["data.user.name.first == 'A'", 'data.user.name is a string and has no "first"'],
    ["data.items[7].price > 1", "no such key: data.items[7]"],
    ["data.country > 5", "a string cannot be compared with a number: data.country > 5"],
    ["data.user > 5", "an object cannot be compared with a number: data.user > 5"],
    ["data.country", "data.country is a string, not true or false"],
    ["data.country && true", "data.country is a string, not true or false"],
    ["!data.amount", "data.amount is a number, not true or false"],
    ["data.amount ? true : false", "data.amount is a number, not true or false"],
    ["data.nothing.x == 1", 'data.nothing is null and has no "x"'],
    ["event.metadata.source == 'web'", 'event.metadata is null and has no "source"'],
    ["data.amount.startsWith('1')", "startsWith() is asked of a string, not of a number"],
    ["data.country.startsWith(data.amount)", "startsWith() takes a string, not a number"],
    ["data.amount.exists(x, x == 1)", "data.amount is a number: no list to go through"],
    ["data.items.all(i, i.price)", "i.price is a number, not true or false"],
    ["data.amount / 0 > 1", "division by zero"],
    ["data.country + data.amount == 'x'", '"+" does not go with a string and a number'],
    ["int(data.country) == 1", "int(): this text is no whole number"],
    ["timestamp(data.country) < event.timestamp", "timestamp(): this text is no time (2026-01-31T12:00:00Z)"],
    ["1 in data.amount", "nothing can be in a number: it takes a list or an object: 1 in data.amount"],
    ["data.country.getHours() == 1", 'getHours() is asked of a time (timestamp("…")), not of a string'],
    ["9223372036854 * 9223372036854 > 1", "a whole number has more than 64 bits"],
  ])("has no answer, and says why: %s", (text, why) => {
    const { metadata: _, ...event } = EVENT;
    expect(outcomeOf(text, text.includes("metadata") ? event : EVENT)).toEqual({ kind: "failed", why });
  });

  it("sees own members only, whatever they are called", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"]) {
      expect(
        outcomeOf(`has(data["x"]) || data.user["${name}"] == 1`.replace('has(data["x"]) || ', ""), EVENT).kind,
      ).toBe("failed");
      expect(outcomeOf(`"${name}" in data`, EVENT)).toEqual({ kind: "not_matched" });
      const json = `{"${name}": 1}`;
      expect(outcomeOf(`"${name}" in data && data["${name}"] == 1`, { json })).toEqual({ kind: "matched" });
      expect(outcomeOf(`{"${name}": 1} == data && data == {"${name}": 1}`, { json })).toEqual({ kind: "matched" });
    }
  });

  it("reads numbers as JSON does: doubles, exact up to 2^53", () => {
    expect(outcomeOf("data.n == 9007199254740991", { json: '{"n":9007199254740991}' }).kind).toBe("matched");
    // Beyond it neighbours fall together, which is why no literal may be there.
    expect(outcomeOf("data.n == data.m", { json: '{"n":9007199254740993,"m":9007199254740992}' }).kind).toBe("matched");
    expect(outcomeOf("data.n == 0.1 && data.n < 1 && data.n > 0", { json: '{"n":1e-1}' }).kind).toBe("matched");
    expect(outcomeOf("data.n == data.m", { json: '{"n":1,"m":1.0}' }).kind).toBe("matched");
    // Of members of one name the last counts.
    expect(outcomeOf("data.n == 2", { json: '{"n":1,"n":2}' }).kind).toBe("matched");
  });

  it.each(["1", '"x"', "null", "[1,2]", "true"])("takes data that is no object: %s", (json) => {
    expect(outcomeOf("data.x == 1", { json }).kind).toBe("failed");
    expect(outcomeOf(`data == ${json}`, { json }).kind).toBe("matched");
    expect(outcomeOf("has(data.x)", { json }).kind).toBe("not_matched");
  });

  it("reads the event once, and not at all for what does not ask for its data", () => {
    const subject = subjectOf({ json: "{not json" });
    expect(filterOf("type == 'order.paid'").outcomeFor(subject)).toEqual({ kind: "matched" });
    const good = subjectOf(EVENT);
    expect(good.data).toBe(good.data);
    expect(good.metadata).toBe(good.metadata);
  });
});

describe("explaining", () => {
  it("shows each condition by itself, what it came to and what it looked at", () => {
    const filter = filterOf("(data.amount > 1000 && data.country in ['FR']) || !has(data.user.name) || data.no.x == 1");
    expect(filter.explain(subjectOf(EVENT))).toEqual([
      {
        expression: "data.amount > 1000",
        result: true,
        error: null,
        values: [{ expression: "data.amount", value: "1999" }],
      },
      {
        expression: 'data.country in ["FR"]',
        result: false,
        error: null,
        values: [{ expression: "data.country", value: '"DE"' }],
      },
      {
        expression: "has(data.user.name)",
        result: true,
        error: null,
        values: [{ expression: "data.user", value: "an object" }],
      },
      {
        expression: "data.no.x == 1",
        result: null,
        error: "no such key: data.no",
        values: [{ expression: "data.no.x", value: null }],
      },
    ]);
  });

  it("shows long values cut, and writes brackets where they are needed", () => {
    const filter = filterOf("(data.a + 1) * 2 - (3 - 4) > 0 ? data.long == 'x' : !(data.b == 1 || data.c)");
    const shown = filter.explain(subjectOf({ data: { a: 1, long: "x".repeat(5_000) } }));
    expect(shown.map(({ expression }) => expression)).toEqual([
      "(data.a + 1) * 2 - (3 - 4) > 0",
      'data.long == "x"',
      "data.b == 1",
      "data.c",
    ]);
    expect(shown[1]?.values[0]?.value?.length).toBeLessThan(100);
  });
});
