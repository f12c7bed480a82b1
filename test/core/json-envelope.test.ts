import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import {
  checkRawJson,
  parseMember,
  rawMember,
  readBatch,
  readEnvelope,
  readLines,
} from "../../src/core/json-envelope.ts";

const utf8 = (text: string): Uint8Array => Buffer.from(text);
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

function errorOf(run: () => unknown): HooksError {
  try {
    run();
  } catch (error) {
    if (error instanceof HooksError) return error;
    throw error;
  }
  throw new Error("expected an error");
}

/** What the platform says of the same bytes; undefined when it is not JSON in UTF-8. */
function referenceParse(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)) as unknown };
  } catch {
    return undefined;
  }
}

function acceptedByUs(bytes: Uint8Array): boolean {
  try {
    checkRawJson(bytes, "data");
    return true;
  } catch (error) {
    if (error instanceof HooksError && error.code === "invalid_json") return false;
    throw error;
  }
}

/** JSON text, often broken in one place. */
const almostJson = fc
  .tuple(
    fc.json({ maxDepth: 6 }),
    fc.nat(),
    fc.constantFrom("", ",", "]", "}", '"', "\\", "0", "e", "-", " ", "\n", "\t", "u12"),
  )
  .map(([text, seed, inserted]) => {
    const at = seed % (text.length + 1);
    return text.slice(0, at) + inserted + text.slice(at + (seed % 3 === 0 ? 1 : 0));
  });

describe("checkRawJson", () => {
  it("accepts what JSON.parse accepts, and nothing else", () => {
    fc.assert(
      fc.property(almostJson, (text) => {
        expect(acceptedByUs(utf8(text))).toBe(referenceParse(utf8(text)) !== undefined);
      }),
      { numRuns: 5_000 },
    );
  });

  it("accepts the same bytes as a strict decoder inside a string", () => {
    const anyByte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf),
    );
    fc.assert(
      fc.property(fc.array(anyByte, { maxLength: 6 }), (bytes) => {
        const text = Uint8Array.from([0x22, ...bytes, 0x22]);
        expect(acceptedByUs(text)).toBe(referenceParse(text) !== undefined);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ["overlong UTF-8", [0x22, 0xc0, 0xaf, 0x22]],
    ["an encoded surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["UTF-16 with a byte order mark", [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
    ["UTF-8 with a byte order mark", [0xef, 0xbb, 0xbf, 0x7b, 0x7d]],
    ["nothing", []],
  ])("refuses %s", (_, bytes) => {
    expect(errorOf(() => checkRawJson(Uint8Array.from(bytes), "data"))).toMatchObject({
      code: "invalid_json",
      field: "data",
    });
  });

  it("names line and column, and shows no control character", () => {
    const message = errorOf(() => checkRawJson(utf8('{\n  "a": \u0007}'), "data")).message;
    expect(message).toBe("data is not valid JSON: expected a value, found byte 0x07 (line 2, column 8)");
  });

  it("counts 64 levels as allowed and 65 as too many", () => {
    expect(checkRawJson(utf8(nested(64)), "data").depth).toBe(64);
    expect(errorOf(() => checkRawJson(utf8(nested(65)), "data"))).toMatchObject({
      code: "invalid_request",
      field: "data",
    });
  });

  it("survives a million levels", () => {
    expect(errorOf(() => checkRawJson(utf8(nested(1_000_000)), "data")).code).toBe("invalid_request");
  });
});

describe("readEnvelope", () => {
  it("gives each member's own bytes", () => {
    const data = '{ "big": 12345678901234567890, "e": 1e400, "dup": 1, "dup": 2, "\\u0061": "\\u0000\\ud800" }';
    const envelope = readEnvelope(utf8(`\n{"type":"a.b", "data" : ${data} ,"metadata":{}}\n`));
    expect(Buffer.from(rawMember(envelope, envelope.members.get("data")!)).toString()).toBe(data);
    expect([...envelope.members.keys()]).toEqual(["type", "data", "metadata"]);
  });

  it("gives values that JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (object) => {
        const text = utf8(JSON.stringify(object));
        const envelope = readEnvelope(text);
        const expected = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        expect([...envelope.members.keys()].toSorted()).toEqual(Object.keys(expected).toSorted());
        for (const [name, span] of envelope.members) expect(parseMember(envelope, span)).toEqual(expected[name]);
      }),
    );
  });

  it("refuses a member that is given twice, also when one of them is escaped", () => {
    for (const text of ['{"type":"a","data":1,"type":"b"}', '{"type":"a","ty\\u0070e":"b"}']) {
      expect(errorOf(() => readEnvelope(utf8(text)))).toMatchObject({ code: "invalid_request", field: "type" });
    }
  });

  it("does not refuse duplicates inside data", () => {
    expect(readEnvelope(utf8('{"data":{"a":1,"a":2}}')).members.get("data")).toMatchObject({
      kind: "object",
      depth: 1,
    });
  });

  it("counts the depth inside data, not the envelope around it", () => {
    expect(readEnvelope(utf8(`{"data":${nested(64)}}`)).members.size).toBe(1);
    expect(errorOf(() => readEnvelope(utf8(`{"data":${nested(65)}}`)))).toMatchObject({ field: "data" });
  });

  it.each(["[]", "null", '"a"', "1"])("refuses %s, which is no object", (text) => {
    expect(errorOf(() => readEnvelope(utf8(text)))).toMatchObject({ code: "invalid_request", field: "body" });
  });

  it.each(['{"a":1}{"b":2}', '{"a":1}\n{"a":2}', "{'a':1}", '{"a":1,}', '{"a":1,/**/"b":2}', '{"a":', ""])(
    "refuses %j, which is not JSON",
    (text) => {
      expect(errorOf(() => readEnvelope(utf8(text)))).toMatchObject({ code: "invalid_json", field: "body" });
    },
  );
});

describe("what is hostile by its number", () => {
  it("is refused before it is taken apart", () => {
    const many = (count: number, one: string) => Array.from({ length: count }, () => one).join(",");
    expect(errorOf(() => readBatch(utf8(`{"events":[${many(1001, "0")}]}`)))).toMatchObject({
      code: "too_large",
      field: "events",
    });
    expect(readBatch(utf8(`{"events":[${many(1000, "0")}]}`)).events).toHaveLength(1000);
    expect(errorOf(() => readLines(utf8("{}\n".repeat(1001)))).code).toBe("too_large");
    expect(readLines(utf8("{}\n".repeat(1000)))).toHaveLength(1000);
    expect(readLines(utf8("\n".repeat(1_000_000)))).toEqual([]);
    const fields = (count: number) => `{${Array.from({ length: count }, (_, index) => `"a${index}":0`).join(",")}}`;
    expect(readEnvelope(utf8(fields(256))).members.size).toBe(256);
    expect(errorOf(() => readEnvelope(utf8(fields(257)))).code).toBe("invalid_request");
    expect(readEnvelope(utf8(`{"data":${fields(5000)}}`)).members.size).toBe(1);
  });
});

describe("readBatch", () => {
  it("gives the envelopes, and what is wrong with one as a value", () => {
    const deep = `{"type":"c","data":${nested(65)}}`;
    const batch = readBatch(utf8(`{"events": [ {"type":"a"} , 7, {"type":"b","type":"b"}, ${deep}, {"data":[1]} ]}`));
    expect(
      batch.events?.map((event) => (event instanceof HooksError ? event.field : [...event.members.keys()])),
    ).toEqual([["type"], undefined, "type", "data", ["data"]]);
  });

  it("gives the bytes of data within the whole body", () => {
    const [event] = readBatch(utf8('{"events":[{"data": 1.50 }]}')).events ?? [];
    if (event === undefined || event instanceof HooksError) throw new Error("expected an envelope");
    expect(Buffer.from(rawMember(event, event.members.get("data")!)).toString()).toBe("1.50");
  });

  it("says when events is missing or no array, and names the other members", () => {
    expect(readBatch(utf8('{"event":[]}'))).toEqual({
      events: undefined,
      notAnArray: undefined,
      otherNames: ["event"],
    });
    expect(readBatch(utf8('{"events":{}}')).notAnArray?.kind).toBe("object");
    expect(readBatch(utf8('{"events":[]}')).events).toEqual([]);
  });

  it("refuses a second list of events, and text that is not JSON", () => {
    expect(errorOf(() => readBatch(utf8('{"events":[],"events":[{}]}')))).toMatchObject({ field: "events" });
    expect(errorOf(() => readBatch(utf8('{"events":[{]}'))).code).toBe("invalid_json");
    expect(errorOf(() => readBatch(utf8("[]"))).code).toBe("invalid_request");
  });

  it("accepts what JSON.parse accepts, and nothing else", () => {
    fc.assert(
      fc.property(almostJson, (text) => {
        const bytes = utf8(`{"events":[{"data":${text}}]}`);
        const accepted = (() => {
          try {
            readBatch(bytes);
            return true;
          } catch (error) {
            return error instanceof HooksError && error.code !== "invalid_json";
          }
        })();
        expect(accepted).toBe(referenceParse(bytes) !== undefined);
      }),
    );
  });
});

describe("readLines", () => {
  it("reads an object a line and skips empty lines", () => {
    const results = readLines(utf8('{"type":"a"}\r\n\n  \n{"type":"b"}'));
    expect(results.map((result) => (result instanceof HooksError ? result.code : result.members.size))).toEqual([1, 1]);
  });

  it("keeps what is wrong with one line to that line, and names it", () => {
    const results = readLines(utf8('{"type":"a"}\n{"type":\n[]\n{"type":"b"}\n'));
    expect(results.map((result) => (result instanceof HooksError ? result.field : "fine"))).toEqual([
      "fine",
      "line 2",
      "line 3",
      "fine",
    ]);
  });
});
