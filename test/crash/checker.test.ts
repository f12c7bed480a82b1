import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check, duplicates, type Property } from "./checker.ts";
import { type MadeHistory, makeHistory } from "./made-history.ts";
import { seenIn } from "./sometimes.ts";

/** A breach: what is done to a history in which all is well. */
type Breach = (history: MadeHistory) => void;

const delivery = ({ stored }: MadeHistory, name = "a") =>
  stored.deliveries.find(({ subscription }) => subscription === name)!;

/** Each property → ways in which it can be broken, in words. The checker must see every one, and name the property. */
const BREACHES: Record<Property, Record<string, Breach>> = {
  P1: {
    "an accepted event is not in the store": ({ stored }) => void stored.events.delete("e-3"),
    "an accepted event is stored with other bytes": ({ stored }) =>
      void stored.events.set("e-3", { dataHash: "other", createdAt: 1 }),
    "a delivery of an accepted event is missing": ({ stored }) =>
      void stored.deliveries.splice(
        stored.deliveries.findIndex(({ eventId }) => eventId === "e-3"),
        1,
      ),
    "an event is stored with a delivery too many": ({ stored }) =>
      void stored.deliveries.push({ ...stored.deliveries[0]!, subscription: "c" }),
    "what is over is deleted sooner than it may": (history) => {
      Object.assign(history.lives.at(-1)!, { keepsMs: 60_000 });
      history.stored.events.delete("e-3");
    },
    "what failed is deleted by retention": (history) => {
      Object.assign(history.lives.at(-1)!, { keepsMs: 1 });
      for (const request of history.requests) if (request.eventId === "e-3") request.answer = 500;
      history.stored.events.delete("e-3");
      history.stored.deliveries = history.stored.deliveries.filter(({ eventId }) => eventId !== "e-3");
    },
    "what was erased is there": (history) => {
      history.erased = new Set(["e-3"]);
    },
    "what a source took is not in the store": ({ tries, stored }) => {
      for (const one of tries) if (one.id === "e-3") Object.assign(one, { status: 200, deliveries: undefined });
      stored.events.delete("e-3");
    },
    "the database is damaged": ({ stored }) => {
      stored.integrity = "*** in database main ***";
    },
  },
  P2: {
    "a delivery is stored as succeeded, and every answer was 500": ({ requests }) => {
      for (const request of requests) if (request.eventId === "e-2") request.answer = 500;
    },
    "a delivery is stored as succeeded, and nothing was sent": (history) => {
      history.requests = history.requests.filter(({ eventId }) => eventId !== "e-2");
    },
    "more successes are recorded than were answered": (history) => {
      const { attempts } = delivery(history);
      for (const attempt of attempts) attempt.isSuccess = true;
      attempts.push({ ...attempts[0]!, number: attempts.length + 1, startedAt: attempts.at(-1)!.startedAt });
      delivery(history).attemptCount += 1;
    },
  },
  P3: {
    "something is delivered that nobody published": ({ requests }) =>
      void requests.push({ ...requests.at(-1)!, eventId: "e-x", startedAt: 9e12, endedAt: 9e12 }),
    "something is delivered that is not stored": ({ stored, tries }) => {
      stored.events.delete("e-0");
      for (const one of tries) if (one.id === "e-0") one.status = 503;
    },
    "one of several requests for an event has other bytes": ({ requests }) => {
      requests.at(-1)!.bodyHash = "other";
    },
    "one of several requests for a source's event has other bytes": ({ events, requests }) => {
      events.set("e-3", { ...events.get("e-3")!, bodyHash: undefined });
      requests.findLast(({ eventId }) => eventId === "e-3")!.bodyHash = "other";
    },
    "every request for a source's event has other data": ({ events, requests }) => {
      events.set("e-3", { ...events.get("e-3")!, bodyHash: undefined });
      for (const request of requests) if (request.eventId === "e-3") request.dataHash = "other";
    },
  },
  P4: {
    "a pair is in flight twice": ({ requests }) =>
      void requests.splice(1, 0, { ...requests[0]!, startedAt: requests[0]!.startedAt + 5 }),
    "an attempt is recorded after the delivery had succeeded": (history) => {
      const { attempts } = delivery(history);
      const last = attempts.at(-1)!;
      attempts.push({ ...last, number: last.number + 1, isSuccess: false });
      delivery(history).attemptCount += 1;
    },
  },
  P5: {
    "a number is used twice": (history) => {
      const { attempts } = delivery(history);
      attempts.unshift({ ...attempts[0]!, isSuccess: false });
    },
    "a number is left out": (history) => {
      delivery(history).attempts.at(-1)!.number += 1;
    },
    "the count is not that of the attempts": (history) => {
      delivery(history).attemptCount += 1;
    },
    "a later attempt began earlier": (history) => {
      const { attempts } = delivery(history);
      attempts.unshift({ ...attempts[0]!, isSuccess: false, startedAt: attempts[0]!.startedAt + 50, number: 0 });
      for (const [index, attempt] of attempts.entries()) attempt.number = index + 1;
      delivery(history).attemptCount += 1;
    },
    "there are more attempts than allowed": (history) => {
      history.subscriptions[0]!.maxAttempts = 0;
    },
    "crashes took two numbers of one delivery": (history) => {
      const { attempts } = delivery(history);
      const lost = { ...attempts[0]!, isSuccess: false, isInterrupted: true, timestamp: undefined };
      attempts.unshift({ ...lost }, { ...lost });
      for (const [index, attempt] of attempts.entries()) attempt.number = index + 1;
      delivery(history).attemptCount += 2;
    },
  },
  P7: {
    "a signature does not verify": ({ requests }) => {
      requests[2]!.isSigned = false;
    },
    "a request is signed for a time long before it was sent": (history) => {
      delivery(history).attempts[0]!.timestamp! -= 3;
    },
    "a request is signed for a time that was still to come": (history) => {
      delivery(history).attempts[0]!.timestamp! += 3;
    },
  },
  P9: {
    "a disabled subscription gets a request": ({ subscriptions, requests }) =>
      void subscriptions[0]!.changes.push({ kind: "disabled", at: requests.at(-1)!.startedAt - 1_500 }),
    "a deleted subscription gets a request": ({ subscriptions, requests }) =>
      void subscriptions[1]!.changes.push({ kind: "deleted", at: requests.at(-1)!.startedAt - 1_500 }),
  },
  P10: {
    "a subscription gets more at once than it may": ({ requests }) => {
      const { startedAt, endedAt, subscription } = requests[0]!;
      for (const eventId of ["e-1", "e-2"])
        requests.unshift({ ...requests[0]!, eventId, subscription, startedAt, endedAt });
    },
    "more is in flight than allowed for all": (history) => {
      history.concurrency = 0;
    },
    "a rate is exceeded": (history) => {
      history.subscriptions[1]!.rate = { count: 1, perMs: 10_000 };
    },
  },
  L1: {
    "an accepted event never reached one of two subscriptions": (history) => {
      history.requests = history.requests.filter(
        ({ eventId, subscription }) => eventId !== "e-2" || subscription !== "b",
      );
      const lost = history.stored.deliveries.find((one) => one.eventId === "e-2" && one.subscription === "b")!;
      Object.assign(lost, { state: "succeeded", attempts: [], attemptCount: 0 });
    },
    "a delivery is still leased, and nobody runs": (history) => {
      delivery(history).state = "sending";
    },
  },
  L2: {
    "a delivery still waits for its first attempt": (history) => {
      delivery(history).state = "pending";
    },
    "a delivery still waits for a retry": (history) => {
      delivery(history, "b").state = "retrying";
    },
  },
  L4: {
    "memory is not given back": (history) => {
      history.rest = { ...history.rest!, endBytes: 900e6 };
    },
    "the log is not given back": (history) => {
      history.rest = { ...history.rest!, walBytes: 900e6 };
    },
  },
  duplicates: {
    "more is sent twice than was in flight at the crashes": (history) => {
      for (const life of history.lives) life.end = "stop";
    },
  },
};

describe("the checker", () => {
  it("finds nothing wrong with histories in which every property holds", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), fc.nat({ max: 4 }), (seed, events, crashes) => {
        expect(check(makeHistory({ seed, events, crashes }))).toEqual([]);
      }),
    );
  });

  for (const [property, breaches] of Object.entries(BREACHES)) {
    for (const [what, breach] of Object.entries(breaches)) {
      it(`sees that ${property} is broken: ${what}`, () => {
        const history = makeHistory();
        breach(history);
        expect(check(history).map((violation) => violation.property)).toContain(property);
      });
    }
  }

  it("sees that any one accepted event is missing, whichever it is", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 11 }), fc.boolean(), (seed, n, isInStore) => {
        const history = makeHistory({ seed });
        if (isInStore) history.requests = history.requests.filter(({ eventId }) => eventId !== `e-${n}`);
        else history.stored.events.delete(`e-${n}`);
        expect(check(history).map((violation) => violation.property)).toContain(isInStore ? "L1" : "P1");
      }),
    );
  });

  it("sees any other byte in any request", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (seed, pick) => {
        const history = makeHistory({ seed });
        history.requests[pick % history.requests.length]!.bodyHash = "other";
        expect(check(history)).toMatchObject([{ property: "P3" }]);
      }),
    );
  });

  it("forgives what is nobody's fault", () => {
    const history = makeHistory();
    // A disabled subscription keeps what waits for it; a retry that ends in failure is an end; half a request is none.
    history.subscriptions[0]!.changes.push({ kind: "disabled", at: 9e12 });
    for (const one of history.stored.deliveries) if (one.subscription === "a") one.state = "pending";
    for (const request of history.requests) if (request.eventId === "e-4") request.answer = 500;
    for (const one of history.stored.deliveries) {
      if (one.eventId !== "e-4") continue;
      one.state = "failed";
      for (const attempt of one.attempts) attempt.isSuccess = false;
    }
    history.requests.push({
      ...history.requests.at(-1)!,
      bodyHash: undefined,
      isSigned: undefined,
      answer: undefined,
      subscription: "b",
      startedAt: 8e12,
      endedAt: 8e12,
    });
    for (const life of history.lives) life.end = "crash";
    expect(check(history)).toEqual([]);
  });

  it("forgives that what was over for long enough, or was to be erased, is gone", () => {
    const history = makeHistory();
    const last = history.lives.at(-1)!;
    const over = Math.max(...history.requests.filter((one) => one.eventId === "e-3").map((one) => one.endedAt));
    for (const [keepsMs, isGone] of [
      [last.endedAt - over, true],
      [last.endedAt - over + 10, false],
    ] as const) {
      const swept = makeHistory();
      Object.assign(swept.lives.at(-1)!, { keepsMs });
      remove(swept, "e-3");
      expect(check(swept).length === 0, `kept for ${keepsMs} ms`).toBe(isGone);
    }
    const purged = makeHistory();
    purged.erased = new Set(["e-5"]);
    remove(purged, "e-5");
    expect(check(purged)).toEqual([]);
  });

  it("allows a request between disabling and enabling only in the second after", () => {
    const last = makeHistory().requests.at(-1)!.startedAt;
    for (const [since, until, isBreach] of [
      [last - 900, 9e12, false],
      [last - 1_100, 9e12, true],
      [last - 1_100, last - 1, false],
    ] as const) {
      const history = makeHistory({ events: 40 });
      history.requests = history.requests.filter(({ startedAt }) => startedAt <= last);
      const shown = history.requests.at(-1)!;
      shown.startedAt = last;
      history.subscriptions
        .find(({ name }) => name === shown.subscription)!
        .changes.push({ kind: "disabled", at: since }, { kind: "enabled", at: until });
      const found = check(history).some((violation) => violation.property === "P9");
      expect(found, `${since} to ${until}`).toBe(isBreach);
    }
  });
});

describe("what must have happened", () => {
  it("is seen where it happened", () => {
    const history = makeHistory({ seed: 3, events: 40, crashes: 6 });
    expect(duplicates(history).length).toBeGreaterThan(0);
    expect([...seenIn(history)].sort()).toEqual([
      "crash between commit and answer",
      "crash between send and record",
      "duplicate actually sent",
    ]);
  });

  it("is not seen where nothing crashed", () => {
    const history = makeHistory({ crashes: 0 });
    expect(duplicates(history)).toEqual([]);
    expect(seenIn(history)).toEqual(new Set());
  });

  it("is not seen where the crash was elsewhere", () => {
    const history = makeHistory({ crashes: 0 });
    const [life] = history.lives;
    history.lives = [
      { ...life!, end: "crash" },
      { ...life!, spawnedAt: life!.endedAt + 1, endedAt: life!.endedAt + 2 },
    ];
    // An answer that never came, of what was never stored.
    history.tries.unshift({
      ...history.tries[0]!,
      id: "e-lost",
      status: undefined,
      deliveries: undefined,
    });
    expect(seenIn(history)).toEqual(new Set());
  });
});

function remove({ stored }: MadeHistory, id: string): void {
  stored.events.delete(id);
  stored.deliveries = stored.deliveries.filter(({ eventId }) => eventId !== id);
}
