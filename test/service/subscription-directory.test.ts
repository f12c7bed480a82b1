import { expect, it } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";

const locked = () => Promise.reject(new HooksError("store_busy", "the store is locked by another process"));

it("reads a change again that it could not read because the store was locked for a moment", async () => {
  const { service, directory, store } = await openTestHooks();
  const { id } = await service.createSubscription({ url: "https://example.com/", events: ["order.*"] });
  await directory.load();
  await store.updateSubscription(1, { events: ["invoice.*"], updatedAt: Date.UTC(2027, 0, 1) });
  const load = store.loadSubscriptions.bind(store);
  let tries = 0;
  store.loadSubscriptions = (scope) => (++tries < 3 ? locked() : load(scope));
  await directory.reload();
  expect(tries).toBe(3);
  expect(directory.takersOf(TEST_SCOPE, "invoice.paid")).toEqual([1]);

  const find = store.findSubscription.bind(store);
  tries = 0;
  store.findSubscription = (scope, wanted) => (++tries === 2 ? locked() : find(scope, wanted));
  await service.disableSubscription(id);
  expect(directory.takersOf(TEST_SCOPE, "invoice.paid")).toEqual([]);
});

it("says so when the store cannot be read for another reason", async () => {
  const { directory, store } = await openTestHooks();
  let tries = 0;
  store.loadSubscriptions = () => {
    tries += 1;
    return Promise.reject(new HooksError("store_unusable", "the store is damaged"));
  };
  await expect(directory.reload()).rejects.toMatchObject({ code: "store_unusable" });
  expect(tries).toBe(1);
});
