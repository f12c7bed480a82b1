import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findScheme } from "../../../src/core/signing/registry.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import { Verifier, verify } from "../../../src/core/signing/verify.ts";
import type { HeadersInput, WebhookRequest } from "../../../src/core/signing/webhook-request.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NOW = 1_760_000_000;
const BODY = '{"id":"evt_1"}';

const good = sign("standard-webhooks", { body: BODY }, SECRET, { id: "msg_1", timestamp: NOW }).headers;
const signature = good["webhook-signature"] ?? "";

function judge(headers: HeadersInput, secrets: string | readonly string[] = SECRET, options = {}) {
  return verify("standard-webhooks", { headers, body: BODY }, secrets, { now: NOW, ...options });
}

describe("verify", () => {
  it("says which secret signed, and when", () => {
    expect(judge(good)).toEqual({ valid: true, secretIndex: 0, timestamp: NOW });
    expect(judge(good, [OTHER, SECRET])).toEqual({ valid: true, secretIndex: 1, timestamp: NOW });
    expect(judge(good, [OTHER])).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });

  it.each([
    ["webhook-id", undefined, "missing_header"],
    ["webhook-timestamp", undefined, "missing_header"],
    ["webhook-signature", undefined, "missing_header"],
    ["webhook-id", "", "malformed_header"],
    ["webhook-id", "msg.1", "malformed_header"],
    ["webhook-signature", " ", "malformed_header"],
    ["webhook-signature", "v1", "malformed_header"],
    ["webhook-signature", "v1,", "malformed_header"],
    ["webhook-signature", signature.slice(0, 13), "malformed_header"],
    ["webhook-signature", signature.slice(0, -1), "malformed_header"],
    ["webhook-signature", `${signature}=`, "malformed_header"],
    ["webhook-signature", signature.replace("v1,", ""), "malformed_header"],
    ["webhook-signature", signature.replace("v1,", "v1a,"), "unsupported_version"],
    ["webhook-signature", signature.replace("v1,", "v2,"), "unsupported_version"],
    ["webhook-timestamp", String(NOW * 1000), "timestamp_in_future"],
    ["webhook-timestamp", `0${NOW}`, "timestamp_malformed"],
    ["webhook-timestamp", "9".repeat(16), "timestamp_malformed"],
    ["webhook-timestamp", `${NOW}\n`, "timestamp_malformed"],
    ["webhook-timestamp", String(NOW + 1), "signature_mismatch"],
  ])("%s = %j: %s", (name, value, reason) => {
    expect(judge({ ...good, [name]: value })).toMatchObject({ valid: false, reason });
  });

  it("takes no character for another that shares its low byte", () => {
    const lookalike = signature.replace(/[A-Za-z]$|.(?==$)/, (last) => String.fromCharCode(last.charCodeAt(0) + 0x100));

    expect(lookalike).not.toBe(signature);
    expect(judge({ ...good, "webhook-signature": lookalike }).valid).toBe(false);
  });

  it("uses every signature header, whichever form duplicates come in", () => {
    const bad = `v1,${"A".repeat(43)}=`;
    const rest = Object.entries(good).filter(([name]) => name !== "webhook-signature") as [string, string][];

    expect(judge([...rest, ["webhook-signature", bad], ["Webhook-Signature", signature]]).valid).toBe(true);
    expect(judge({ ...good, "webhook-signature": [bad, signature] }).valid).toBe(true);
    expect(judge({ ...good, "webhook-signature": `${bad}, ${signature}` }).valid).toBe(true);
    expect(judge([...rest, ["webhook-signature", bad], ["webhook-signature", bad]])).toMatchObject({
      reason: "signature_mismatch",
    });
  });

  it("refuses an id or a time that is given twice with different values, and takes one that is repeated", () => {
    const pairs = Object.entries(good);

    expect(judge([...pairs, ["Webhook-Id", "msg_2"]])).toMatchObject({ reason: "malformed_header" });
    expect(judge([["webhook-timestamp", String(NOW + 1)], ...pairs])).toMatchObject({ reason: "malformed_header" });
    expect(judge({ ...good, "Webhook-Id": "msg_2" })).toMatchObject({ reason: "malformed_header" });
    expect(judge([...pairs, ["Webhook-Id", "msg_1"]]).valid).toBe(true);
  });

  it("finds a good signature after 63 bad ones, and refuses a flood", () => {
    const bad = `v1,${"A".repeat(43)}=`;
    const list = (count: number): HeadersInput => ({
      ...good,
      "webhook-signature": [...Array<string>(count).fill(bad), signature].join(" "),
    });

    expect(judge(list(63)).valid).toBe(true);
    expect(judge(list(10_000))).toMatchObject({ reason: "malformed_header" });
  });

  it.each([
    ["300 s old", NOW + 300, undefined, true],
    ["301 s old", NOW + 301, undefined, "timestamp_too_old"],
    ["300 s ahead", NOW - 300, undefined, true],
    ["301 s ahead", NOW - 301, undefined, "timestamp_in_future"],
    ["now, tolerance 0", NOW, 0, true],
    ["1 s old, tolerance 0", NOW + 1, 0, "timestamp_too_old"],
    ["1 s ahead, tolerance 0", NOW - 1, 0, "timestamp_in_future"],
    ["400 s old, tolerance 400", NOW + 400, 400, true],
    ["a year old, no tolerance", NOW + 31_536_000, "none", true],
    ["a fraction of a second over", NOW + 300.9, undefined, true],
  ])("%s", (_name, now, tolerance, expected) => {
    const result = judge(good, SECRET, { now, tolerance });

    expect(result).toMatchObject(expected === true ? { valid: true } : { valid: false, reason: expected });
  });

  it.each([
    ["", "empty"],
    [[], "no secret"],
    ["   ", "blank"],
    ["whsec_", "nothing after"],
    ["whsec_!!!!QQ==", "not valid base64"],
    ["whsec_QUJ=", "not valid base64"],
    [`${SECRET}\n`, "not valid base64"],
    [[SECRET, ""], "secret #2 is empty"],
  ])("secret %j is unusable", (secrets, detail) => {
    const result = judge(good, secrets);

    expect(result).toMatchObject({ valid: false, reason: "secret_unusable" });
    expect(result).toHaveProperty("detail", expect.stringContaining(detail));
  });

  it("takes a lost secret for unusable and never for an empty key", () => {
    const lost = undefined as unknown as string;
    const text = `msg_1.${NOW}.${BODY}`;
    const forged = `v1,${createHmac("sha256", "").update(text).digest("base64")}`;

    const request = { headers: { ...good, "webhook-signature": forged }, body: BODY };

    expect(verify("standard-webhooks", request, lost, { now: NOW })).toMatchObject({ reason: "secret_unusable" });
    expect(judge({ ...good, "webhook-signature": forged }, "")).toMatchObject({ reason: "secret_unusable" });
  });

  it("verifies with a key shorter than one that may be made", () => {
    const short = "whsec_QUJD";
    const { headers } = sign("standard-webhooks", { body: BODY }, short, { id: "msg_1", timestamp: NOW });

    expect(judge(headers, short).valid).toBe(true);
  });

  it.each([
    [{ "webhook-id": 1, "webhook-timestamp": NOW, "webhook-signature": signature }],
    [{ ...good, "webhook-id": [] }],
    [{ ...good, "webhook-signature": [[signature]] }],
    [{ ...good, "webhook-id": ["msg_1", null] }],
    [{ ...good, "webhook-signature": { toString: () => signature } }],
    [Object.create(good)],
  ])("refuses values that are no text, and inherited ones, without throwing (%#)", (headers) => {
    expect(judge(headers as HeadersInput).valid).toBe(false);
  });

  it("tells a caller's mistakes apart from a bad message", () => {
    const request = { headers: good, body: BODY };
    const call =
      (scheme: string, given: unknown, options = {}): (() => unknown) =>
      () =>
        verify(scheme, given as WebhookRequest, SECRET, { now: NOW, ...options });

    expect(call("standard-webhooks", request)).not.toThrow();
    expect(call("md5", request)).toThrow(/unknown signature scheme "md5"; docs\/schemes.md lists them/);
    expect(call("__proto__", request)).toThrow(TypeError);
    expect(call("standard-webhooks", { headers: good, body: { id: "evt_1" } })).toThrow(/before any JSON parser/);
    expect(call("standard-webhooks", undefined)).toThrow(TypeError);
    expect(call("standard-webhooks", { headers: undefined, body: BODY })).toThrow(TypeError);
    expect(call("standard-webhooks", { headers: ["webhook-id", "msg_1"], body: BODY })).toThrow(/pairs/);
    expect(call("standard-webhooks", request, { tolerance: -1 })).toThrow(/tolerance/);
    expect(call("standard-webhooks", request, { tolerance: Number.NaN })).toThrow(/tolerance/);
    expect(call("standard-webhooks", request, { tolerance: "300" })).toThrow(/tolerance/);
    expect(call("standard-webhooks", request, { now: Number.NaN })).toThrow(/now/);
    expect(() => judge(good, 5 as unknown as string)).toThrow(/a secret must be a string/);
  });

  it("tells neither the secret nor the right signature in what it says", () => {
    for (const result of [judge(good, "whsec_c2VjcmV0!"), judge({ ...good, "webhook-id": "msg_2" })]) {
      expect(JSON.stringify(result)).not.toMatch(/c2VjcmV0|[A-Za-z0-9+/]{20}/);
    }
  });
});

describe("Verifier", () => {
  it("checks many messages with one key", () => {
    const verifier = new Verifier(findScheme("standard")!, [OTHER, SECRET], { tolerance: 10 });

    expect(verifier.verify({ headers: good, body: BODY }, NOW)).toMatchObject({ valid: true, secretIndex: 1 });
    expect(verifier.verify({ headers: good, body: `${BODY} ` }, NOW)).toMatchObject({ reason: "signature_mismatch" });
    expect(verifier.verify({ headers: good, body: BODY }, NOW + 11)).toMatchObject({ reason: "timestamp_too_old" });
  });

  it("gives a bad secret as a verdict of each check", () => {
    const verifier = new Verifier(findScheme("standard")!, "whsec_");

    expect(verifier.verify({ headers: good, body: BODY }, NOW)).toMatchObject({ reason: "secret_unusable" });
  });
});
