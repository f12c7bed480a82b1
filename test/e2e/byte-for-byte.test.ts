import { describe, expect, it } from "vitest";
import { verify } from "../../src/index.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

// JSON that a parser and a printer would change: what a publisher sent is what is stored, signed and delivered, byte
// for byte, or it is refused and nothing is stored.

const KEPT: [name: string, data: string][] = [
  ["a number that no double holds", "9007199254740993"],
  ["many digits", "0.1000000000000000055511151231257827021181583404541015625"],
  ["a trailing zero", '{"amount":1.10,"zero":1.0}'],
  ["minus zero", "[-0,-0.0,0e-5]"],
  ["a number without bound", '{"n":1e400,"m":-1E+4000}'],
  ["a name given twice", '{"a":1,"a":2,"a":{"a":1,"a":2}}'],
  ["__proto__ and constructor", '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'],
  ["an escaped NUL", '"a\\u0000b"'],
  [
    "half of a surrogate pair, escaped",
    '{"high":"\\ud800","low":"\\udc00","pair":"\\ud83d\\ude42","swapped":"\\ude42\\ud83d"}',
  ],
  ["escapes that need none", '"\\u0061\\/\\u00E9\\u00e9"'],
  ["a byte order mark in a string", '"\ufeffa"'],
  ["control characters of C1, as they are", '"\u0080\u009b31m\u0085"'],
  ["separators and marks of direction", '"\u2028\u2029\u202e\u200b\u2066"'],
  ["the highest code point, and what is no character", '"\u{10ffff}\ufffe\uffff\u{1f642}שלום"'],
  ["white space of every kind", ' {\t"a" :\r\n[ 1 ,\n\n2 ]\r} '],
  ["the order of names", '{"b":1,"10":2,"9":3,"a":4,"":5}'],
  ["nesting up to the limit", `${"[".repeat(64)}${"]".repeat(64)}`],
  ["nothing much", "null"],
  ["an empty text", '""'],
  ["a long one", JSON.stringify("x".repeat(500_000))],
];

const REFUSED: [name: string, body: string | Uint8Array, code: string, says: RegExp][] = [
  ["a byte order mark before the body", '\ufeff{"type":"a","data":1}', "invalid_json", /byte order mark/],
  ["UTF-16", Buffer.from('{"type":"a","data":1}', "utf16le"), "invalid_json", /line 1, column 2/],
  ["an overlong NUL", bytes('{"type":"a","data":"', 0xc0, 0x80, '"}'), "invalid_json", /not valid UTF-8/],
  ["a surrogate in UTF-8", bytes('{"type":"a","data":"', 0xed, 0xa0, 0x80, '"}'), "invalid_json", /not valid UTF-8/],
  [
    "a code point beyond the last",
    bytes('{"type":"a","data":"', 0xf4, 0x90, 0x80, 0x80, '"}'),
    "invalid_json",
    /not valid UTF-8/,
  ],
  ["a sequence that is cut off", bytes('{"type":"a","data":"', 0xe2, 0x82, '"}'), "invalid_json", /not valid UTF-8/],
  ["latin1", bytes('{"type":"a","data":"', 0xe9, '"}'), "invalid_json", /not valid UTF-8/],
  ["a NUL in a string", '{"type":"a","data":"a\0b"}', "invalid_json", /byte 0x00/],
  ["a NUL behind the body", '{"type":"a","data":1}\0', "invalid_json", /byte 0x00/],
  ["a name of the envelope given twice", '{"type":"a","data":1,"data":2}', "invalid_request", /data.*twice/],
  ["the same, one of them in escapes", '{"type":"a","data":1,"d\\u0061ta":2}', "invalid_request", /twice/],
  ["__proto__ in the envelope", '{"type":"a","data":1,"__proto__":{"admin":true}}', "invalid_request", /__proto__/],
  ["nesting beyond the limit", `{"type":"a","data":${"[".repeat(65)}${"]".repeat(65)}}`, "invalid_request", /64/],
  ["nesting without end", `{"type":"a","data":${"[".repeat(400_000)}`, "invalid_json", /the text ends/],
  ["a number that begins with 0", '{"type":"a","data":01}', "invalid_json", /begins with 0/],
  ["NaN", '{"type":"a","data":NaN}', "invalid_json", /"N"/],
  ["an unknown escape", '{"type":"a","data":"\\x41"}', "invalid_json", /escape/],
  ["half an escape", '{"type":"a","data":"\\u00"}', "invalid_json", /escape/],
  ["a comment", '{"type":"a",/**/"data":1}', "invalid_json", /"\/"/],
  ["two documents", '{"type":"a","data":1}{"type":"a","data":1}', "invalid_json", /the end/],
];

function bytes(...parts: (string | number)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from([part]))));
}

describe("JSON", { timeout: 120_000 }, () => {
  it("arrives as it was published, is signed as it is and can be read back as it was", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await home.serve();
    const secret = await home.ok(
      "sub",
      "create",
      ...daemon.asked,
      "--url",
      receiver.url,
      "--event",
      "kept.*",
      "--fields",
      "secret",
    );
    const key = await home.token();
    const ids: string[] = [];
    for (const [at, [, data]] of KEPT.entries()) {
      const metadata = data.trimStart().startsWith("{") ? data : `{"m":${data}}`;
      // Depth counts within the metadata as well, which is one deeper here.
      const withMetadata = at !== KEPT.findIndex(([name]) => name.includes("nesting")) && data.length < 400_000;
      const response = await fetch(`${daemon.url}/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: Buffer.from(`{"type":"kept.n${at}","data":${data}${withMetadata ? `,"metadata":${metadata}` : ""}}`),
      });
      expect([KEPT[at]![0], response.status, await response.clone().text()]).toEqual([
        KEPT[at]![0],
        202,
        expect.any(String),
      ]);
      ids.push(((await response.json()) as { id: string }).id);
    }
    await receiver.request(KEPT.length);
    for (const [at, [name, data]] of KEPT.entries()) {
      const { body, headers } = receiver.requests.find((one) => one.headers["webhook-id"] === ids[at])!;
      const wanted = Buffer.from(data.trim());
      const found = body.indexOf(Buffer.concat([Buffer.from('"data":'), wanted]));
      expect(found, name).toBeGreaterThan(0);
      // Behind it the envelope ends, or goes on with another member.
      expect([0x7d, 0x2c], name).toContain(body[found + 7 + wanted.length]);
      expect(verify("standard-webhooks", { headers, body }, secret), name).toMatchObject({ valid: true });

      const answer = await fetch(`${daemon.url}/v1/events/${ids[at]}`, { headers: { authorization: `Bearer ${key}` } });
      expect(
        Buffer.from(await answer.arrayBuffer()).includes(Buffer.concat([Buffer.from('"data":'), wanted])),
        name,
      ).toBe(true);
      const shown = await home.ok("event", "get", ids[at]!, "--json");
      expect(JSON.parse(shown), name).toMatchObject({ data: JSON.parse(data) });
      const again = await home.run(["publish", `kept.n${at}`, "--data", "-", "--id", `again_${at}`, "--quiet"], {
        input: data,
      });
      expect(again, name).toMatchObject({ code: 0 });
    }
    // Published by a command, the same bytes arrive.
    await receiver.request(2 * KEPT.length);
    for (const [at, [name, data]] of KEPT.entries()) {
      const { body } = receiver.requests.find((one) => one.headers["webhook-id"] === `again_${at}`)!;
      expect(body.includes(Buffer.from(data.trim())), name).toBe(true);
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it("that is none is refused with the place and the reason, and nothing is stored or sent", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await home.serve();
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "*");
    const key = await home.token();
    for (const [name, body, code, says] of REFUSED) {
      const response = await fetch(`${daemon.url}/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: body as string,
      });
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect({ name, status: response.status, code: error.code }).toEqual({ name, status: 400, code });
      expect(error.message, name).toMatch(says);
      expect(error.message.length, name).toBeLessThan(500);
    }
    expect(await home.ok("event", "list", "--json")).toBe("");
    await home.ok("publish", "a.last", "--data", "1");
    await receiver.request(1);
    expect(receiver.requests.map(({ text }) => text)).toEqual([expect.stringContaining('"a.last"')]);
  });
});
