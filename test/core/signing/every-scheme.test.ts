import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { neededParts } from "../../../src/core/signing/describe-scheme.ts";
import { findScheme, SCHEMES } from "../../../src/core/signing/registry.ts";
import type { Scheme } from "../../../src/core/signing/scheme.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import type { CompleteSignOptions } from "../../../src/core/signing/unsigned-message.ts";
import { verify } from "../../../src/core/signing/verify.ts";
import { Verifier as WebVerifier } from "../../../src/core/signing/web/verify.ts";
import { bodyFor, keysOf, otherKeyOf, SAMPLE_REQUEST } from "./support/scheme-samples.ts";

const NOW = 1_760_000_000;

const text = fc.string({ unit: "grapheme", maxLength: 60 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);

/** A message that was signed, as it would be received. */
function message(scheme: Scheme, content: string, options: Partial<CompleteSignOptions> = {}) {
  const given = bodyFor(scheme, content, NOW);
  const signed = sign(scheme.name, { ...SAMPLE_REQUEST, body: given }, keysOf(scheme).signing, {
    id: "msg_1",
    timestamp: NOW,
    ...options,
  });
  return { ...SAMPLE_REQUEST, headers: signed.headers, body: Buffer.from(signed.body ?? given) };
}

/** Public keys cost a thousand times an HMAC. */
const runs = (scheme: Scheme): number => (scheme.algorithm.startsWith("hmac-") ? 40 : 15);

/** The secret itself is sent, and nothing is signed. */
const TOKENS = new Set(["gitlab-token", "okta", "auth0"]);

/** Fields of the body's JSON are signed, not its bytes. */
const FIELDS_SIGNED = new Set(["mailgun", "dropbox-sign", "adyen-payments", "sns"]);

describe.each(SCHEMES)("$name", (scheme) => {
  const { verifying } = keysOf(scheme);

  it("accepts what it signs", () => {
    fc.assert(
      fc.property(text, id, (content, messageId) => {
        const request = message(scheme, content, { id: messageId });

        expect(verify(scheme.name, request, verifying, { now: NOW })).toMatchObject({ valid: true, secretIndex: 0 });
      }),
      { numRuns: runs(scheme) },
    );
  });

  it("is valid for nobody who has another key", () => {
    const result = verify(scheme.name, message(scheme, "{}"), otherKeyOf(scheme), { now: NOW });

    expect(result).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });

  const signsFields = FIELDS_SIGNED.has(scheme.name);

  it.skipIf(signsFields)("refuses a message of which any bit of what is signed is another", () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), (content, which, bit) => {
        const request = message(scheme, `x${content}`);
        const parts = [...Object.keys(request.headers), ...(TOKENS.has(scheme.name) ? [] : ["body"])];
        const part = parts[which % parts.length]!;
        const before = part === "body" ? request.body : Buffer.from(request.headers[part]!, "latin1");
        const after = flip(before, bit);
        fc.pre(!isSameThing(scheme, part, before, after));
        const flipped =
          part === "body"
            ? { ...request, body: after }
            : { ...request, headers: { ...request.headers, [part]: after.toString("latin1") } };

        const result = verify(scheme.name, flipped, verifying, { now: NOW, tolerance: "none" });

        expect(result.valid).toBe(false);
      }),
      { numRuns: 5 * runs(scheme) },
    );
  });

  it.runIf(signsFields)("refuses a message of which a signed field is another", () => {
    fc.assert(
      fc.property(text, (content) => {
        const request = message(scheme, `before-${content}`, { id: "before-id" });
        const body = Buffer.from(request.body.toString().replaceAll("before-", "after-"));

        expect(verify(scheme.name, { ...request, body }, verifying, { now: NOW })).toMatchObject({
          reason: "signature_mismatch",
        });
      }),
      { numRuns: runs(scheme) },
    );
  });

  it("answers garbage with a verdict, never with an exception", async () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.constantFrom("", "{}", "[]", "null"),
    );
    const names = Object.keys(message(scheme, "{}").headers);
    const values = fc.array(garbage, { minLength: names.length, maxLength: names.length });
    const byWeb = new WebVerifier(findScheme(scheme.name)!, verifying);
    await fc.assert(
      fc.asyncProperty(values, garbage, fc.constantFrom(...enoughFor(scheme)), async (found, body, parts) => {
        const headers = Object.fromEntries(names.map((name, at) => [name, found[at]]));
        const request = { ...parts, headers, body };

        const result = verify(scheme.name, request, verifying, { now: NOW });

        expect(result.valid).toBe(false);
        expect(await byWeb.verify(request, NOW)).toEqual(result);
      }),
      { numRuns: 60 },
    );
  });

  it("throws for a method or a URL that is not given only where every message needs it, whatever it says", async () => {
    const request = message(scheme, "{}");
    for (const parts of PARTIAL_REQUESTS) {
      const partial = { headers: request.headers, body: request.body, ...parts };
      const byNode = () => verify(scheme.name, partial, verifying, { now: NOW });
      const byWeb = () => new WebVerifier(findScheme(scheme.name)!, verifying).verify(partial, NOW);
      if (enoughFor(scheme).includes(parts)) expect(await byWeb()).toEqual(byNode());
      else {
        expect(byNode).toThrow(TypeError);
        await expect(byWeb()).rejects.toThrow(/request\.(url|method) is needed/);
      }
    }
  });

  it("takes no empty secret, whatever is signed with it", () => {
    for (const secret of ["", " ", "\n", []]) {
      expect(verify(scheme.name, message(scheme, "{}"), secret, { now: NOW })).toMatchObject({
        valid: false,
        reason: "secret_unusable",
      });
    }
  });

  const { timestamp } = scheme;
  it.runIf(timestamp?.past !== undefined)("judges the age, to the second", () => {
    const request = message(scheme, "{}");
    const past = timestamp?.past ?? 0;

    expect(verify(scheme.name, request, verifying, { now: NOW + past }).valid).toBe(true);
    expect(verify(scheme.name, request, verifying, { now: NOW + past + 1 })).toMatchObject({
      reason: "timestamp_too_old",
    });
    expect(verify(scheme.name, request, verifying, { now: NOW + past + 1, tolerance: "none" }).valid).toBe(true);
  });

  it.runIf(timestamp?.future !== undefined)("refuses what is dated ahead", () => {
    const request = message(scheme, "{}");
    const future = timestamp?.future ?? 0;

    expect(verify(scheme.name, request, verifying, { now: NOW - future }).valid).toBe(true);
    expect(verify(scheme.name, request, verifying, { now: NOW - future - 1 })).toMatchObject({
      reason: "timestamp_in_future",
    });
  });

  it("is found by its aliases, which no other has", () => {
    for (const alias of scheme.aliases ?? []) {
      expect(findScheme(alias)?.scheme).toBe(scheme);
      expect(SCHEMES.filter(({ name, aliases = [] }) => name === alias || aliases.includes(alias))).toEqual([scheme]);
    }
  });
});

/** What callers know of a request beside headers and body: all, nothing, or Node's `request.url`. */
const PARTIAL_REQUESTS = [SAMPLE_REQUEST, {}, { method: "POST" }, { method: "POST", url: "/in" }, { url: "in" }] as {
  method?: string;
  url?: string;
}[];

/** Those that have what the scheme always signs. */
function enoughFor(scheme: Scheme): typeof PARTIAL_REQUESTS {
  return PARTIAL_REQUESTS.filter((parts) => neededParts(scheme).every((part) => Object.hasOwn(parts, part)));
}

/** Two spellings of one thing: digits of hex, and what a form means. */
function isSameThing({ name, encoding }: Scheme, part: string, before: Buffer, after: Buffer): boolean {
  if (part !== "body") return encoding === "hex" && before.toString().toLowerCase() === after.toString().toLowerCase();
  return name === "twilio" && paramsOf(before) === paramsOf(after);
}

/** Names and values stand together without anything between them. */
function paramsOf(body: Buffer): string {
  return JSON.stringify([...new URLSearchParams(body.toString())].map((pair) => pair.join("")));
}

function flip(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  const at = Math.floor(bit / 8) % flipped.length;
  flipped[at] = flipped[at]! ^ (1 << (bit % 8));
  return flipped;
}
