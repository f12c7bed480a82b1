import { describe, expect, it } from "vitest";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { ReceivedRequest } from "../support/receiver.ts";

const KEYS = ["a", "b", "c"];
const EVENTS = 30;

interface Step {
  order_id: string;
  step: number;
}

/** 30 steps of 3 orders, one after the other and their orders mixed, as one batch. */
async function publishSteps(daemon: RunningDaemon, keys = KEYS, steps = EVENTS): Promise<void> {
  const events = Array.from({ length: steps }, (_, step) =>
    keys.map((key) => ({ type: "order.moved", data: { order_id: key, step } satisfies Step })),
  ).flat();
  const answer = await fetch(`${daemon.url}/v1/events/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${await daemon.home.token()}`, "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  expect(answer.status).toBe(202);
}

function stepOf(request: ReceivedRequest): Step {
  return (JSON.parse(request.text) as { data: Step }).data;
}

/** Steps of one order in the order in which its requests came. */
function stepsOf(key: string, requests: readonly ReceivedRequest[]): number[] {
  return requests.flatMap((request) => {
    const { order_id: of, step } = stepOf(request);
    return of === key ? [step] : [];
  });
}

const ORDERED = ["--order-by", "data.order_id", "--no-breaker", "--retry", "100ms,100ms,100ms"];

describe("events with --order-by", () => {
  it("come one after the other, a failed one before the next, and hold up no other order", async () => {
    const home = new HooksHome();
    let othersCame = () => {};
    const others = new Promise<void>((resolve) => {
      othersCame = resolve;
    });
    const receiver = await openReceiver({
      reply: async (request) => {
        const { order_id: key, step } = stepOf(request);
        const sofar = receiver.requests.slice(0, request.number);
        if (KEYS.slice(1).every((other) => stepsOf(other, sofar).length === EVENTS)) othersCame();
        if (key !== "a") return 204;
        // The first answer to order "a" comes only after all of the other orders has come.
        await others;
        return stepsOf(key, sofar).filter((one) => one === step).length === 1 ? 500 : 204;
      },
    });
    const daemon = await home.serve();
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "order.*", ...ORDERED);
    await publishSteps(daemon);
    await receiver.request(KEYS.length * EVENTS + EVENTS);
    const once = Array.from({ length: EVENTS }, (_, step) => step);
    expect(stepsOf("a", receiver.requests)).toEqual(once.flatMap((step) => [step, step]));
    expect(stepsOf("b", receiver.requests)).toEqual(once);
    expect(stepsOf("c", receiver.requests)).toEqual(once);
  });

  it("come in order after the daemon was killed among them", async () => {
    const home = new HooksHome();
    let isEnough = () => {};
    const enough = new Promise<void>((resolve) => {
      isEnough = resolve;
    });
    const receiver = await openReceiver({
      reply: (request) => {
        if (request.number === 25) isEnough();
        return 204;
      },
    });
    const daemon = await home.serve();
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "order.*", ...ORDERED);
    await publishSteps(daemon);
    await enough;
    await daemon.program.kill("SIGKILL");
    await home.serve();
    const isLast = (key: string) => stepsOf(key, receiver.requests).at(-1) === EVENTS - 1;
    for (let n = KEYS.length * EVENTS; !KEYS.every(isLast); n++) await receiver.request(n);
    for (const key of KEYS) {
      const steps = stepsOf(key, receiver.requests);
      // What was in flight comes again; nothing is missing, and nothing comes before what it follows.
      expect(steps).toEqual(steps.toSorted((one, other) => one - other));
      expect(new Set(steps).size).toBe(EVENTS);
      expect(steps.length).toBeLessThanOrEqual(EVENTS + 1);
    }
  });

  it("wait for their turn, and say so", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver({ reply: [500] });
    await home.ok("sub", "create", "--url", receiver.url, "--event", "order.*", "--order-by", "*");
    await home.ok("publish", "order.moved", "--data", "1");
    const second = JSON.parse(await home.ok("publish", "order.moved", "--data", "2", "--json")) as { id: string };
    const event = JSON.parse(await home.ok("event", "get", second.id, "--json"));
    expect(event.deliveries).toMatchObject([{ status: "pending", next_attempt_at: null }]);
    const shown = await home.ok("delivery", "get", event.deliveries[0].id);
    expect(shown).toMatch(/^next attempt +after an earlier one of its order$/m);
    const [first] = (await home.ok("delivery", "list", "--json"))
      .split("\n")
      .map((line) => JSON.parse(line))
      .reverse();
    expect(first.next_attempt_at).not.toBeNull();
    await home.ok("delivery", "cancel", first.id);
    expect(
      JSON.parse(await home.ok("delivery", "get", event.deliveries[0].id, "--json")).next_attempt_at,
    ).not.toBeNull();
  });

  it("go out as soon as a purge cancels the one that they wait for", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver({ reply: [500, 204] });
    const daemon = await home.serve();
    const patient = ["--order-by", "data.order_id", "--retry", "5h"];
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "order.*", ...patient);
    await publishSteps(daemon, ["a"], 3);
    await receiver.request(1);
    // Its outcome is on disk, and it waits for hours.
    await expect
      .poll(async () => await home.ok("delivery", "list", ...daemon.asked, "--json"), { timeout: 20_000 })
      .toContain('"attempt_count":1');
    expect(await home.ok("purge", ...daemon.asked, "--where", "data.step == 0", "--cancel-waiting", "--yes")).toBe("1");
    await receiver.request(3);
    expect(stepsOf("a", receiver.requests)).toEqual([0, 1, 2]);
  });
});
