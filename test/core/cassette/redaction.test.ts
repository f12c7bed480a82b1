import { describe, expect, it } from "vitest";
import { formatExchange } from "../../../src/core/cassette/cassette-line.ts";
import type { RecordedExchange } from "../../../src/core/cassette/exchange.ts";
import { parsePlace } from "../../../src/core/cassette/place.ts";
import { defaultPlaces, redact } from "../../../src/core/cassette/redaction.ts";
import { SCHEMES } from "../../../src/core/signing/registry.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import { verify } from "../../../src/core/signing/verify.ts";
import { bodyFor, keysOf, SAMPLE_REQUEST } from "../signing/support/scheme-samples.ts";
import { bodyOf, readVectors, resolverOf } from "../signing/support/vectors.ts";

const NOW = 1_760_000_000;

/** A request as `hooks listen --record` gets it. */
function exchangeOf(headers: [string, string][], body: Uint8Array, url: string, answer = "ok"): RecordedExchange {
  const { pathname, search } = new URL(url);
  return {
    at: NOW * 1_000,
    eventId: "evt_1",
    eventType: "order.paid",
    attempt: 1,
    durationMs: 1,
    request: { method: "POST", path: pathname, query: search.slice(1), headers, body },
    answer: { status: 200, headers: [], body: Buffer.from(answer), truncated: false },
    failure: undefined,
  };
}

describe("by itself a cassette keeps no signature", () => {
  it.each(SCHEMES)("of $name", (scheme) => {
    const { signing, verifying } = keysOf(scheme);
    const given = bodyFor(scheme, "a text", NOW);
    const signed = sign(scheme.name, { ...SAMPLE_REQUEST, body: given }, signing, { id: "msg_1", timestamp: NOW });
    const body = Buffer.from(signed.body ?? given);
    const valid = (headers: [string, string][], bytes: Uint8Array) =>
      verify(scheme.name, { ...SAMPLE_REQUEST, headers, body: bytes }, verifying, { now: NOW }).valid;
    const made = exchangeOf(Object.entries(signed.headers), body, SAMPLE_REQUEST.url);
    expect(valid(made.request.headers, made.request.body)).toBe(true);

    const kept = redact(made, defaultPlaces());

    expect(valid(kept.request.headers, kept.request.body)).toBe(false);
    for (const part of signed.signature.split(/[\s,;=]+/).filter((text) => 16 < text.length)) {
      expect(formatExchange(made)).toContain(part);
      expect(formatExchange(kept)).not.toContain(part);
    }
    // Nothing else of the body is another.
    expect(kept.request.body.length === body.length || "json" in scheme.signature).toBe(true);
  });

  it.each(readVectors())("in the messages that $scheme's vectors have", (file) => {
    const resolveKey = resolverOf(file);
    let checked = 0;
    for (const vector of file.vectors) {
      const { headers, url, method, secrets, now } = vector;
      const body = bodyOf(vector);
      const judge = (given: [string, string][], bytes: Uint8Array) =>
        verify(file.scheme, { headers: given, body: bytes, method, url }, secrets, { now, resolveKey }).valid;
      if (64 * 1024 < body.length || !judge(headers, body)) continue;
      const { request } = redact(exchangeOf(headers, body, url), defaultPlaces());
      expect(judge(request.headers, request.body), vector.id).toBe(false);
      checked += 1;
    }
    expect(checked).toBeGreaterThan(0);
  });

  it("and leaves answers, and bodies that are no JSON, as they are, unless a place in them is named", () => {
    const cutOff = '{"Signature":"abc","rest":"';
    const made = exchangeOf([], Buffer.from(cutOff), "https://example.com/", '{"Signature":"abc"}');
    expect(formatExchange(redact(made, defaultPlaces()))).toBe(formatExchange(made));
    const kept = redact(made, [...defaultPlaces(), parsePlace("user.email", "--redact")]);
    expect(Buffer.from(kept.request.body).toString()).toBe("[redacted]");
    expect(Buffer.from(kept.answer!.body).toString()).toBe('{"Signature":"abc"}');
  });
});
