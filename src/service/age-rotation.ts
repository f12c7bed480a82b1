import type { StoredSubscription } from "../store/store.ts";
import { graceOfAge, type SecretRotations } from "./secret-rotations.ts";
import type { SubscriptionDirectory } from "./subscription-directory.ts";
import { readSettings } from "./subscription-resource.ts";

/** The longest sleep: a timer does not notice that the clock was set, and cannot be set for a month. */
const MAX_SLEEP_MS = 60_000;
/** After a failure: the store was locked, or a secret store elsewhere did not answer. */
const AGAIN_MS = 60_000;

export interface AgeRotationOptions {
  directory: SubscriptionDirectory;
  rotation: Pick<SecretRotations, "rotateByAge">;
  /** Unix ms. */
  now(): number;
  /** `graceMs`: so long the old one signs beside it. */
  onRotated?: ((subscription: StoredSubscription, graceMs: number) => void) | undefined;
  /** It could not be done, and is tried again. */
  onFault(error: unknown): void;
}

/**
 * Gives a subscription a new secret when its newest one is as old as its owner wants (`rotate_every`). When that is
 * stands in the store alone, and the store takes a rotation only where the newest secret is still the one that was too
 * old: so whatever is killed or started twice, each is rotated once.
 */
export class AgeRotation {
  readonly #options: AgeRotationOptions;
  readonly #unsubscribe: () => void;
  /** Row ids of those that failed, and when they are tried again. */
  readonly #failed = new Map<number, number>();
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: AgeRotationOptions) {
    this.#options = options;
    this.#unsubscribe = options.directory.onChange(() => this.#sleep());
    this.#sleep();
  }

  /** What is being written is waited for. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #sleep(): void {
    // What it does itself is such a change, too.
    if (this.#isStopped || this.#running !== undefined) return;
    clearTimeout(this.#timer);
    let next = Number.POSITIVE_INFINITY;
    for (const { stored, at } of this.#options.directory.toBeRotated()) next = Math.min(next, this.#dueAt(stored, at));
    if (next === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(Math.max(next - this.#options.now(), 0), MAX_SLEEP_MS);
    this.#timer = setTimeout(() => {
      this.#running = this.#rotateDue().finally(() => {
        this.#running = undefined;
        this.#sleep();
      });
    }, waitMs);
  }

  #dueAt({ rowId }: StoredSubscription, at: number): number {
    return Math.max(at, this.#failed.get(rowId) ?? 0);
  }

  async #rotateDue(): Promise<void> {
    const { directory, rotation, now, onRotated, onFault } = this.#options;
    // A list first: rotating changes the directory.
    const due = [...directory.toBeRotated()].filter(({ stored, at }) => this.#dueAt(stored, at) <= now());
    for (const { stored } of due) {
      if (this.#isStopped) return;
      try {
        const everyMs = readSettings(stored).rotateEveryMs ?? 0;
        this.#failed.delete(stored.rowId);
        if (await rotation.rotateByAge(stored, everyMs)) onRotated?.(stored, graceOfAge(everyMs));
        else await directory.refresh(stored.scope, stored.id, stored.rowId);
      } catch (error) {
        this.#failed.set(stored.rowId, now() + AGAIN_MS);
        if (!this.#isStopped) onFault(error);
      }
    }
  }
}
