import fc from "fast-check";
import { Webhook as Reference } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { describe, expect, it } from "vitest";
import { sign } from "../../../src/core/signing/sign.ts";
import { verify } from "../../../src/core/signing/verify.ts";

// Both libraries hash a decoded string, so the bodies here are valid text; ours alone is tested on any bytes.

const text = fc.string({ unit: "grapheme", maxLength: 300 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const key = fc.uint8Array({ minLength: 24, maxLength: 64 });
// Both judge the age by the system's clock and cannot be told another.
const now = (): number => Math.floor(Date.now() / 1000);

describe.each([
  ["standardwebhooks", Reference],
  ["svix", Svix],
])("%s", (_name, Oracle) => {
  it("accepts what we sign, and refuses it once the body is another", () => {
    fc.assert(
      fc.property(text, id, key, (body, messageId, keyBytes) => {
        const secret = `whsec_${Buffer.from(keyBytes).toString("base64")}`;
        const { headers } = sign("standard-webhooks", { body }, secret, { id: messageId, timestamp: now() });
        const check = (tried: string): void => void new Oracle(secret).verify(tried, headers, { jsonParse: false });

        expect(() => check(body)).not.toThrow();
        expect(() => check(`${body}x`)).toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it("signs what we accept", () => {
    fc.assert(
      fc.property(text, id, key, (body, messageId, keyBytes) => {
        const secret = `whsec_${Buffer.from(keyBytes).toString("base64")}`;
        const timestamp = now();
        const headers = {
          "webhook-id": messageId,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": new Oracle(secret).sign(messageId, new Date(timestamp * 1000), body),
        };

        const at = { now: timestamp };
        expect(verify("standard-webhooks", { headers, body }, secret, at)).toMatchObject({ valid: true });
        expect(verify("standard-webhooks", { headers, body: `${body}x` }, secret, at)).toMatchObject({
          reason: "signature_mismatch",
        });
      }),
      { numRuns: 50 },
    );
  });
});
