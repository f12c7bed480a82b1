import { describe, expect, it } from "vitest";
import { explainSubscription } from "../../../src/core/why/explain.ts";
import type { ChangeFact, FilterFacts, WhyFacts } from "../../../src/core/why/facts.ts";
import type { WhyCode, WhyOutcome } from "../../../src/core/why/why.ts";
import { ATTEMPT, DELIVERY, factsOf, MINUTE, NOW, SUBSCRIPTION, waiting } from "./support.ts";

const AFTER = NOW - 5 * MINUTE;
const filterFacts = (outcome: FilterFacts["outcome"], text = "data.a > 1 && data.b == 2"): FilterFacts => ({
  text,
  outcome,
  conditions: [
    { expression: "data.a > 1", result: false, error: null, values: [{ expression: "data.a", value: "0" }] },
    { expression: "data.b == 2", result: true, error: null, values: [{ expression: "data.b", value: "2" }] },
  ],
});
const changed = (before: Record<string, unknown>): ChangeFact => ({
  at: AFTER,
  action: "subscription.update",
  by: "ann",
  before,
  after: {},
});
const tunnel = { ...SUBSCRIPTION, transport: "tunnel" as const, url: undefined };

const SKIPPED = { kind: "skipped" as const, reason: "no conversion is declared from version 2 to 1" };

type Row = [WhyOutcome, WhyCode, RegExp, WhyFacts, command?: string];

const NOT_SENT: Row[] = [
  [
    "not_sent",
    "no_pattern",
    /^none of its patterns takes order\.paid: invoice\.\*$/,
    factsOf({ subscription: { ...SUBSCRIPTION, events: ["invoice.*"] } }),
    "hooks sub update shop --event 'invoice.*' --event order.paid",
  ],
  [
    "not_sent",
    "no_pattern",
    /^when the event came, none of its patterns takes order\.paid: invoice\.\*$/,
    factsOf({ changes: [changed({ events: ["invoice.*"] })] }),
    "hooks event replay evt_1 --sub shop",
  ],
  [
    "not_sent",
    "operational",
    /^"\*" does not take hooks\.delivery\.exhausted/,
    factsOf({
      event: { id: "evt_1", type: "hooks.delivery.exhausted", createdAt: AFTER },
      subscription: { ...SUBSCRIPTION, events: ["*"] },
    }),
    "hooks sub update shop --event '*' --event hooks.delivery.exhausted",
  ],
  [
    "not_sent",
    "created_later",
    /^it was created 7 minutes after the event$/,
    factsOf({ subscription: { ...SUBSCRIPTION, createdAt: NOW - 3 * MINUTE } }),
    "hooks event replay evt_1 --sub shop",
  ],
  [
    "not_sent",
    "disabled",
    /^it is disabled because its receiver answered 410 \(gone\), since 2026-/,
    factsOf({
      subscription: { ...SUBSCRIPTION, enabled: false, disabledReason: "gone", disabledAt: NOW - 20 * MINUTE },
    }),
    "hooks sub enable shop",
  ],
  [
    "not_sent",
    "disabled",
    /^it was disabled when the event came \(it was enabled 5 minutes after it\)$/,
    factsOf({ switches: [{ at: AFTER, enabled: true, reason: "by_hand" }] }),
    "hooks event replay evt_1 --sub shop",
  ],
  [
    "not_sent",
    "filtered",
    /^its filter is not true for the event \(data\.a > 1\): data\.a > 1 && data\.b == 2$/,
    factsOf({ filter: filterFacts({ kind: "not_matched" }), filterThen: filterFacts({ kind: "not_matched" }) }),
    "hooks sub filter-test shop --event evt_1",
  ],
  [
    "not_sent",
    "filter_failed",
    /^its filter failed, so the event was not sent: no such key: data\.a$/,
    factsOf({ filterThen: filterFacts({ kind: "failed", why: "no such key: data.a" }) }),
    "hooks event replay evt_1 --sub shop",
  ],
  [
    "not_sent",
    "version",
    /^it was skipped for its version: no conversion is declared from version 2 to 1$/,
    factsOf({ version: SKIPPED, versionThen: SKIPPED }),
    "hooks sub update shop --reset event-version",
  ],
  ["not_sent", "version", /^it was skipped/, factsOf({ versionThen: SKIPPED }), "hooks event replay evt_1 --sub shop"],
  [
    "not_sent",
    "not_listening",
    /^nobody listened/,
    factsOf({ subscription: { ...tunnel, enabled: false } }),
    "hooks listen --keep 24h",
  ],
  [
    "not_sent",
    "unknown",
    /^its patterns and its filter take the event/,
    factsOf(),
    "hooks event replay evt_1 --sub shop",
  ],
  ["not_sent", "subscription_deleted", /^it is deleted/, factsOf({ subscription: undefined })],
];

const soon = NOW + 2 * MINUTE;
const WAITING: Row[] = [
  [
    "waiting",
    "disabled",
    /^it is kept: the subscription is disabled/,
    waiting({}, { subscription: { ...SUBSCRIPTION, enabled: false, disabledReason: "by_hand" } }),
    "hooks sub enable shop",
  ],
  [
    "waiting",
    "paused",
    /is paused/,
    waiting({}, { subscription: { ...SUBSCRIPTION, paused: true } }),
    "hooks sub resume shop",
  ],
  ...(
    [
      ["pending", /^its receiver has not been asked yet/, undefined],
      ["refused", /^its receiver does not allow deliveries from a\.example: it answered 405$/, "it answered 405"],
      ["failed", /^its receiver did not say whether it allows deliveries from a\.example: timeout$/, "timeout"],
    ] as const
  ).map(
    ([state, summary, why]): Row => [
      "waiting",
      "handshake",
      summary,
      waiting({}, { subscription: { ...SUBSCRIPTION, handshake: { origin: "a.example", state, why } } }),
      "hooks sub test shop",
    ],
  ),
  [
    "waiting",
    "no_profile",
    /^its profile "acme" is not defined in the daemon$/,
    factsOf({
      delivery: DELIVERY,
      sender: { kind: "lane", lane: undefined },
      subscription: { ...SUBSCRIPTION, unknownProfile: "acme" },
    }),
    "hooks serve --profiles FILE",
  ],
  [
    "waiting",
    "turn",
    /^it waits for its turn behind dlv_0, which is retrying \(tried 3 times, due 2026-.*\) \(order_by \/id\)$/,
    waiting(
      {},
      {
        delivery: { ...DELIVERY, dueAt: undefined },
        subscription: { ...SUBSCRIPTION, orderBy: "/id" },
        ahead: { id: "dlv_0", eventId: "evt_0", state: "retrying", attemptCount: 3, dueAt: soon },
      },
    ),
    "hooks why evt_0 shop",
  ],
  [
    "waiting",
    "retry",
    /^attempt 2 failed; the next attempt is in 2 minutes, at 2026-/,
    waiting({}, { delivery: { ...DELIVERY, state: "retrying", attemptCount: 2, dueAt: soon }, attempts: [ATTEMPT] }),
    "hooks delivery retry dlv_1",
  ],
  ["waiting", "no_sender", /no daemon runs/, waiting({}, { sender: { kind: "none" } }), "hooks serve"],
  ["waiting", "due", /^it is due since 1 second/, waiting({}, { sender: { kind: "elsewhere" } })],
  [
    "waiting",
    "no_secrets",
    /cannot be opened/,
    waiting({}, { sender: { kind: "lane", lane: undefined } }),
    "hooks doctor",
  ],
  [
    "waiting",
    "batch",
    /^it gathers with others for one request: 3, sent at/,
    waiting({ gathering: { events: 3, ripeAt: soon } }),
  ],
  [
    "waiting",
    "no_listener",
    /^nobody listens/,
    waiting({ room: 0 }, { subscription: tunnel }),
    "hooks listen --forward 3000",
  ],
  [
    "waiting",
    "breaker",
    /^its breaker is open .* in 2 minutes$/,
    waiting({ breakerOpenUntil: soon, isProbing: true }),
    "hooks sub health shop",
  ],
  ["waiting", "breaker", /half-open/, waiting({ isProbing: true, inFlight: 1 })],
  [
    "waiting",
    "breaker",
    /^its breaker is open/,
    waiting(
      {},
      { sender: { kind: "elsewhere" }, subscription: { ...SUBSCRIPTION, breaker: { openings: 9, openUntil: soon } } },
    ),
    "hooks sub health shop",
  ],
  ["waiting", "resting", /Retry-After/, waiting({ restsUntil: soon })],
  [
    "waiting",
    "rate_limit",
    /^its rate limit of 100\/m is used up: the next is let through in 2 minutes$/,
    waiting(
      { rateLimitedUntil: soon },
      { subscription: { ...SUBSCRIPTION, rateLimit: { count: 100, perMs: 60_000 } } },
    ),
    "hooks sub update shop --rate 1000/m",
  ],
  ["waiting", "tenant_limit", /of its tenant/, waiting({ tenantLimitedUntil: soon })],
  ["waiting", "process_limit", /rate limit of the relay/, waiting({ processLimitedUntil: soon })],
  ["waiting", "host_limit", /one host/, waiting({ hostLimitedUntil: soon })],
  [
    "waiting",
    "concurrency",
    /^10 of at most 10 requests/,
    waiting({ inFlight: 10 }),
    "hooks sub update shop --concurrency 20",
  ],
  ["waiting", "concurrency", /the receiver said that it gets too much/, waiting({ inFlight: 2, slowedTo: 2 })],
  ["waiting", "process_limit", /^all 256 slots/, waiting({ processInFlight: 256 })],
  ["waiting", "store_behind", /wait for the disk/, waiting({ isBehind: true })],
  ["waiting", "due", /about to be sent/, waiting()],
  [
    "sending",
    "sending",
    /^attempt 1 is being made/,
    waiting({ inFlight: 1 }, { delivery: { ...DELIVERY, state: "sending" } }),
  ],
  [
    "waiting",
    "rate_limit",
    /used up/,
    waiting({ rateLimitedUntil: soon }, { delivery: { ...DELIVERY, state: "sending" } }),
    "hooks sub update shop --rate 1000/m",
  ],
  [
    "sending",
    "no_sender",
    /a daemon that runs no more/,
    waiting({}, { delivery: { ...DELIVERY, state: "sending" }, sender: { kind: "none" } }),
    "hooks serve",
  ],
];

const ended = (change: Partial<WhyFacts["delivery"]> & object, facts: Partial<WhyFacts> = {}): WhyFacts =>
  factsOf({
    delivery: { ...DELIVERY, dueAt: undefined, completedAt: NOW - MINUTE, attemptCount: 2, ...change },
    attempts: [ATTEMPT],
    ...facts,
  });
const off = { ...SUBSCRIPTION, enabled: false };

const ENDED: Row[] = [
  [
    "delivered",
    "delivered",
    /^it was delivered at 2026-.*, at attempt 2, with 200$/,
    ended({ state: "succeeded" }, { attempts: [{ ...ATTEMPT, outcome: "success", status: 200 }] }),
  ],
  [
    "failed",
    "exhausted",
    /^it was given up after all 2 attempts; the last time the receiver answered 503: it is overloaded/,
    ended({ state: "failed", reason: "exhausted" }),
    "hooks delivery retry dlv_1",
  ],
  [
    "failed",
    "final_status",
    /retry_on says that this is final; the last time the receiver answered 404/,
    ended({ state: "failed", reason: "final_status" }, { attempts: [{ ...ATTEMPT, status: 404 }] }),
    "hooks delivery retry dlv_1",
  ],
  ["failed", "gone", /410/, ended({ state: "failed", reason: "gone" }, { subscription: off }), "hooks sub enable shop"],
  [
    "failed",
    "subscription_disabled",
    /disabled by itself/,
    ended({ state: "failed", reason: "subscription_disabled" }, { subscription: off }),
    "hooks sub enable shop",
  ],
  [
    "failed",
    "expired",
    /nobody listened in time/,
    ended({ state: "failed", reason: "expired" }),
    "hooks delivery retry dlv_1",
  ],
  [
    "cancelled",
    "cancelled",
    /^it was cancelled at 2026-.* by ann$/,
    ended({ state: "cancelled", reason: "cancelled" }, { deeds: [{ at: NOW, action: "delivery.cancel", by: "ann" }] }),
    "hooks delivery retry dlv_1",
  ],
  [
    "cancelled",
    "subscription_deleted",
    /because the subscription was deleted by ann$/,
    ended(
      { state: "cancelled", reason: "subscription_deleted" },
      { subscription: undefined, deeds: [{ at: NOW, action: "subscription.delete", by: "ann" }] },
    ),
  ],
  [
    "cancelled",
    "expired",
    /nobody listened in time/,
    ended({ state: "cancelled", reason: "expired" }),
    "hooks delivery retry dlv_1",
  ],
];

describe.each([
  ["an event that was not sent", NOT_SENT],
  ["a delivery that waits", WAITING],
  ["a delivery that ended", ENDED],
])("%s", (_, rows) => {
  it.each(rows)("%s, %s: %s", (outcome, code, summary, facts, command) => {
    const why = explainSubscription(facts);
    expect(why).toMatchObject({ outcome, code, summary: expect.stringMatching(summary) });
    if (command !== undefined) expect(why.actions.map((one) => one.command)).toContain(command);
  });
});

describe("what was then and what is now", () => {
  it("is told apart: created later, and whether it would match", () => {
    const later = { ...SUBSCRIPTION, createdAt: NOW - MINUTE };
    const would = explainSubscription(factsOf({ subscription: later }));
    expect(would.details).toEqual(["the event would match now"]);
    const not = explainSubscription(factsOf({ subscription: { ...later, events: ["a"] } }));
    expect(not.details).toEqual(["the event would not match now either: none of its patterns takes order.paid: a"]);
    expect(not.actions).toEqual([]);
    const filter = filterFacts({ kind: "failed", why: "no such key: data.a" });
    expect(explainSubscription(factsOf({ subscription: later, filter })).details[0]).toContain(
      "its filter fails: no such key: data.a",
    );
  });

  it("says who changed patterns and filter, when, and what they are now", () => {
    const patterns = explainSubscription(factsOf({ changes: [changed({ events: ["a"] })] }));
    expect(patterns.details).toEqual([
      "its patterns changed at 2026-01-31T11:55:00.000Z, after the event (by ann): they are order.* now",
    ]);
    const filter = explainSubscription(
      factsOf({
        changes: [changed({ filter: "data.a > 1 && data.b == 2" })],
        filter: filterFacts({ kind: "matched" }, "data.b == 2"),
        filterThen: filterFacts({ kind: "not_matched" }),
      }),
    );
    expect(filter.details[0]).toBe(
      "its filter changed at 2026-01-31T11:55:00.000Z, after the event (by ann): it is data.b == 2 now",
    );
    expect(filter.actions[0]?.command).toBe("hooks event replay evt_1 --sub shop");
  });

  it("undoes several changes, the newest first, and believes what was switched before what people did", () => {
    const changes = [
      changed({ events: ["first"] }),
      { ...changed({ events: ["second"], enabled: false }), at: AFTER + 1 },
    ];
    expect(explainSubscription(factsOf({ changes })).summary).toContain("takes order.paid: first");
    const switches = [
      { at: AFTER - 1, enabled: false, reason: "failing" },
      { at: AFTER + 1, enabled: true, reason: "by_hand" },
    ];
    // It was enabled when the event came: the first switch after it was off.
    expect(explainSubscription(factsOf({ changes: [changed({ enabled: false })], switches })).code).toBe("unknown");
  });

  it("says that what exists is sent although it would not match any more, and that somebody replayed it", () => {
    const why = explainSubscription(
      waiting(
        {},
        {
          subscription: { ...SUBSCRIPTION, events: ["other"] },
          delivery: { ...DELIVERY, createdAt: NOW - MINUTE },
          attempts: [ATTEMPT],
          deeds: [{ at: NOW - MINUTE, action: "delivery.retry", by: "ann" }],
        },
      ),
    );
    expect(why.details).toEqual([
      "it was made at 2026-01-31T11:59:00.000Z, after the event: somebody replayed it",
      "ann sent it again at 2026-01-31T11:59:00.000Z",
      "the last attempt: the receiver answered 503: it is overloaded or being restarted",
      "its patterns or its filter would not take the event any more; what is made already is sent all the same",
    ]);
    expect(why.attempts).toMatchObject([{ number: 1, status: 503, cause: expect.stringContaining("503") }]);
  });
});
