import type { RecordedAttempt } from "../../src/core/delivery.ts";
import { HooksError } from "../../src/core/errors.ts";
import type { RecordReceipt, Store } from "../../src/store/store.ts";
import type { SimulatedDaemon } from "./simulated-daemon.ts";
import type { World } from "./world.ts";

/** So many claims within so long are a storm, when nothing is sent. */
const STORM_CLAIMS = 200;
const STORM_MS = 10_000;
const READS = /^(find|list|load|count|next)/;

/**
 * The store as a process sees it: reads may find it locked, results are judged before they are written, claims are
 * counted, and a dead process gets no answer.
 */
export function guardStore(world: World, process: SimulatedDaemon, store: Store): Store {
  const claims = new ClaimCounter(world);
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      const method = member.bind(target) as (...args: unknown[]) => unknown;
      if (typeof name === "string" && READS.test(name)) {
        return (...args: unknown[]) => {
          if (!process.owner.isAlive) return new Promise(() => {});
          if (world.disk.refusesRead()) return Promise.reject(new HooksError("store_busy", "the store is locked"));
          return method(...args);
        };
      }
      if (name === "claimDue") {
        return (...args: unknown[]) => {
          claims.add();
          return method(...args);
        };
      }
      if (name === "recordAttempts") {
        return (worker: string, attempts: readonly RecordedAttempt[]) =>
          record(world, process, attempts, () => method(worker, attempts) as Promise<RecordReceipt>);
      }
      return method;
    },
  });
}

async function record(
  world: World,
  process: SimulatedDaemon,
  attempts: readonly RecordedAttempt[],
  write: () => Promise<RecordReceipt>,
): Promise<RecordReceipt> {
  if (process.owner.isAlive) for (const attempt of attempts) world.checks.recordStarts(process, attempt);
  const receipt = await write();
  for (const { subscriptionRowId, reason } of receipt.disabled) {
    world.count(reason === "gone" ? "disabled by 410" : "disabled by its failures");
    const subscription = world.ledger.subscriptionsByRow.get(subscriptionRowId)!;
    subscription.settledAt ??= world.time.now;
  }
  return receipt;
}

/** Claims are driven by news and due times: many more of them than anything happens are a loop. */
class ClaimCounter {
  readonly #world: World;
  #spanFrom = 0;
  #claims = 0;
  #requestsBefore = 0;

  constructor(world: World) {
    this.#world = world;
  }

  add(): void {
    const { time, ledger } = this.#world;
    if (this.#spanFrom + STORM_MS < time.now) {
      this.#spanFrom = time.now;
      this.#claims = 0;
      this.#requestsBefore = ledger.requests.length;
    }
    this.#claims += 1;
    const most = STORM_CLAIMS + 10 * (ledger.requests.length - this.#requestsBefore);
    if (most < this.#claims) {
      this.#world.violate("no storm", `${this.#claims} claims in ${time.now - this.#spanFrom} ms`);
    }
  }
}
