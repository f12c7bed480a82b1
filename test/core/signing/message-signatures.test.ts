import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as node from "../../../src/index.ts";
import * as web from "../../../src/web.ts";

// RFC 9421: which parts of the request are signed is what the message itself says, so all of it is a stranger's word.

const KEY = Buffer.alloc(32, 7);
const SECRET = KEY.toString("base64");
const NOW = 1_760_000_000;
const WHOLE = { method: "POST", url: "https://hooks.example.com/in?a=1" };

interface Parts {
  method?: string;
  url?: string;
}

/** A message that says that it signs `components`, signed over `base` when that is given. */
function message(components: string, parts: Parts, base?: string, alg = "hmac-sha256") {
  const input = `(${components});created=${NOW};alg="${alg}"`;
  const text = `${base ?? ""}"@signature-params": ${input}`;
  const signature = createHmac("sha256", KEY).update(text).digest("base64");
  return { ...parts, headers: { "signature-input": `a=${input}`, signature: `a=:${signature}:` }, body: "" };
}

/** The one verdict of both entries, which is also that of a verifier. */
async function verdictOf(request: ReturnType<typeof message>) {
  const options = { now: NOW };
  const verdict = node.verify("rfc9421", request, SECRET, options);
  expect(await node.verifyAsync("rfc9421", request, SECRET, options)).toEqual(verdict);
  expect(await web.verify("rfc9421", request, SECRET, options)).toEqual(verdict);
  const resolveKey = () => ({ alg: "hmac-sha256", key: SECRET });
  await node.verifyAsync("rfc9421", request, [], { ...options, resolveKey });
  await web.verify("rfc9421", request, [], { ...options, resolveKey });
  return verdict;
}

const OF_URL = [
  ['"@authority"', "hooks.example.com"],
  ['"@target-uri"', "https://hooks.example.com/in?a=1"],
  ['"@path"', "/in"],
  ['"@request-target"', "/in?a=1"],
  ['"@path" "@scheme"', "/in", "https"],
  ['"@path" "@query"', "/in", "?a=1"],
  ['"@path" "@query-param";name="a"', "/in", "1"],
] as const;

describe("a part that the message says is signed", () => {
  it.each(OF_URL)("is taken from the whole URL, and refused without one: %s", async (components, ...values) => {
    const base = components
      .split(" ")
      .map((component, at) => `${component}: ${values[at]}\n`)
      .join("");

    expect(await verdictOf(message(components, WHOLE, base))).toMatchObject({ valid: true });
    for (const parts of [{}, { method: "POST" }, { method: "POST", url: "/in?a=1" }, { url: "" }]) {
      expect(await verdictOf(message(components, parts, base)), JSON.stringify(parts)).toMatchObject({
        valid: false,
        reason: "unsupported_version",
        detail: expect.stringMatching(/^the signature covers "@.*, and the request's whole URL is not known here$/),
      });
    }
  });

  it.each([
    ['"@path" "@query"', "/in?name=O'Brien#top", "/in", "?name=O'Brien"],
    ['"@path" "@query"', "/in?", "/in", "?"],
    ['"@path" "@query"', "#?a=1", "/", "?"],
    ['"@request-target"', "/in?name=O'Brien&at=/?#top", "/in?name=O'Brien&at=/?"],
    ['"@request-target"', "/a/../in/./?", "/a/../in/./?"],
    ['"@request-target"', "?a=1", "/?a=1"],
    ['"@request-target"', "", "/"],
    ['"@request-target"', "\\in", "\\in"],
  ])("is taken from the URL as it was written: %s of %j", async (components, rest, ...values) => {
    const base = components
      .split(" ")
      .map((component, at) => `${component}: ${values[at]}\n`)
      .join("");
    const parts = { method: "POST", url: `https://hooks.example.com${rest}` };

    expect(await verdictOf(message(components, parts, base))).toMatchObject({ valid: true });
  });

  it("is the method, and refused without one", async () => {
    const base = `"@method": POST\n"@path": /in\n`;

    expect(await verdictOf(message('"@method" "@path"', WHOLE, base))).toMatchObject({ valid: true });
    expect(await verdictOf(message('"@method" "@path"', { url: WHOLE.url }, base))).toMatchObject({
      reason: "unsupported_version",
      detail: `the signature covers "@method", and the request's method is not known here`,
    });
  });

  it("is refused when there is no such part, whatever the caller gave", async () => {
    for (const component of ['"@status"', '"@path";req', '"@query-param"', '"@constructor"', '"__proto__"']) {
      for (const parts of [WHOLE, {}]) {
        expect((await verdictOf(message(`"@authority" ${component}`, { ...parts }))).valid).toBe(false);
      }
    }
  });

  it.each(["constructor", "toString", "__proto__", "hasOwnProperty", "md5", ""])(
    "is refused under an algorithm that there is not: %j",
    async (alg) => {
      expect(await verdictOf(message('"@path"', WHOLE, '"@path": /in\n', alg))).toMatchObject({
        reason: "unsupported_version",
      });
    },
  );
});

it("whatever a message says, it is a verdict", async () => {
  const component = fc.oneof(
    fc.constantFrom(...OF_URL.map(([text]) => text), '"@method"', '"content-digest"', '"host"', '"x-none"', '"@x"'),
    fc.string().map((text) => JSON.stringify(text)),
  );
  const parameter = fc.constantFrom(
    `;created=${NOW}`,
    ";created=-1",
    `;expires=${NOW}`,
    ';alg="hmac-sha256"',
    ';alg="constructor"',
    ';keyid="k"',
    ";keyid=1",
    ';tag="a"',
  );
  const parts = fc.constantFrom<Parts>(WHOLE, {}, { method: "GET" }, { url: "/in" }, { url: "http://[" });
  const value = fc.constantFrom("a=:AAAA:", "b=:AAAA:", "a=::", "a=1", "");
  await fc.assert(
    fc.asyncProperty(fc.array(component, { maxLength: 4 }), fc.array(parameter), parts, value, async (...drawn) => {
      const [components, parameters, given, signature] = drawn;
      const headers = { "signature-input": `a=(${components.join(" ")})${parameters.join("")}`, signature };

      expect((await verdictOf({ ...given, headers, body: "" })).valid).toBe(false);
    }),
    { numRuns: 300 },
  );
});
