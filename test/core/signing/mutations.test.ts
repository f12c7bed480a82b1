import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signatureHeaders } from "../../../src/core/signing/compiled-scheme.ts";
import { findScheme } from "../../../src/core/signing/registry.ts";
import { verify } from "../../../src/core/signing/verify.ts";
import { bodyOf, readVectors, resolverOf, type Vector } from "./support/vectors.ts";

// Genuine messages of every provider, changed at random: none may stay valid that says something else.

/** Nothing of the body is signed, or fields of it are. */
const BODY_UNSIGNED = new Set(["mailgun", "dropbox-sign", "adyen-payments", "sns", "gitlab-token", "okta", "auth0"]);
const MESSAGES_OF_EACH = 6;
const CHANGES_OF_EACH = 150;

type Edit = { at: number; remove: number; insert: Uint8Array };
const edit = fc.record({
  at: fc.nat(),
  remove: fc.nat(3),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 3 }),
    fc
      .constantFrom("0", "=", "==", ",", " ", "v1,", "v1=", "t=1,", "\n", "\r\n", "\u0000", "\ufeff", "{}")
      .map((text) => Buffer.from(text)),
  ),
});
const edits = fc.array(edit, { minLength: 1, maxLength: 3 });

function edited(bytes: Uint8Array, changes: readonly Edit[]): Buffer {
  let result = Buffer.from(bytes);
  for (const { at, remove, insert } of changes) {
    const start = at % (result.length + 1);
    result = Buffer.concat([result.subarray(0, start), insert, result.subarray(start + remove)]);
  }
  return result;
}

/** A form of Twilio's is its fields, whose names and values stand side by side in what is signed. */
function isSameBody(scheme: string, one: Buffer, other: Buffer): boolean {
  if (one.equals(other)) return true;
  const fields = (body: Buffer) =>
    [...new Set([...new URLSearchParams(body.toString())].map((pair) => pair.join("")))]
      .sort((a, b) => (a < b ? -1 : 1))
      .join("");
  return scheme === "twilio" && fields(one) === fields(other);
}

/** Outer blanks are no part of a value, hex has two cases, and beside a right signature there may be others. */
function isSameValue(name: string, isSignature: boolean, before: string, after: string): boolean {
  const compact = (text: string) => text.replace(/[ \t]+/g, "").toLowerCase();
  if (name === "signature-input") return compact(after).includes(compact(before));
  if (after.trim() === before.trim()) return true;
  if (!isSignature) return false;
  const right = /[A-Za-z0-9+/_-]{27,}={0,2}/g;
  const times = /\b(?:t|ts|v)=\d+/g;
  const kept = [...(before.match(times) ?? []), ...(before.match(right) ?? []).slice(0, 1)];
  return kept.length > 0 && kept.every((text) => after.toLowerCase().includes(text.toLowerCase()));
}

for (const file of readVectors()) {
  const { scheme } = findScheme(file.scheme)!;
  const resolveKey = resolverOf(file);
  const genuine = file.vectors
    .filter(({ must, body }) => must === "valid" && !("gen" in body))
    .slice(0, MESSAGES_OF_EACH);
  const judge = (vector: Vector, headers: [string, string][], body: Buffer) => {
    const { method, url, secrets, now } = vector;
    return verify(file.scheme, { headers, method, url, body }, secrets, { now, resolveKey });
  };

  describe(`genuine messages of ${file.scheme}`, () => {
    it("are valid as they are", () => {
      expect(genuine.length).toBeGreaterThan(0);
      for (const vector of genuine)
        expect(judge(vector, vector.headers, bodyOf(vector)), vector.id).toMatchObject({ valid: true });
    });

    it.skipIf(BODY_UNSIGNED.has(file.scheme))("are not valid with another body", () => {
      fc.assert(
        fc.property(fc.constantFrom(...genuine), edits, (vector, changes) => {
          const before = bodyOf(vector);
          const after = edited(before, changes);
          fc.pre(!isSameBody(file.scheme, before, after));

          expect(judge(vector, vector.headers, after).valid).toBe(false);
        }),
        { numRuns: CHANGES_OF_EACH },
      );
    });

    const signed = new Set([
      ...signatureHeaders(scheme.signature),
      ...(scheme.id?.headers ?? []),
      ...(scheme.timestamp !== undefined && "headers" in scheme.timestamp ? scheme.timestamp.headers : []),
      ...Object.keys(scheme.require ?? {}),
    ]);
    it.skipIf(signed.size === 0)("are not valid with another id, time or signature", () => {
      fc.assert(
        fc.property(fc.constantFrom(...genuine), fc.nat(), edits, (vector, which, changes) => {
          const named = vector.headers.filter(([name]) => signed.has(name.toLowerCase()));
          const [name, before] = named[which % named.length]!;
          const after = edited(Buffer.from(before, "latin1"), changes).toString("latin1");
          const isSignature = signatureHeaders(scheme.signature).includes(name.toLowerCase());
          fc.pre(!isSameValue(name.toLowerCase(), isSignature, before, after));
          const headers = vector.headers.map((header): [string, string] =>
            header[0] === name ? [name, after] : header,
          );

          expect(judge(vector, headers, bodyOf(vector)).valid, JSON.stringify({ name, before, after })).toBe(false);
        }),
        { numRuns: CHANGES_OF_EACH },
      );
    });
  });
}
