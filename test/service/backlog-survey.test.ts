import { expect, it } from "vitest";
import { BacklogSurvey } from "../../src/service/backlog-survey.ts";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";

async function open() {
  const hooks = await openTestHooks();
  const { service, store, directory, clock } = hooks;
  const time = { running: 0 };
  let pauses = 0;
  let looks = 0;
  const survey = new BacklogSurvey({
    store: {
      figures: {
        countLane: (rowId, most) => {
          looks += 1;
          time.running += 6;
          return store.figures.countLane(rowId, most);
        },
        countFailed: (scope, most) => store.figures.countFailed(scope, most),
      },
      nextDueTimes: (rowIds) => store.nextDueTimes(rowIds),
    },
    subscriptions: () =>
      [...directory.stored()].map(({ rowId, id, scope, enabled, paused }) => ({
        rowId,
        id,
        scope,
        takes: enabled && !paused,
      })),
    now: () => clock.at,
    running: () => time.running,
    pause: async () => {
      pauses += 1;
    },
  });
  const subscribe = (name: string) =>
    service.createSubscription({ url: "https://example.com/", events: [`${name}.*`], name });
  const publish = (type: string) => service.publish({ type, data: Buffer.from("1") });
  return { ...hooks, survey, time, subscribe, publish, counted: () => ({ pauses, looks }) };
}

it("counts what waits by subscription and environment, and how late it is; what is paused is late for nobody", async () => {
  const { survey, service, clock, time, subscribe, publish } = await open();
  const shop = await subscribe("shop");
  await subscribe("quiet");
  const later = await subscribe("later");
  await publish("shop.a");
  await publish("shop.b");
  clock.at += 5_000;
  await service.pauseSubscription(later.id);
  await publish("later.a");
  clock.at += 2_000;
  const { lanes, scopes } = await survey.read();
  expect(lanes).toMatchObject([
    { id: shop.id, pending: 2, retrying: 0, ageMs: 7_000 },
    { id: later.id, pending: 1, retrying: 0, ageMs: 0 },
  ]);
  expect(scopes).toEqual([{ scope: TEST_SCOPE, pending: 3, retrying: 0, ageMs: 7_000, failed: 0 }]);

  const [delivery] = (await service.listDeliveries({ subscription: shop.id })).data;
  await service.cancelDelivery(delivery!.id);
  await service.deleteSubscription(later.id);
  time.running += 10_000;
  expect((await survey.read()).scopes).toMatchObject([{ pending: 1 }]);
});

it("looks seldom, the more seldom the longer it takes, and lets others have a turn meanwhile", async () => {
  const { survey, time, subscribe, publish, counted } = await open();
  for (let n = 0; n < 20; n++) {
    await subscribe(`s${n}`);
    await publish(`s${n}.a`);
  }
  const [one, other] = await Promise.all([survey.read(), survey.read()]);
  expect(other).toBe(one);
  expect(counted()).toEqual({ looks: 20, pauses: 20 });
  // 120 ms of looking: not again for fifty times as long.
  time.running += 5_900;
  expect(await survey.read()).toBe(one);
  time.running += 200;
  expect(await survey.read()).not.toBe(one);
  expect(counted().looks).toBe(40);
});
