import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sign } from "../../../src/core/signing/sign.ts";
import { verify } from "../../../src/core/signing/verify.ts";
import type { HeadersInput } from "../../../src/core/signing/webhook-request.ts";

const body = fc.uint8Array({ maxLength: 400 });
const id = fc.stringMatching(/^[\x21-\x2d\x2f-\x7e]{1,64}$/);
const timestamp = fc.integer({ min: 0, max: 253_402_300_799 });
const secret = fc
  .uint8Array({ minLength: 1, maxLength: 100 })
  .map((bytes) => `whsec_${Buffer.from(bytes).toString("base64")}`);

describe("sign and verify", () => {
  it("agree on any bytes, id, time and key", () => {
    fc.assert(
      fc.property(body, id, timestamp, secret, (bytes, messageId, at, text) => {
        const { headers } = sign("standard-webhooks", { body: bytes }, text, { id: messageId, timestamp: at });

        const result = verify("standard-webhooks", { headers, body: bytes }, text, { now: at });

        expect(result).toEqual({ valid: true, secretIndex: 0, timestamp: at });
      }),
    );
  });

  it("disagree after a change of any single bit of the body, the id, the time or the signature", () => {
    const parts = ["body", "webhook-id", "webhook-timestamp", "webhook-signature"] as const;
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        id,
        timestamp,
        secret,
        fc.constantFrom(...parts),
        fc.nat(),
        (bytes, messageId, at, text, part, bit) => {
          const { headers } = sign("standard-webhooks", { body: bytes }, text, { id: messageId, timestamp: at });
          const original = part === "body" ? bytes : Buffer.from(headers[part] ?? "", "latin1");
          const flipped = withFlippedBit(original, bit);
          const request =
            part === "body"
              ? { headers, body: flipped }
              : { headers: { ...headers, [part]: Buffer.from(flipped).toString("latin1") }, body: bytes };

          const result = verify("standard-webhooks", request, text, { now: at, tolerance: "none" });

          expect(result.valid).toBe(false);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("do not care for the order and the case of header names, nor for the form of the headers", () => {
    const message = sign("standard-webhooks", { body: "{}" }, SECRET, { id: "msg_1", timestamp: NOW });
    const given = [...Object.entries(message.headers), ["content-type", "application/json"], ["x-a", "b"]] as const;
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...given], { minLength: given.length }),
        fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }),
        (order, cases) => {
          const pairs = order.map(([name, value]): [string, string] => [
            [...name].map((letter, at) => (cases[at] === true ? letter.toUpperCase() : letter)).join(""),
            value,
          ]);
          const forms: HeadersInput[] = [pairs, Object.fromEntries(pairs), new Headers(pairs), new Map(pairs)];

          for (const headers of forms) {
            expect(verify("standard-webhooks", { headers, body: "{}" }, SECRET, { now: NOW }).valid).toBe(true);
          }
        },
      ),
    );
  });

  it("never throw for headers of any content", () => {
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^(v1,|v1a,| |,|=|[A-Za-z0-9+/]){0,40}$/),
    );
    fc.assert(
      fc.property(value, value, value, body, (messageId, at, signature, bytes) => {
        const headers = { "webhook-id": messageId, "webhook-timestamp": at, "webhook-signature": signature };

        expect(verify("standard-webhooks", { headers, body: bytes }, SECRET, { now: NOW }).valid).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW = 1_760_000_000;

function withFlippedBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  const at = Math.floor(bit / 8) % flipped.length;
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
  return flipped;
}
