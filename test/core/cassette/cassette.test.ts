import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkCassetteHead,
  formatCassetteHead,
  formatExchange,
  parseExchange,
} from "../../../src/core/cassette/cassette-line.ts";
import type { RecordedExchange } from "../../../src/core/cassette/exchange.ts";
import { parseExpectedStatus } from "../../../src/core/cassette/expected-status.ts";
import { redactJson } from "../../../src/core/cassette/json-redaction.ts";
import { covers, parsePlace } from "../../../src/core/cassette/place.ts";
import { defaultPlaces, redact } from "../../../src/core/cassette/redaction.ts";
import { HooksError } from "../../../src/core/errors.ts";

const AT = Date.UTC(2026, 10, 22, 12);

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: "binary", maxLength: 100 }).map((text) => Uint8Array.from(Buffer.from(text))),
  fc.constant(Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])),
);
const headerName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/);
const headerValue = fc.stringMatching(/^[\x21-\x7e\xa1-\xff]([\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e])?$/);
const headers = fc.array(fc.tuple(headerName, headerValue) as fc.Arbitrary<[string, string]>, { maxLength: 6 });
const exchanges: fc.Arbitrary<RecordedExchange> = fc.record({
  at: fc.integer({ min: 0, max: AT }),
  eventId: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
  eventType: fc.constantFrom("order.paid", "a", "x_y.z-1"),
  attempt: fc.integer({ min: 1, max: 20 }),
  durationMs: fc.nat(100_000),
  request: fc.record({
    method: fc.constantFrom("POST", "PUT", "GET", "PROPFIND"),
    path: fc.stringMatching(/^\/[\w./%-]{0,20}$/),
    query: fc.stringMatching(/^[\w=&%.+?-]{0,20}$/),
    headers,
    body: bytes,
  }),
  answer: fc.option(
    fc.record({ status: fc.integer({ min: 100, max: 599 }), headers, body: bytes, truncated: fc.boolean() }),
    {
      nil: undefined,
    },
  ),
  failure: fc.option(fc.record({ code: fc.constant("refused"), message: fc.string() }), { nil: undefined }),
});

const plain = ({ request, answer, ...rest }: RecordedExchange): unknown => ({
  ...rest,
  request: { ...request, body: [...request.body] },
  answer: answer && { ...answer, body: [...answer.body] },
});

const line = (text: string): Uint8Array => Buffer.from(text);
const whyNot = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof HooksError)
      return `${error.code}: ${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`;
    throw error;
  }
  return "nothing was wrong";
};

describe("a line", () => {
  it("is read as it was written, bytes and all", () => {
    fc.assert(
      fc.property(exchanges, (exchange) => {
        const written = formatExchange(exchange);
        expect(written).not.toMatch(/[\r\n]/);
        const read = parseExchange(line(written), "f line 2");
        expect(plain(read)).toEqual(plain(exchange));
        expect(Buffer.from(read.request.body).equals(Buffer.from(exchange.request.body))).toBe(true);
      }),
    );
  });

  const good = JSON.parse(
    formatExchange({
      at: AT,
      eventId: "evt_1",
      eventType: "order.paid",
      attempt: 1,
      durationMs: 3,
      request: { method: "POST", path: "/a", query: "", headers: [["a", "b"]], body: line("{}") },
      answer: { status: 200, headers: [], body: line("ok"), truncated: false },
      failure: undefined,
    }),
  ) as Record<string, Record<string, unknown>>;

  it.each([
    [{ event_id: "a b" }, "event_id must be an event's id"],
    [{ at: "yesterday" }, "at must be a time"],
    [{ request: null }, "request must be an object"],
    [{ request: { ...good["request"], method: "GET /\r\nX" } }, "request.method must be an HTTP method"],
    [{ request: { ...good["request"], path: "//evil\r\n" } }, "request.path must be a path"],
    [{ request: { ...good["request"], query: "a b" } }, "request.query must be a query"],
    [{ request: { ...good["request"], headers: [["a", "b\r\nc: d"]] } }, "request.headers must be a list"],
    [{ request: { ...good["request"], headers: [["a b", "c"]] } }, "request.headers must be a list"],
    [{ request: { ...good["request"], body: undefined } }, "request.body must be text"],
    [{ request: { ...good["request"], body_base64: "YQ==" } }, "not both"],
    [{ request: { ...good["request"], body: undefined, body_base64: "YQ=" } }, "request.body_base64 must be base64"],
    [{ response: { ...good["response"], status: 99 } }, "response.status must be a status"],
    [{ response: [] }, "response must be an object"],
  ])("%j is refused by name", (change, why) => {
    const text = JSON.stringify({ ...good, ...change });
    expect(whyNot(() => parseExchange(line(text), "x.cassette line 7"))).toMatch(/^usage: x\.cassette line 7: /);
    expect(whyNot(() => parseExchange(line(text), "x.cassette line 7"))).toContain(why);
  });

  it.each(["", "{", "[]", "null", "\xff", '"text"'])("%j is none", (text) => {
    expect(whyNot(() => parseExchange(Buffer.from(text, "latin1"), "f line 3"))).toMatch(
      /usage: f line 3: it is no JSON object/,
    );
  });
});

describe("the first line", () => {
  it("says what the file is", () => {
    const head = formatCassetteHead("hooks/1.0.0", AT);
    expect(JSON.parse(head)).toEqual({ hooks_cassette: 1, recorded_at: "2026-11-22T12:00:00.000Z", by: "hooks/1.0.0" });
    expect(whyNot(() => checkCassetteHead(line(head), "f line 1"))).toBe("nothing was wrong");
  });

  it("of another version, or of another file, is refused", () => {
    const newer = line('{"hooks_cassette":2}');
    expect(whyNot(() => checkCassetteHead(newer, "f line 1"))).toMatch(
      /f line 1: .*version 2.*reads version 1 \(.*update/,
    );
    for (const text of ['{"hooks_cassette":0}', '{"hooks_cassette":"1"}']) {
      expect(whyNot(() => checkCassetteHead(line(text), "f line 1"))).toMatch(/version .*--record FILE/);
    }
    for (const text of ["{}", '{"type":"order.paid"}', "not json", "[]", '{"__proto__":{"hooks_cassette":1}}']) {
      expect(whyNot(() => checkCassetteHead(line(text), "f line 1"))).toMatch(/f line 1: it is no cassette/);
    }
  });
});

describe("places", () => {
  it.each([
    ["header:Authorization", { kind: "header", name: "authorization" }],
    ["query:token", { kind: "query", name: "token" }],
    ["data.user.email", { kind: "json", steps: ["data", "user", "email"] }],
    ["$.data.lines.*.price", { kind: "json", steps: ["data", "lines", "*", "price"] }],
    ["/data/a.b/c~1d", { kind: "json", steps: ["data", "a.b", "c/d"] }],
  ])("%s", (text, place) => {
    expect(parsePlace(text, "--redact")).toEqual(place);
  });

  it.each(["", "header:", "header:a b", "query:", "data..email", ".data", "a.".repeat(40), "x".repeat(2_000), "/"])(
    "%j is none",
    (text) => {
      expect(whyNot(() => parsePlace(text, "--redact"))).toMatch(/^usage: --redact .*for example/);
    },
  );

  it("cover what is below them", () => {
    expect(covers(["data", "*"], ["data", 0, "id"])).toBe(true);
    expect(covers(["data", "id"], ["data"])).toBe(false);
  });
});

describe("redacting JSON", () => {
  const without = (text: string, ...paths: string[][]) => {
    const left = redactJson(line(text), paths);
    return left === undefined ? undefined : Buffer.from(left).toString();
  };

  it("leaves every other byte as it was", () => {
    expect(without('{ "a" : 1.0,\n"b":{"c":[1,2e3, "x"]} }', ["b", "c", "1"])).toBe(
      '{ "a" : 1.0,\n"b":{"c":[1,"[redacted]", "x"]} }',
    );
    expect(without('{"a":{"b":1},"a":{"b":2}}', ["a", "b"])).toBe('{"a":{"b":"[redacted]"},"a":{"b":"[redacted]"}}');
    expect(without('{"\\u0061":1}', ["a"])).toBe('{"\\u0061":"[redacted]"}');
    expect(without('[{"p":1},{"p":2},3]', ["*", "p"])).toBe('[{"p":"[redacted]"},{"p":"[redacted]"},3]');
    expect(without('{"a":{"b":1}}', ["a"], ["a", "b"])).toBe('{"a":"[redacted]"}');
    expect(without('{"a":1}', ["b"])).toBe('{"a":1}');
    expect(without("[]", ["0"])).toBe("[]");
    expect(without("{", ["a"])).toBeUndefined();
  });

  it("leaves nothing of what is named, and what parsers read of the rest", () => {
    const value = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 });
    const paths = fc.array(fc.array(fc.constantFrom("a", "b", "c", "*", "0"), { minLength: 1, maxLength: 3 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(value, paths, (object, rules) => {
        const text = JSON.stringify(object);
        const left = JSON.parse(without(text, ...rules)!) as unknown;
        expect(left).toEqual(replaced(JSON.parse(text), [], rules));
      }),
    );
  });

  /** The slow and simple way. */
  function replaced(value: unknown, steps: (string | number)[], rules: string[][]): unknown {
    if (rules.some((rule) => rule.length === steps.length && covers(rule, steps))) return "[redacted]";
    if (Array.isArray(value)) return value.map((item, at) => replaced(item, [...steps, at], rules));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, replaced(item, [...steps, name], rules)]),
    );
  }
});

describe("redacting an exchange", () => {
  const exchange = (
    more: Partial<RecordedExchange["request"]>,
    answer: string | undefined = '{"user":{"email":"b@example.com"}}',
  ) =>
    ({
      at: AT,
      eventId: "evt_1",
      eventType: "order.paid",
      attempt: 1,
      durationMs: 1,
      request: { method: "POST", path: "/", query: "", headers: [], body: line("{}"), ...more },
      answer: { status: 200, headers: [["Set-Cookie", "sid=hush"]], body: line(answer), truncated: false },
      failure: undefined,
    }) satisfies RecordedExchange;

  it("by itself it keeps no credential and no signature", () => {
    const made = exchange({
      query: "a=1&Access_Token=hush&token=hush&flag&b=2",
      headers: [
        ["Authorization", "Bearer hush"],
        ["COOKIE", "hush"],
        ["webhook-signature", "v1,hush"],
        ["X-Gitlab-Token", "hush"],
        ["X-Hub-Signature-256", "sha256=hush"],
        ["X-Hook-Secret", "hush"],
        ["Content-Type", "application/json"],
      ],
    });
    const kept = redact(made, defaultPlaces());
    expect(formatExchange(kept)).not.toContain("hush");
    expect(kept.request.headers).toContainEqual(["Content-Type", "application/json"]);
    expect(kept.request.query).toBe("a=1&Access_Token=[redacted]&token=[redacted]&flag&b=2");
    expect(kept.answer?.headers).toEqual([["Set-Cookie", "[redacted]"]]);
    // Without any rule it is what it was.
    expect(formatExchange(redact(made, []))).toBe(formatExchange(made));
  });

  it("places are those of the request and of the answer", () => {
    const made = exchange({ body: line('{"user":{"email":"a@example.com"}}') });
    const kept = redact(made, [parsePlace("user.email", "--redact")]);
    expect(formatExchange(kept)).not.toContain("example.com");
  });

  it("an answer that was cut off is left out as a whole", () => {
    const kept = redact(exchange({}, '{"user":{"email":"a@example.com"},"rest":"'), [
      parsePlace("user.email", "--redact"),
    ]);
    expect(Buffer.from(kept.answer!.body).toString()).toBe("[redacted]");
    const text = redact(exchange({}, "no json, a@example.com"), [parsePlace("user.email", "--redact")]);
    expect(Buffer.from(text.answer!.body).toString()).toBe("no json, a@example.com");
  });
});

describe("expected statuses", () => {
  it.each([
    ["2xx", 204, true],
    ["2xx", 302, false],
    ["404", 404, true],
    ["2XX,409", 409, true],
    ["2xx,409", 410, false],
  ])("%s: %i is %s", (text, status, right) => {
    expect(parseExpectedStatus(text, "--expect")(status)).toBe(right);
  });

  it.each(["", "6xx", "ok", "2x", "2xx,", "99", "2xx 409"])("%j is none", (text) => {
    expect(whyNot(() => parseExpectedStatus(text, "--expect"))).toMatch(/^usage: --expect .*2xx/);
  });
});
