import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compileScheme } from "../../../src/core/signing/compiled-scheme.ts";
import type { Scheme } from "../../../src/core/signing/scheme.ts";
import { signMessage } from "../../../src/core/signing/sign.ts";
import { Verifier } from "../../../src/core/signing/verify.ts";
import { signMessage as signByWeb } from "../../../src/core/signing/web/sign.ts";
import { Verifier as WebVerifier } from "../../../src/core/signing/web/verify.ts";
import type { HeadersInput } from "../../../src/core/signing/webhook-request.ts";

// The record type against the shapes that providers have, each signed by hand here.

const NOW = 1_760_000_000;
const SECRET = "a secret";
const BODY = '{"id":"evt_1"}';

const PLAIN = { title: "test", algorithm: "hmac-sha256", encoding: "hex", secret: { decode: "utf8" } } as const;

const LIST: Scheme = {
  ...PLAIN,
  name: "list",
  signature: { headers: ["x-list"], format: "list", separator: ",", pair: "=", field: "v1" },
  timestamp: { field: "t", unit: "s", past: 300 },
  content: "{timestamp}.{body}",
};

const PREFIXED: Scheme = {
  ...PLAIN,
  name: "prefixed",
  signature: { headers: ["x-hub-256"], format: "prefixed", prefix: "sha256=" },
  content: "{body}",
};

const RAW: Scheme = {
  ...PLAIN,
  name: "raw",
  signature: { headers: ["x-new", "x-old"], format: "raw" },
  timestamp: { headers: ["x-time"], unit: "ms", past: 60, future: 60 },
  content: "{method}{url}{body}:{timestamp}",
  algorithm: "hmac-sha512",
  encoding: "base64url",
  secret: { decode: "hex" },
};

function mac(algorithm: string, key: string | Buffer, text: string, encoding: "hex" | "base64" | "base64url"): string {
  return createHmac(algorithm, key).update(text).digest(encoding);
}

function judge(scheme: Scheme, headers: HeadersInput, secret: string, now = NOW, rest = {}) {
  return new Verifier(compileScheme(scheme), secret).verify({ headers, body: BODY, ...rest }, now);
}

describe("a list of signatures with its time in one header", () => {
  const right = mac("sha256", SECRET, `${NOW}.${BODY}`, "hex");

  it.each([
    [`t=${NOW},v1=${right}`, "valid"],
    [`t=${NOW}, v1=${right}`, "valid"],
    [`v1=${right},t=${NOW}`, "valid"],
    [`t=${NOW},v1=,v1=zz,v1=${right}`, "valid"],
    [`t=${NOW},v1=${right.toUpperCase()}`, "valid"],
    [`t=${NOW},t=${NOW},v1=${right}`, "valid"],
    [`t=${NOW},t=${NOW + 1},v1=${right}`, "malformed_header"],
    [`v1=${right}`, "malformed_header"],
    [`t=${NOW},v0=${right}`, "unsupported_version"],
    [`t=${NOW}`, "malformed_header"],
    [`t=${NOW}x,v1=${right}`, "timestamp_malformed"],
    [`t=${NOW},v1=${right}=junk`, "malformed_header"],
    [`t=${NOW},v1=${right}0`, "malformed_header"],
    [`t=${NOW + 1},v1=${right}`, "signature_mismatch"],
  ])("%s: %s", (header, expected) => {
    const result = judge(LIST, { "X-List": header }, SECRET);

    expect(result.valid ? "valid" : result.reason).toBe(expected);
  });

  it("has no limit on the side that the record leaves open, also with a tolerance", () => {
    const header = `t=${NOW},v1=${right}`;

    expect(judge(LIST, { "x-list": header }, SECRET, NOW - 1_000_000).valid).toBe(true);
    expect(judge(LIST, { "x-list": header }, SECRET, NOW + 301)).toMatchObject({ reason: "timestamp_too_old" });
  });

  it("is written by sign, one signature for each secret", () => {
    const other = mac("sha256", "another", `${NOW}.${BODY}`, "hex");

    const signed = signMessage(compileScheme(LIST), { body: BODY }, [SECRET, "another"], { id: "", timestamp: NOW });

    expect(signed.headers).toEqual({ "x-list": `t=${NOW},v1=${right},v1=${other}` });
  });
});

describe("a prefixed signature", () => {
  const right = mac("sha256", SECRET, BODY, "hex");

  it.each([
    [`sha256=${right}`, "valid"],
    [` sha256=${right}\t`, "valid"],
    [`sha1=${right}`, "unsupported_version"],
    [right, "malformed_header"],
    ["sha256=", "malformed_header"],
    [`sha256=${"0".repeat(64)}`, "signature_mismatch"],
  ])("%s: %s", (header, expected) => {
    const result = judge(PREFIXED, { "x-hub-256": header }, SECRET);

    expect(result.valid ? "valid" : result.reason).toBe(expected);
  });

  it("has neither time nor id in its verdict and its headers", () => {
    const signed = signMessage(compileScheme(PREFIXED), { body: BODY }, SECRET, { id: "msg_1", timestamp: NOW });

    expect(signed).toEqual({ headers: { "x-hub-256": `sha256=${right}` }, signature: `sha256=${right}` });
    expect(judge(PREFIXED, signed.headers, SECRET)).toEqual({ valid: true, secretIndex: 0 });
  });

  it("carries one signature only", () => {
    const signTwice = () =>
      signMessage(compileScheme(PREFIXED), { body: BODY }, [SECRET, "b"], { id: "", timestamp: 0 });

    expect(signTwice).toThrow(/takes one secret/);
  });
});

describe("a bare signature over method, URL, body and a time in milliseconds", () => {
  const secret = "00ff10";
  const rest = { method: "POST", url: "https://example.com/in?a=b" };
  const text = `POSThttps://example.com/in?a=b${BODY}:${NOW}500`;
  const right = mac("sha512", Buffer.from(secret, "hex"), text, "base64url");

  it("verifies under the new header's name and the old one", () => {
    const expected = { valid: true, secretIndex: 0, timestamp: NOW + 0.5 };

    expect(judge(RAW, { "x-new": right, "x-time": `${NOW}500` }, secret, NOW, rest)).toEqual(expected);
    expect(judge(RAW, { "x-old": right, "x-time": `${NOW}500` }, secret, NOW, rest)).toEqual(expected);
    expect(judge(RAW, { "x-new": "AAAA", "x-old": right, "x-time": `${NOW}500` }, secret, NOW, rest).valid).toBe(false);
  });

  it("refuses another method or URL", () => {
    const headers = { "x-new": right, "x-time": `${NOW}500` };

    expect(judge(RAW, headers, secret, NOW, { ...rest, method: "PUT" })).toMatchObject({
      reason: "signature_mismatch",
    });
    expect(judge(RAW, headers, secret, NOW, { ...rest, url: "https://example.com/" }).valid).toBe(false);
  });

  it("needs the URL from the caller", () => {
    const headers = { "x-new": right, "x-time": `${NOW}500` };

    expect(() => judge(RAW, headers, secret, NOW, { method: "POST" })).toThrow(/request.url is needed/);
  });

  it("comes back from sign", () => {
    const signed = signMessage(compileScheme(RAW), { body: BODY, ...rest }, secret, { id: "", timestamp: NOW + 0.5 });

    expect(signed.headers).toEqual({ "x-time": `${NOW}500`, "x-new": right });
  });
});

describe("a time in RFC 3339", () => {
  const scheme: Scheme = {
    ...PLAIN,
    name: "iso",
    signature: { headers: ["x-sig"], format: "raw" },
    id: { headers: ["x-id"] },
    timestamp: { headers: ["x-time"], unit: "iso", past: 600 },
    content: "{id}{timestamp}{body}",
    algorithm: "hmac-sha1",
  };

  it.each([
    ["2025-10-09T08:53:20Z", "valid"],
    ["2025-10-09T10:53:20.123456789+02:00", "valid"],
    ["2025-10-09T08:43:19Z", "timestamp_too_old"],
    ["2025-10-09", "timestamp_malformed"],
    ["2025-13-09T08:53:20Z", "timestamp_malformed"],
    ["Thu, 09 Oct 2025 08:53:20 GMT", "timestamp_malformed"],
    [String(NOW), "timestamp_malformed"],
  ])("%s: %s", (time, expected) => {
    const right = mac("sha1", SECRET, `a.b${time}${BODY}`, "hex");

    // Nothing ends the id in this content, so it may hold a dot.
    const result = judge(scheme, { "x-id": "a.b", "x-time": time, "x-sig": right }, SECRET);

    expect(result.valid ? "valid" : result.reason).toBe(expected);
  });
});

it("a record with a field that does not exist is a bug that shows at once", () => {
  expect(() => compileScheme({ ...PREFIXED, content: "{bdy}" })).toThrow(RangeError);
});

describe("a time with a fraction of a second", () => {
  const schemeOf = (unit: "ms" | "iso"): Scheme => ({
    ...RAW,
    timestamp: { headers: ["x-time"], unit, past: 60, future: 0 },
    content: "{body}{timestamp}",
  });

  it.each([
    ["ms", 0.5, 0.9, undefined],
    ["ms", 0.9, 0.5, undefined],
    ["ms", 0.999, 0, undefined],
    ["iso", 0.5, 60.9, undefined],
    ["iso", 0.5, -0.1, "dated 1 s ahead of this clock; at most 0 s is accepted"],
    ["ms", 0.5, 61, "60.5 s old; at most 60 s is accepted"],
  ] as const)("of %s, signed at %f and judged at %f: ahead only in a later second", async (unit, sent, now, detail) => {
    const compiled = compileScheme(schemeOf(unit));
    const options = { id: "", timestamp: NOW + sent };
    const request = { ...signMessage(compiled, { body: BODY }, "00ff10", options), body: BODY };
    const expected = detail === undefined ? { valid: true } : { valid: false, detail: `the message is ${detail}` };

    expect(new Verifier(compiled, "00ff10").verify(request, NOW + now)).toMatchObject(expected);
    expect(await new WebVerifier(compiled, "00ff10").verify(request, NOW + now)).toMatchObject(expected);
  });
});

describe("signatures in further headers", () => {
  const right = (secret: string, text = BODY) => mac("sha256", secret, text, "hex");
  const also = ["x-sig-2"];

  it.each<[Scheme, Record<string, string>]>([
    [
      { ...PREFIXED, signature: { headers: ["x-sig"], also, format: "raw" } },
      { "x-sig": right("a"), "x-sig-2": right("b") },
    ],
    [
      { ...PREFIXED, signature: { headers: ["x-sig"], also, format: "prefixed", prefix: "sha256=" } },
      { "x-sig": `sha256=${right("a")}`, "x-sig-2": `sha256=${right("b")}` },
    ],
    [
      { ...LIST, signature: { headers: ["x-sig"], also, format: "list", separator: ",", pair: "=", field: "v1" } },
      { "x-sig": `t=${NOW},v1=${right("a", `${NOW}.${BODY}`)},v1=${right("b", `${NOW}.${BODY}`)}` },
    ],
  ])("are written by sign as they are read: $signature.format", async (scheme, headers) => {
    const compiled = compileScheme(scheme);
    const options = { id: "", timestamp: NOW };
    const signed = signMessage(compiled, { body: BODY }, ["a", "b"], options);

    expect(signed.headers).toEqual(headers);
    expect(await signByWeb(compiled, { body: BODY }, ["a", "b"], options)).toEqual(signed);
    for (const secret of ["a", "b"]) expect(judge(scheme, signed.headers, secret).valid).toBe(true);
    const ofOne = signMessage(compiled, { body: BODY }, "b", options);
    expect(judge(scheme, ofOne.headers, "b").valid).toBe(true);
    expect(judge(scheme, ofOne.headers, "a").valid).toBe(false);
  });
});
