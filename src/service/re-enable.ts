import { nextProbeAt } from "../core/health.ts";
import type { TestResult } from "../core/hooks-service.ts";
import type { StoredSubscription } from "../store/store.ts";
import { wakeOperationalTakers } from "./operational-takers.ts";
import type { ServiceParts } from "./service-parts.ts";
import { testSubscription } from "./test-subscription.ts";

const HOUR_MS = 3_600_000;
/** The longest sleep: a timer does not notice that the clock was set. */
const MAX_SLEEP_MS = 60_000;
/** Probes at a time: a thousand receivers that were disabled together are not asked in one burst. */
const MAX_AT_ONCE = 4;

export interface ReEnablerOptions {
  parts: ServiceParts;
  /** Between the probes of one subscription. Default: an hour. */
  intervalMs?: number | undefined;
  /** After each probe. `isEnabled`: it was taken, and the subscription is enabled. */
  onProbed?: ((subscription: StoredSubscription, result: TestResult, isEnabled: boolean) => void) | undefined;
  /** The store could not be asked or written. The next probe tries again. */
  onFault(error: unknown): void;
}

interface Planned {
  stored: StoredSubscription;
  /** Unix ms. */
  at: number;
}

/**
 * Sends a test event, once an hour, to each subscription that its failures disabled and whose owner wants it
 * (`auto_disable.re_enable: "probe"`), and enables the one that takes it with a 2xx. One that was disabled by hand or by
 * a 410 is left alone.
 */
export class ReEnabler {
  readonly #options: ReEnablerOptions;
  readonly #intervalMs: number;
  /** By row id. */
  #planned = new Map<number, Planned>();
  #running = 0;
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: ReEnablerOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? HOUR_MS;
    this.#unsubscribe = options.parts.directory.onChange(() => this.#plan());
    this.#plan();
  }

  /** What is out is left alone: whatever it comes to, nothing follows. */
  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
  }

  /** Keeps the times of those that are still disabled, and plans the new ones. */
  #plan(): void {
    const { directory, now } = this.#options.parts;
    const at = now();
    const before = this.#planned;
    this.#planned = new Map();
    for (const stored of directory.toBeProbed()) {
      const known = before.get(stored.rowId);
      const isSame = known?.stored.disabledAt === stored.disabledAt;
      this.#planned.set(stored.rowId, { stored, at: isSame ? known!.at : this.#nextAt(stored, at) });
    }
    this.#sleep(at);
  }

  #nextAt({ disabledAt }: StoredSubscription, now: number): number {
    return nextProbeAt(disabledAt ?? now, now, this.#intervalMs);
  }

  #sleep(now: number): void {
    clearTimeout(this.#timer);
    if (this.#planned.size === 0 || this.#isStopped || MAX_AT_ONCE <= this.#running) return;
    let next = Number.POSITIVE_INFINITY;
    for (const planned of this.#planned.values()) {
      // What was planned by a clock that has been set back since would be further off.
      planned.at = Math.min(planned.at, now + this.#intervalMs);
      next = Math.min(next, planned.at);
    }
    this.#timer = setTimeout(() => this.#probeDue(), Math.min(Math.max(next - now, 0), MAX_SLEEP_MS));
  }

  #probeDue(): void {
    const now = this.#options.parts.now();
    for (const planned of this.#planned.values()) {
      if (MAX_AT_ONCE <= this.#running) break;
      if (now < planned.at) continue;
      planned.at = this.#nextAt(planned.stored, now);
      this.#running += 1;
      void this.#probe(planned.stored)
        .catch((error: unknown) => {
          if (!this.#isStopped) this.#options.onFault(error);
        })
        .finally(() => {
          this.#running -= 1;
          this.#sleep(this.#options.parts.now());
        });
    }
    this.#sleep(now);
  }

  async #probe(stored: StoredSubscription): Promise<void> {
    const { parts, onProbed } = this.#options;
    const { scope, id, rowId } = stored;
    const subscription = parts.directory.get(rowId);
    // Its secrets do not open: the daemon said so at its start.
    if (subscription === undefined) return;
    const result = await testSubscription(subscription, {}, parts);
    if (this.#isStopped) return;
    const isEnabled = result.success && (await parts.store.enableFailing(rowId, parts.now()));
    if (isEnabled) {
      await parts.directory.refresh(scope, id, rowId);
      wakeOperationalTakers(parts, scope);
    }
    onProbed?.(stored, result, isEnabled);
  }
}
