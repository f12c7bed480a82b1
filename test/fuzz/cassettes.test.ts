import fc from "fast-check";
import { expect, it } from "vitest";
import { compareAnswers } from "../../src/core/cassette/answer-diff.ts";
import { checkCassetteHead, formatExchange, parseExchange } from "../../src/core/cassette/cassette-line.ts";
import type { RecordedAnswer } from "../../src/core/cassette/exchange.ts";
import { parseExpectedStatus } from "../../src/core/cassette/expected-status.ts";
import { redactJson } from "../../src/core/cassette/json-redaction.ts";
import { parsePlace } from "../../src/core/cassette/place.ts";
import { defaultPlaces, redact } from "../../src/core/cassette/redaction.ts";
import { HooksError } from "../../src/core/errors.ts";
import { answerChallenge } from "../../src/core/sources/answer-challenge.ts";
import { HANDSHAKES } from "../../src/core/sources/challenge.ts";
import { hostileBytes, hostileText, RUNS } from "./support/hostile-text.ts";

// A cassette comes out of a repository, and what is in it from strangers; a challenge comes from anybody at all.

/** Undefined: it was refused, as the caller's mistake. */
function answers<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof HooksError)) throw error;
    expect(error.code).toBe("usage");
    expect(error.message.length).toBeLessThan(400);
    return undefined;
  }
}

const LINE = JSON.stringify({
  at: "2026-11-22T12:00:00.000Z",
  event_id: "evt_1",
  event_type: "order.paid",
  attempt: 1,
  duration_ms: 2,
  request: { method: "POST", path: "/a", query: "b=1", headers: [["a", "b"]], body: '{"data":{"a":[1]}}' },
  response: { status: 200, headers: [["content-type", "a/b"]], body_base64: "/w==", truncated: false },
  error: null,
});

it("a line is refused, or the same when it is written and read again; redacting it never fails", () => {
  const places = [...defaultPlaces(), parsePlace("data.a.*", "--redact")];
  fc.assert(
    fc.property(hostileText([LINE]), (text) => {
      const exchange = answers(() => parseExchange(Buffer.from(text), "f line 2"));
      if (exchange === undefined) return;
      const written = formatExchange(exchange);
      expect(formatExchange(parseExchange(Buffer.from(written), "f line 2"))).toBe(written);
      const left = formatExchange(redact(exchange, places));
      expect(formatExchange(parseExchange(Buffer.from(left), "f line 2"))).toBe(left);
      // Nothing in it can end a header, or a request line.
      const { method, path, query, headers } = exchange.request;
      for (const part of [method, path, query, ...headers.flat()]) expect(part).not.toMatch(/[\r\n\0]/);
    }),
    { numRuns: RUNS },
  );
});

it("a first line is taken or refused", () => {
  fc.assert(
    fc.property(hostileText(['{"hooks_cassette":1,"recorded_at":"x","by":"y"}']), (text) => {
      answers(() => checkCassetteHead(Buffer.from(text), "f line 1"));
    }),
    { numRuns: RUNS },
  );
});

it("places and expected statuses are read or refused", () => {
  fc.assert(
    fc.property(
      hostileText(["header:authorization", "query:token", "data.*.email", "/data/a~1b", "2xx,404"]),
      (text) => {
        const place = answers(() => parsePlace(text, "--redact"));
        if (place?.kind === "json") expect(place.steps).not.toContain("");
        answers(() => parseExpectedStatus(text, "--expect")(200));
      },
    ),
    { numRuns: RUNS },
  );
});

it("bodies of any kind are redacted and compared", () => {
  const bodies = hostileBytes(['{"data":{"a":[1,{"b":"c"}],"a":2}}', "[[],{}]", "a=b"]);
  const answer = (body: Uint8Array): RecordedAnswer => ({ status: 200, headers: [], body, truncated: false });
  fc.assert(
    fc.property(bodies, bodies, (one, other) => {
      redactJson(one, [
        ["data", "a"],
        ["*", "*"],
      ]);
      expect(compareAnswers(answer(one), answer(one))).toEqual([]);
      for (const { recorded, now } of compareAnswers(answer(one), answer(other))) {
        expect(`${recorded}${now}`.length).toBeLessThan(400);
      }
    }),
    { numRuns: RUNS },
  );
});

it("no request makes a handshake fail, or write back what is no token", () => {
  const texts = hostileText([
    "hub.mode=subscribe&hub.challenge=1&hub.verify_token=t&hub.topic=t",
    "challenge=abc&crc_token=abc&challenge_code=abc&validationToken=abc",
    '{"type":"url_verification","challenge":"abc","event":"endpoint.url_validation","payload":{"plainToken":"a"}}',
    '[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512d38b6"}}]',
    '{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce"}',
  ]);
  const made = fc.record({
    method: fc.constantFrom("GET", "POST", "OPTIONS", "HEAD", "PUT"),
    query: texts,
    body: texts,
    header: texts,
    name: fc.constantFrom("x-hook-secret", "x-okta-verification-challenge", "webhook-request-origin", "x-zm-signature"),
    handshake: fc.constantFrom(...HANDSHAKES),
    secrets: fc.constantFrom([], ["t"], ["t", "u"]),
  });
  fc.assert(
    fc.property(made, ({ method, query, body, header, name, handshake, secrets }) => {
      const request = { method, url: `https://a.example/in/x?${query}`, headers: { [name]: header }, body };
      const rest = { secrets, now: 1_760_000_000, verifyToken: "t", origins: ["*"], topics: ["t"] };
      const answer = answerChallenge(handshake, { request, ...rest });
      if (answer === undefined) return;
      expect(answer.body).toMatch(/^[\n\x20-\x3b\x3d\x3f-\x7e]{0,1100}$/);
      for (const [, value] of answer.headers) expect(value).toMatch(/^[\x20-\x7e]{1,600}$/);
    }),
    { numRuns: 4 * RUNS },
  );
});
