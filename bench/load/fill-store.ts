import path from "node:path";
import { EgressRules } from "../../src/core/egress/egress-rules.ts";
import { parseNetList } from "../../src/core/egress/net-list.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import type { SubscriptionInput } from "../../src/core/subscription.ts";
import { openLocalService } from "../../src/service/open-local.ts";
import { DATA, EVENT_TYPE, KEY, SCOPE } from "./payload.ts";

const BATCH = 1_000;

/** Of receivers that have one: see slow-names.ts. */
const NAMES = parseNetList(["*.example"], "allow", "--allow-net");

/** What every bench's subscriptions are signed with. */
const SECRET = `whsec_${KEY.toString("base64")}`;

/** Works on the store in this folder (HOOKS_HOME) as a command does, while no daemon runs. */
export async function withService<T>(folder: string, work: (service: HooksService) => Promise<T>): Promise<T> {
  const local = await openLocalService({
    storePath: path.join(folder, "hooks.db"),
    dataDirectory: folder,
    mode: "inline",
    now: Date.now,
    env: {},
    version: "0.0.0-bench",
    send: () => Promise.resolve({ kind: "not_sent" }),
    // Nobody is sent to by this process: what the daemon may send to is its own matter.
    egress: async () => ({
      rules: new EgressRules({ allow: NAMES, deny: [], isLoopbackOnly: true }),
      lookUp: async () => ({ kind: "failed", code: "ENODATA", keepMs: 0 }),
    }),
    onFatal: (error) => {
      throw error;
    },
  });
  try {
    return await work(local.serviceFor(SCOPE));
  } finally {
    await local.close();
  }
}

/** Creates subscriptions; answers their ids. */
export function createSubscriptions(folder: string, inputs: readonly SubscriptionInput[]): Promise<string[]> {
  return withService(folder, async (service) => {
    const ids: string[] = [];
    for (const input of inputs) ids.push((await service.createSubscription({ secret: SECRET, ...input })).id);
    return ids;
  });
}

/** Publishes so many events; nothing sends them until a daemon runs. */
export function publishMany(folder: string, count: number, type = EVENT_TYPE): Promise<void> {
  const event = { type, data: Buffer.from(DATA) };
  return withService(folder, async (service) => {
    for (let left = count; 0 < left; left -= BATCH) {
      await service.publishBatch(Array(Math.min(left, BATCH)).fill(event), { atomic: true });
    }
  });
}
