import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../../src/core/signing/diagnose.ts";
import { findScheme } from "../../../src/core/signing/registry.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import { Verifier } from "../../../src/core/signing/verify.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW = 1_760_000_000;
const scheme = findScheme("standard-webhooks")!;

/** Codes for a body that was signed as `sent` and arrived as `received`. */
function hints(sent: string, received: string, change: Record<string, string> = {}): string[] {
  const { headers } = sign("standard-webhooks", { body: sent }, SECRET, { id: "msg_1", timestamp: NOW });
  const request = { headers: { ...headers, ...change }, body: Buffer.from(received) };
  const result = new Verifier(scheme, SECRET).verify(request, NOW);
  if (result.valid) throw new Error("this request should not be valid");
  return diagnose(scheme, request, SECRET, result).map((hint) => hint.code);
}

describe("diagnose", () => {
  it.each([
    ["trailing_newline", '{"a":1}', '{"a":1}\n'],
    ["trailing_newline", '{"a":1}', '{"a":1}\r\n'],
    ["missing_newline", '{"a":1}\n', '{"a":1}'],
    ["line_endings", '{\n"a":1}', '{\r\n"a":1}'],
    ["byte_order_mark", '{"a":1}', '\ufeff{"a":1}'],
    ["body_reserialized", '{"a":1}', '{ "a": 1 }'],
  ])("finds %s", (code, sent, received) => {
    expect(hints(sent, received)).toEqual([code]);
  });

  it("finds nothing where nothing that it tries would match", () => {
    expect(hints('{"a":1}', '{"a":2}\n')).toEqual([]);
    expect(hints("a", "")).toEqual([]);
  });

  it("finds a secret that was used as text", () => {
    const text = `msg_1.${NOW}.{}`;
    for (const key of [SECRET, SECRET.slice("whsec_".length)]) {
      const signature = `v1,${createHmac("sha256", key).update(text).digest("base64")}`;

      expect(hints("{}", "{}", { "webhook-signature": signature })).toEqual(["secret_not_decoded"]);
    }
  });

  it("finds a time in milliseconds, and not one that is merely ahead", () => {
    expect(hints("{}", "{}", { "webhook-timestamp": String(NOW * 1000) })).toEqual(["timestamp_milliseconds"]);
    expect(hints("{}", "{}", { "webhook-timestamp": String(NOW + 3600) })).toEqual([]);
  });
});
