import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import { calledBack, type DeliveryTransport, type Outgoing } from "../../src/deliver/transport.ts";
import { type Published, type Sending, startSending } from "../support/sending.ts";

const ANSWERED: SendResult = {
  kind: "answered",
  status: 200,
  responseHeaders: [],
  responseBody: new Uint8Array(),
  truncated: false,
  startedAt: 0,
  durationMs: 1,
  phase: "done",
  remoteAddress: undefined,
  bytesSent: 0,
};

interface InHand {
  rowId: number;
  resolve(result: SendResult): void;
}

interface Listener {
  isHere: boolean;
  readonly inHand: InHand[];
}

/** Listeners that come, go and answer when they are told to, behind the contract of a transport. */
class Listeners implements DeliveryTransport {
  /** Row ids of deliveries, in the order in which they were handed out. */
  readonly sent: number[] = [];
  readonly #credit: number;
  readonly #all: readonly Listener[];
  readonly #onSend: (rowId: number) => void;

  constructor(count: number, credit: number, onSend: (rowId: number) => void = () => {}) {
    this.#credit = credit;
    this.#all = Array.from({ length: count }, () => ({ isHere: false, inHand: [] }));
    this.#onSend = onSend;
  }

  room(): number {
    return this.#all.reduce((sum, { isHere, inHand }) => sum + (isHere ? this.#credit - inHand.length : 0), 0);
  }

  isThere(): boolean {
    return this.#all.some(({ isHere }) => isHere);
  }

  readonly send = calledBack(({ delivery: { rowId } }: Outgoing): Promise<SendResult> => {
    const listener = this.#all.find(({ isHere, inHand }) => isHere && inHand.length < this.#credit);
    if (listener === undefined) return Promise.resolve({ kind: "not_sent" });
    this.#onSend(rowId);
    this.sent.push(rowId);
    return new Promise((resolve) => listener.inHand.push({ rowId, resolve }));
  });

  come(which: number): void {
    this.#all[which]!.isHere = true;
  }

  /** Each answers so many; returns which. */
  answer(count: number): number[] {
    const answered = this.#all.flatMap(({ inHand }) => inHand.splice(0, count));
    for (const { resolve } of answered) resolve(ANSWERED);
    return answered.map(({ rowId }) => rowId);
  }

  /** Lost with what it has in hand. */
  go(which: number): number[] {
    const listener = this.#all[which]!;
    listener.isHere = false;
    const lost = listener.inHand.splice(0);
    for (const { resolve } of lost) resolve({ kind: "not_sent" });
    return lost.map(({ rowId }) => rowId);
  }
}

interface Plan {
  listeners: number;
  credit: number;
  steps: Step[];
}

type Step = { do: "publish" | "fresh" | "answer" | "cut" | "turns"; count: number };

const STEP = fc.oneof(
  step(3, "publish", 30),
  step(3, "fresh", 5),
  step(6, "answer", 12),
  step(2, "cut", 2),
  step(4, "turns", 6),
);
const PLAN: fc.Arbitrary<Plan> = fc.record({
  listeners: fc.integer({ min: 1, max: 2 }),
  credit: fc.integer({ min: 1, max: 6 }),
  steps: fc.array(STEP, { minLength: 10, maxLength: 60 }),
});

/** While what was lost is on its way back, fresh ones find all the room there is. */
const FRESH_AFTER_CUT: Plan = {
  listeners: 1,
  credit: 6,
  steps: [
    { do: "fresh", count: 3 },
    { do: "turns", count: 6 },
    { do: "cut", count: 1 },
    { do: "fresh", count: 3 },
  ],
};

function step(weight: number, name: Step["do"], most: number) {
  const arbitrary: fc.Arbitrary<Step> = fc.record({ do: fc.constant(name), count: fc.integer({ min: 1, max: most }) });
  return { weight, arbitrary };
}

describe("a tunnel's deliveries", () => {
  it("are handed out in the order of their events, whatever was claimed ahead, lost, or came meanwhile", async () => {
    await fc.assert(fc.asyncProperty(PLAN, runPlan), {
      numRuns: 15,
      endOnFailure: true,
      examples: [[FRESH_AFTER_CUT]],
    });
  });

  it("are given back when they were claimed ahead and nobody is there to take them", async () => {
    const listeners = new Listeners(1, 2);
    const sending = await startSending({ tunnel: listeners });
    const subscription = await sending.subscribe(undefined);
    listeners.come(0);
    const published = await sending.publishMany(subscription, 200);
    await answerUntil(sending, listeners, 2, 40);
    /** The end of a lease lies ahead, the due time of what waits does not. */
    const leased = async (): Promise<number> => {
      const all = await Promise.all(published.map((one) => sending.delivery(one)));
      return all.filter(({ claimableAt = 0 }) => Date.now() + 5_000 < claimableAt).length;
    };
    expect(await leased()).toBeGreaterThan(2);
    listeners.go(0);
    sending.dispatcher.roomChanged(subscription.rowId);
    await expect.poll(leased, { timeout: 30_000 }).toBe(0);
    for (const one of published.slice(listeners.sent.length)) {
      expect(await sending.delivery(one)).toMatchObject({ state: "pending", attemptCount: 0 });
    }
  });
});

async function runPlan({ listeners: count, credit, steps }: Plan): Promise<void> {
  /** Published, not answered, and in nobody's hand. */
  const waiting = new Set<number>();
  const early: string[] = [];
  const listeners = new Listeners(count, credit, (rowId) => {
    const oldest = Math.min(rowId, ...waiting);
    if (oldest < rowId) early.push(`${rowId} before ${oldest}`);
    waiting.delete(rowId);
  });
  const sending = await startSending({ tunnel: listeners, mode: "thread" });
  const subscription = await sending.subscribe(undefined);
  const published: Published[] = [];
  const add = (...some: Published[]): void => {
    published.push(...some);
    const sent = new Set(listeners.sent);
    for (const { deliveryRowId } of some) if (!sent.has(deliveryRowId)) waiting.add(deliveryRowId);
  };
  for (let which = 0; which < count; which++) listeners.come(which);
  for (const { do: what, count: n } of [...steps, { do: "publish", count: 1 }]) {
    if (what === "publish") add(...(await sending.publishMany(subscription, n)));
    else if (what === "answer") listeners.answer(n);
    else if (what === "turns") await turns(n);
    else if (what === "fresh") {
      for (let each = 0; each < n; each++) {
        add((await sending.publishFresh(subscription)) ?? (await sending.publish(subscription)));
      }
    } else {
      // What was answered before is one event of the loop, what is lost another.
      await turns(1);
      const which = n % count;
      for (const rowId of listeners.go(which)) waiting.add(rowId);
      // As the server does: what is lost comes back first.
      setImmediate(() => sending.dispatcher.roomChanged(subscription.rowId));
      await turns(n);
      listeners.come(which);
      sending.dispatcher.roomChanged(subscription.rowId);
    }
  }
  await answerUntil(sending, listeners, credit, published.length);
  expect(early).toEqual([]);
  for (const one of published) {
    expect(await sending.delivery(one)).toMatchObject({ state: "succeeded", attemptCount: 1 });
  }
}

async function answerUntil(sending: Sending, listeners: Listeners, each: number, records: number): Promise<void> {
  while (sending.records.length < records) {
    listeners.answer(each);
    await turns(1);
  }
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
}
