import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HeaderPairs } from "../../src/core/attempt.ts";
import { HooksError } from "../../src/core/errors.ts";
import {
  STALE_SECONDS,
  withBadSignature,
  withStaleTimestamp,
  withUnknownSignature,
} from "../../src/core/faulty-headers.ts";
import { FAULT_FORMS, parseListenFault } from "../../src/core/listen-fault.ts";
import { sign } from "../../src/core/signing/sign.ts";
import { verify } from "../../src/index.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NOW = 1_760_000_000;
const BODY = Buffer.from('{"n":1}');

function signed(): { headers: HeaderPairs; body: Buffer } {
  const { headers } = sign("standard-webhooks", { body: BODY }, SECRET, { id: "evt_1", timestamp: NOW });
  return { headers: [["Content-Type", "application/json"], ...Object.entries(headers)] as HeaderPairs, body: BODY };
}

function verdict(headers: HeaderPairs, now = NOW): object {
  return verify("standard-webhooks", { headers, body: BODY }, SECRET, { now });
}

describe("headers made wrong on purpose", () => {
  it("are right without it", () => {
    expect(verdict(signed().headers)).toMatchObject({ valid: true });
  });

  it("bad-signature: well-formed, and not the right one; nothing else is touched", () => {
    const headers = withBadSignature(signed());
    expect(verdict(headers)).toMatchObject({ valid: false, reason: "signature_mismatch" });
    expect(headers.filter(([name]) => name !== "webhook-signature")).toEqual(
      signed().headers.filter(([name]) => name !== "webhook-signature"),
    );
  });

  it("stale-timestamp: rightly signed, too old", () => {
    const headers = withStaleTimestamp(signed(), SECRET);
    expect(verdict(headers)).toMatchObject({ valid: false, reason: "timestamp_too_old" });
    expect(verdict(headers, NOW - STALE_SECONDS)).toMatchObject({ valid: true });
  });

  it("rotate-secret: an unknown signature first, and still valid", () => {
    const headers = withUnknownSignature(signed(), OTHER);
    expect(headers.find(([name]) => name === "webhook-signature")?.[1]).toMatch(/^v1,\S+ v1,\S+$/);
    expect(verdict(headers)).toMatchObject({ valid: true });
    expect(verify("standard-webhooks", { headers, body: BODY }, OTHER, { now: NOW })).toMatchObject({ valid: true });
  });

  it("what is not signed so is left as it is", () => {
    const plain = { headers: [["x-hub-signature", "sha1=00"]] as HeaderPairs, body: BODY };
    expect(withBadSignature(plain)).toEqual(plain.headers);
    expect(withStaleTimestamp(plain, SECRET)).toEqual(plain.headers);
    expect(withUnknownSignature(plain, OTHER)).toEqual(plain.headers);
  });
});

describe("--fault", () => {
  it("takes each form that it names", () => {
    for (const form of FAULT_FORMS) expect(parseListenFault(form).kind).toBe(form.split("=")[0]);
    expect(parseListenFault("delay=1500ms")).toEqual({ kind: "delay", ms: 1_500 });
  });

  it("refuses anything else, with the nearest", () => {
    expect(() => parseListenFault("dupliacte")).toThrow(/did you mean "duplicate"/);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `delay=${text}`),
        ),
        (text) => {
          try {
            parseListenFault(text);
          } catch (error) {
            expect(error).toBeInstanceOf(HooksError);
          }
        },
      ),
    );
  });
});
