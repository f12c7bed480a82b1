// What finding the takers of an event costs with 10,000 subscriptions, against one: the directory that the daemon asks,
// in this process. Each event has one taker; the other patterns are exact names and prefixes, in equal parts.

import { randomBytes } from "node:crypto";
import path from "node:path";
import { SubscriptionDirectory } from "../src/service/subscription-directory.ts";
import { Vault } from "../src/service/vault.ts";
import { openSqliteStore } from "../src/store/sqlite/open-sqlite-store.ts";
import type { Store, StoredSubscription } from "../src/store/store.ts";
import { type Bench, judged } from "./bench.ts";
import { createSubscriptions } from "./load/fill-store.ts";
import { SCOPE } from "./load/payload.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";
import { inFolder } from "./workspace.ts";

const TYPE = "customer.subscription.trial.ended";

export const matching: Bench = {
  name: "matching",
  run: async (size) => {
    const [rounds, events] = size === "full" ? [9, 200_000] : [1, 1_000];
    const many = 10_000;
    const template = await oneSubscription();
    const micros = await inTurn(rounds, {
      one: () => microsOfMatching(template, 1, events),
      many: () => microsOfMatching(template, many, events),
    });
    const [one, all] = [median(micros.one), median(micros.many)];
    return {
      rows: [
        judged(
          { measure: "matching an event against 10,000 subscriptions instead of one adds", isHeadline: true },
          all - one,
          { most: 50 },
          (added) => `${added.toFixed(1)} µs`,
        ),
      ],
      details: { subscriptions: many, events, microsWithOne: round(one, 3), microsWithAll: round(all, 3), micros },
    };
  },
};

/** A subscription as the store keeps it. */
function oneSubscription(): Promise<StoredSubscription> {
  return inFolder("matching", async (folder) => {
    await createSubscriptions(folder, [{ url: "http://127.0.0.1:1/", events: [TYPE] }]);
    const store = await openSqliteStore({ path: path.join(folder, "hooks.db") });
    const [stored] = await store.loadSubscriptions();
    await store.close();
    return stored!;
  });
}

async function microsOfMatching(template: StoredSubscription, subscriptions: number, events: number): Promise<number> {
  const all = Array.from({ length: subscriptions }, (_, n): StoredSubscription => {
    const other = n % 2 === 0 ? `customer.subscription.s${n}` : `customer.s${n}.*`;
    return { ...template, rowId: n + 1, id: `${template.id}${n}`, events: n === 0 ? [TYPE] : [other] };
  });
  // The directory loads, and from there on only its memory is asked.
  const store = { loadSubscriptions: () => Promise.resolve(all) } as unknown as Store;
  const vault = new Vault({ env: {}, dataDirectory: "", random: randomBytes }, store);
  const directory = new SubscriptionDirectory(store, vault);
  await directory.load();
  const event = { id: "e", type: TYPE, timestamp: 0, version: undefined, data: new Uint8Array(), metadata: undefined };
  for (let n = 0; n < events / 10; n++) directory.takersOfEvent(SCOPE, event);
  let takers = 0;
  const startedAt = performance.now();
  for (let n = 0; n < events; n++) takers += directory.takersOfEvent(SCOPE, event).length;
  const tookMs = performance.now() - startedAt;
  if (takers !== events) throw new Error(`found ${takers} takers of ${events} events`);
  return (tookMs * 1_000) / events;
}

if (import.meta.main) console.dir(await matching.run("full"), { depth: 6 });
