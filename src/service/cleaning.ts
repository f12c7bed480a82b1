import { setTimeout as sleep } from "node:timers/promises";
import { FileCleaning, type JobStep } from "./file-cleaning.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Where no daemon runs, whoever erases cleans; for so long it waits for somebody who reads the log, ms. */
const PATIENCE_MS = 5_000;

/**
 * Erases what deleted tenants and sources have left, and cleans the files after everything that was erased but by a purge,
 * which does so itself. That it is owed stands in the store: a crash in between does not make it forgotten.
 */
export class Cleaning {
  readonly #parts: ServiceParts;
  /** After which count of erasings. */
  #current: { owed: number; files: FileCleaning } | undefined;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** As a job (job-runner.ts): one, of the count of erasings; none when nothing is owed. */
  async listRunning(): Promise<number[]> {
    const owed = await this.#parts.store.purges.cleaningOwed();
    return owed === 0 ? [] : [owed];
  }

  async step(owed: number): Promise<JobStep> {
    const { purges } = this.#parts.store;
    if (this.#current?.owed !== owed) {
      // The last look finds none, and takes what names of theirs are left.
      if (0 < (await this.#erase())) return { goesOn: true, nextAt: undefined };
      this.#current = { owed, files: new FileCleaning(this.#parts) };
    }
    const step = await this.#current.files.step();
    if (step.goesOn) return step;
    this.#current = undefined;
    return { goesOn: !(await purges.settleCleaning(owed)), nextAt: undefined };
  }

  /** A tenant or sources were deleted: what they had is erased when this returns, and the files are cleaned as `begin` says. */
  async eraseDeleted(): Promise<void> {
    await this.#erase();
    await this.begin();
  }

  /** Something was erased: the daemon cleans, or else it is done now. */
  async begin(): Promise<void> {
    const { cleaningRunner, hasDaemon, now } = this.#parts;
    if (cleaningRunner !== undefined) return cleaningRunner.wake();
    if (hasDaemon?.() === true) return;
    const until = performance.now() + PATIENCE_MS;
    for (let isWaiting = false; !isWaiting || performance.now() < until; ) {
      const [owed] = await this.listRunning();
      if (owed === undefined) return;
      const { nextAt } = await this.step(owed);
      isWaiting = nextAt !== undefined;
      if (isWaiting) await sleep(Math.max(0, nextAt! - now()));
    }
  }

  /** Answers how many rows tenants had. */
  async #erase(): Promise<number> {
    const { admin, sources } = this.#parts.store;
    await sources.eraseDeleted();
    return admin.eraseDeleted();
  }
}
