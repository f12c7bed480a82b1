import { expect, it, onTestFinished, vi } from "vitest";
import { type ErrorCode, HooksError } from "../../src/core/errors.ts";
import { JobRunner } from "../../src/service/job-runner.ts";
import { openTestHooks, type TestHooks } from "../support/local-hooks.ts";
import { recordAll } from "./support/recorded.ts";

const PASSING: ErrorCode[] = ["store_busy", "store_full", "unavailable"];
const FAILED = { status: 500, verdict: { kind: "failed", reason: "exhausted" } } as const;

it.each(PASSING)("a replay whose first step meets %s is begun, and goes on once that has passed", async (code) => {
  const hooks = await opened();
  await recordAll(hooks, "order.paid", [FAILED]);
  const runner = runs(hooks, "replays", 2);
  hooks.cases.parts.replayRunner = runner;
  // The caller's step, and the runner's first.
  vi.spyOn(hooks.store.replays, "step").mockRejectedValueOnce(fault(code)).mockRejectedValueOnce(fault(code));
  const started = await hooks.service.replay({});
  expect(started).toMatchObject({ count: 1, status: "running" });
  expect(await hooks.service.getReplay(started.id!)).toMatchObject({ status: "running", reopened: 0 });
  await runner.tried;
  expect(await hooks.service.getReplay(started.id!)).toMatchObject({ status: "completed", reopened: 1 });
});

it.each(PASSING)("a purge whose first step meets %s is begun, and goes on once that has passed", async (code) => {
  const hooks = await opened();
  await recordAll(hooks, "order.paid", [FAILED]);
  const runner = runs(hooks, "purges", 2);
  hooks.cases.parts.purgeRunner = runner;
  vi.spyOn(hooks.store.purges, "erase").mockRejectedValueOnce(fault(code)).mockRejectedValueOnce(fault(code));
  const started = await hooks.service.purgeEvents({ all: true });
  expect(started).toMatchObject({ count: 0, status: "running" });
  await runner.tried;
  expect((await hooks.service.listEvents({ type: "order.*" })).data).toEqual([]);
});

it("what does not pass is told to whoever began, and ends the runner", async () => {
  const hooks = await opened();
  await recordAll(hooks, "order.paid", [FAILED]);
  const runner = runs(hooks, "replays", 1);
  hooks.cases.parts.replayRunner = runner;
  vi.spyOn(hooks.store.replays, "step").mockRejectedValue(fault("store_unusable"));
  await expect(hooks.service.replay({})).rejects.toMatchObject({ code: "store_unusable" });
  expect(await runner.fault).toMatchObject({ code: "store_unusable" });
});

function fault(code: ErrorCode): HooksError {
  return new HooksError(code, "as the test says");
}

async function opened(): Promise<TestHooks> {
  const hooks = await openTestHooks();
  await hooks.service.createSubscription({ name: "shop", url: "https://shop.example/", events: ["order.*"] });
  return hooks;
}

/** A runner of these jobs. `tried` resolves after so many of its steps, `fault` with what ended it. */
function runs({ store, cases, clock }: TestHooks, kind: "replays" | "purges", steps: number) {
  const tried = Promise.withResolvers<void>();
  const fault = Promise.withResolvers<unknown>();
  let left = steps;
  const runner = new JobRunner({
    store: store[kind],
    jobs: {
      step: (rowId) =>
        cases[kind].step(rowId).finally(() => {
          left -= 1;
          if (left === 0) tried.resolve();
        }),
    },
    now: () => clock.at,
    elapsed: () => performance.now(),
    onFault: fault.resolve,
  });
  onTestFinished(() => runner.stop());
  return { wake: () => runner.wake(), tried: tried.promise, fault: fault.promise };
}
