import fc from "fast-check";
import { expect, it } from "vitest";
import { type Attempt, SEND_ERROR_CODES } from "../../../src/core/attempt.ts";
import { DELIVERY_REASONS, DELIVERY_STATES } from "../../../src/core/delivery.ts";
import type { VersionVerdict } from "../../../src/core/event-version.ts";
import { attemptWords } from "../../../src/core/why/attempt-words.ts";
import { explainSubscription } from "../../../src/core/why/explain.ts";
import type { FilterFacts, WhyFacts } from "../../../src/core/why/facts.ts";
import { WHY_CODES } from "../../../src/core/why/why.ts";
import { ATTEMPT, DELIVERY, factsOf, LANE, NOW, SUBSCRIPTION } from "./support.ts";

const time = fc.option(fc.integer({ min: NOW - 1e9, max: NOW + 1e9 }), { nil: undefined });
/** Of somebody else: but for what the property below takes for a slip of ours. */
const words = fc.string().map((text) => text.replace(/undefined|NaN|Infinity|\[object/g, "x"));
const name = fc.constantFrom("shop", "it's", "a b", "$(x)", "--help", "sub_1");
const reason = fc.constantFrom(undefined, ...DELIVERY_REASONS);
const attempt: fc.Arbitrary<Attempt> = fc
  .record({
    outcome: fc.constantFrom("success" as const, "failure" as const),
    status: fc.option(fc.integer({ min: 100, max: 999 }), { nil: undefined }),
    errorCode: fc.option(fc.constantFrom(...SEND_ERROR_CODES), { nil: undefined }),
    errorMessage: fc.option(words, { nil: undefined }),
    trigger: fc.constantFrom("auto" as const, "manual" as const, "replay" as const),
  })
  .map((change) => ({ ...ATTEMPT, ...change }));
const filter = fc.option(
  fc.constantFrom<FilterFacts>(
    { text: "true", outcome: { kind: "matched" }, conditions: [] },
    { text: "false", outcome: { kind: "not_matched" }, conditions: [] },
    { text: "data.a", outcome: { kind: "failed", why: "no such key: data.a" }, conditions: [] },
  ),
  { nil: undefined },
);
const version = fc.constantFrom<VersionVerdict>(
  { kind: "as_published" },
  { kind: "converted", from: "2", to: "1", steps: [] },
  { kind: "skipped", reason: "no conversion is declared from version 2 to 1" },
);
const patterns = fc.array(fc.constantFrom("*", "order.*", "order.paid", "x", "hooks.*"), {
  minLength: 1,
  maxLength: 3,
});

/** Mostly not so: else what comes first would hide what comes after it. */
const rarely = <T>(value: fc.Arbitrary<T>, usual: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: value });

const subscription = fc
  .record({
    reference: name,
    name,
    transport: fc.constantFrom("http" as const, "tunnel" as const),
    events: patterns,
    enabled: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    disabledReason: fc.constantFrom(undefined, "by_hand" as const, "gone" as const, "failing" as const),
    disabledAt: time,
    paused: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    handshake: fc.constantFrom(
      ...[undefined, undefined, undefined, { origin: "a.example", state: "allowed" as const }],
      { origin: "a.example", state: "pending" as const },
      { origin: "a.example", state: "refused" as const, why: "it answered 405" },
    ),
    unknownProfile: fc.constantFrom(undefined, "acme"),
    orderBy: fc.constantFrom(undefined, "/id"),
    batch: fc.constantFrom(undefined, { maxEvents: 5, maxWaitMs: 1_000 }),
    rateLimit: fc.constantFrom(undefined, { count: 1, perMs: 1_000 }),
    breaker: fc.record({ openings: fc.nat(3), openUntil: time }),
    createdAt: fc.integer({ min: NOW - 1e9, max: NOW }),
  })
  .map((change) => ({ ...SUBSCRIPTION, ...change }));
const lane = fc
  .record({
    inFlight: fc.nat(12),
    ready: fc.nat(3),
    breakerOpenUntil: rarely(time, undefined),
    isProbing: rarely(fc.boolean(), false),
    restsUntil: rarely(time, undefined),
    slowedTo: rarely<number | undefined>(fc.nat(5), undefined),
    rateLimitedUntil: rarely(time, undefined),
    tenantLimitedUntil: rarely(time, undefined),
    processLimitedUntil: rarely(time, undefined),
    hostLimitedUntil: rarely(time, undefined),
    processInFlight: fc.nat(300),
    gathering: rarely<{ events: number; ripeAt: number } | undefined>(
      fc.record({ events: fc.nat(5), ripeAt: fc.constant(NOW) }),
      undefined,
    ),
    room: fc.constantFrom(0, 1, Number.POSITIVE_INFINITY),
    isBehind: rarely(fc.boolean(), false),
  })
  .map((change) => ({ ...LANE, ...change }));

const facts: fc.Arbitrary<WhyFacts> = fc
  .record({
    event: fc.record({
      id: fc.constant("evt_1"),
      type: fc.constantFrom("order.paid", "x", "hooks.delivery.exhausted"),
      createdAt: fc.integer({ min: NOW - 1e9, max: NOW }),
    }),
    subscription: fc.option(subscription, { nil: undefined }),
    delivery: fc.option(
      fc
        .record({
          state: fc.constantFrom(...DELIVERY_STATES),
          reason,
          attemptCount: fc.nat(12),
          dueAt: time,
          completedAt: time,
          createdAt: fc.integer({ min: NOW - 1e9, max: NOW }),
        })
        .map((change) => ({ ...DELIVERY, ...change })),
      { nil: undefined },
    ),
    attempts: fc.array(attempt, { maxLength: 30 }),
    changes: fc.array(
      fc.record({
        at: fc.constant(NOW),
        action: fc.constant("subscription.update" as const),
        by: words,
        before: fc.option(
          fc.record(
            { events: patterns, filter: fc.constantFrom(null, "true", 7), enabled: fc.boolean() },
            { requiredKeys: [] },
          ),
          { nil: undefined },
        ),
        after: fc.constant(undefined),
      }),
      { maxLength: 3 },
    ),
    switches: fc.array(fc.record({ at: fc.constant(NOW), enabled: fc.boolean(), reason: fc.constant("by_hand") }), {
      maxLength: 2,
    }),
    filter,
    filterThen: filter,
    version,
    versionThen: version,
    sender: fc.oneof(
      fc.record({ kind: fc.constant("lane" as const), lane: fc.option(lane, { nil: undefined }) }),
      fc.constantFrom({ kind: "none" as const }, { kind: "elsewhere" as const }),
    ),
    ahead: fc.option(
      fc.record({
        id: fc.constant("dlv_0"),
        eventId: fc.constant("evt_0"),
        state: fc.constantFrom(...DELIVERY_STATES),
        attemptCount: fc.nat(3),
        dueAt: time,
      }),
      { nil: undefined },
    ),
    deeds: fc.array(
      fc.record({
        at: fc.constant(NOW),
        action: fc.constantFrom("delivery.cancel" as const, "delivery.retry" as const, "subscription.delete" as const),
        by: words,
      }),
      { maxLength: 4 },
    ),
  })
  .map((change) => factsOf(change));

const OF_STATE = {
  pending: ["waiting"],
  retrying: ["waiting"],
  sending: ["sending", "waiting"],
  succeeded: ["delivered"],
  failed: ["failed"],
  cancelled: ["cancelled"],
};

it("whatever the facts: one reason that fits the delivery's state, in words, with commands that a shell reads back", () => {
  const codes = new Set<string>();
  fc.assert(
    fc.property(facts, (given) => {
      const why = explainSubscription(given);
      codes.add(why.code);
      expect(given.delivery === undefined ? ["not_sent"] : OF_STATE[given.delivery.state]).toContain(why.outcome);
      expect(why.summary.length).toBeGreaterThan(10);
      expect(`${why.summary}${why.details.join()}`).not.toMatch(/undefined|NaN|Infinity|\[object/);
      expect(why.attempts.length).toBeLessThanOrEqual(20);
      for (const { text, command } of why.actions) {
        expect(text.length).toBeGreaterThan(3);
        if (command === null) continue;
        expect(command).toMatch(/^hooks [a-z]/);
        expect(command.replace(/'[^']*'/g, "").replaceAll("\\'", "")).not.toMatch(/[\s](\$|;|&|\||`)|"/);
      }
      expect(JSON.parse(JSON.stringify(why))).toEqual(why);
    }),
    { numRuns: 10_000 },
  );
  // Every reason is met, so that none is there for nothing.
  expect(WHY_CODES.filter((code) => !codes.has(code))).toEqual([]);
});

it("has words for every status and every error", () => {
  for (let status = 100; status < 600; status++) {
    const { cause } = attemptWords({ ...ATTEMPT, status });
    expect(cause).toMatch(new RegExp(`^the receiver answered ${status}: .{8}`));
  }
  for (const errorCode of SEND_ERROR_CODES) {
    const { cause, advice } = attemptWords({
      ...ATTEMPT,
      status: undefined,
      errorCode,
      errorMessage: "the exact words (CODE)",
    });
    expect(cause).toContain(": the exact words (CODE)");
    if (errorCode !== "refused_by_user") expect(advice?.length, errorCode).toBeGreaterThan(10);
  }
  expect(
    attemptWords({ ...ATTEMPT, status: 302, errorMessage: "redirects are not followed: it pointed to https://x" })
      .cause,
  ).toContain("it pointed to https://x");
  expect(attemptWords({ ...ATTEMPT, status: undefined }).cause).toContain("interrupted");
});
