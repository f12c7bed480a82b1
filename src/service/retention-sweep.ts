import { isPassing } from "../core/errors.ts";
import { inForce, type Retention, type RetentionKind } from "../core/retention.ts";
import { scopeKey } from "../core/scope.ts";
import { SweepPace } from "../core/sweep-pace.ts";
import type { CatalogueStore } from "../store/catalogue-store.ts";
import type { AgeSweep, HeaderSetSweep, RetentionStore, ScopeRow, SweepStep } from "../store/retention-store.ts";
import { readEnvironment } from "./environments.ts";

const EVERY_MS = 60_000;
/** What a start has to do by itself comes first. */
const FIRST_MS = 2_000;
const PAGES = 100;
/** How often what was left standing (a dead letter, what was waiting) is looked at again. */
const AGAIN_MS = 3_600_000;
/** How often headers that no attempt has any more are looked for. */
const WIPE_EVERY_MS = 86_400_000;
/** Looking at so many attempts takes as long as deleting a row. */
const ATTEMPTS_A_ROW = 10;

export interface RetentionSweepOptions {
  store: { retention: RetentionStore; catalogue: Pick<CatalogueStore, "loadEnvironments"> };
  defaults: Retention;
  /** Unix ms. */
  now(): number;
  /** ms of a clock that only goes forward. */
  elapsed(): number;
  /** After a sweep that deleted something. */
  onDeleted(deleted: Deleted): void;
  /** It cannot go on. */
  onFault(error: unknown): void;
}

/** Rows, by what is set for them. `events` counts no deliveries. */
export type Deleted = Partial<Record<RetentionKind, number>>;

/** How far back it has looked: what is before need not be walked over each minute. */
interface Cursors {
  events: number;
  attempts: number;
  dead_letters: number;
  /** Of the walk that passes by those that failed a short while ago. */
  old_dead_letters: number;
}

/**
 * Deletes what is older than is kept, once a minute, in portions whose size follows how long the last one took; between
 * two it rests. What is interrupted is done by the next sweep: nothing is remembered outside of the store but where to
 * look next.
 */
export class RetentionSweep {
  readonly #options: RetentionSweepOptions;
  readonly #cursors = new Map<number, Cursors>();
  readonly #pace = new SweepPace();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #rest: { end(): void } | undefined;
  #isStopped = false;
  #forgetAt = 0;
  #wipeAt = 0;
  /** What is kept for less than a minute is looked at as often. */
  #everyMs = EVERY_MS;

  constructor(options: RetentionSweepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#plan(FIRST_MS);
  }

  /** What is kept was changed. */
  wake(): void {
    this.#forgetAt = 0;
    if (this.#running === undefined && !this.#isStopped) this.#plan(0);
  }

  /** The step that is being done is waited for. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#rest?.end();
    await this.#running;
  }

  /** All that is old now, in every scope. */
  async sweep(): Promise<Deleted> {
    const { store, defaults, now, elapsed } = this.#options;
    if (this.#forgetAt <= elapsed()) {
      this.#cursors.clear();
      this.#forgetAt = elapsed() + AGAIN_MS;
    }
    const deleted: Deleted = {};
    this.#everyMs = EVERY_MS;
    const settings = new Map(
      (await store.catalogue.loadEnvironments()).map((stored) => [scopeKey(stored.scope), readEnvironment(stored)]),
    );
    const scopes = await store.retention.listScopes();
    for (const row of scopes) {
      if (this.#isStopped) break;
      const kept = inForce(settings.get(scopeKey(row.scope))?.retention, defaults);
      for (const span of Object.values(kept)) if (0 < span) this.#everyMs = Math.min(this.#everyMs, span);
      await this.#sweepScope(row, kept, now(), deleted, scopes.length);
    }
    if (0 < Object.keys(deleted).length) {
      await this.#wipeHeaders();
      await this.#giveBack();
    }
    return deleted;
  }

  /** `of`: so many scopes, each of which may take its share of the time. */
  async #sweepScope(
    { rowId: scopeRowId }: ScopeRow,
    kept: Retention,
    now: number,
    deleted: Deleted,
    of: number,
  ): Promise<void> {
    const { retention: store } = this.#options.store;
    const cursors = this.#cursors.get(scopeRowId) ?? { events: 0, attempts: 0, dead_letters: 0, old_dead_letters: 0 };
    this.#cursors.set(scopeRowId, cursors);
    const before = (kind: RetentionKind): number | undefined => (kept[kind] === 0 ? undefined : now - kept[kind]);
    const count = (kind: RetentionKind, rows: number): void => {
      if (0 < rows) deleted[kind] = (deleted[kind] ?? 0) + rows;
    };
    const walk = async (
      kind: "events" | "attempts" | "dead_letters",
      step: (limit: number, after: number, before: number) => Promise<SweepStep>,
      cursor: keyof Cursors = kind,
    ): Promise<void> => {
      const cutoff = before(kind);
      let last: number | undefined;
      const cameIn = ({ span }: SweepStep): number => {
        if (span === undefined) return 0;
        const ms = span.to - (last ?? span.from);
        last = span.to;
        return ms / of;
      };
      for (let isDone = cutoff === undefined; !isDone && !this.#isStopped; ) {
        const done = await this.#paced((limit) => step(limit, cursors[cursor], cutoff!), cameIn);
        count(kind, done.deleted);
        cursors[cursor] = done.after;
        isDone = done.isDone;
      }
    };
    const age = async (kind: RetentionKind, step: (sweep: AgeSweep) => Promise<number>): Promise<void> => {
      const cutoff = before(kind);
      for (let isDone = cutoff === undefined; !isDone && !this.#isStopped; ) {
        const { limit, rows } = await this.#paced(async (most) => {
          return { limit: most, rows: await step({ scopeRowId, before: cutoff!, limit: most }) };
        });
        count(kind, rows);
        isDone = rows < limit;
      }
    };
    await walk("events", (limit, after, cutoff) =>
      store.sweepEvents({ scopeRowId, before: cutoff, failedBefore: failedBefore(kept, now), after, limit }),
    );
    if (isShorter(kept.dead_letters, kept.events)) {
      const deadLetters =
        (passesYoung: boolean) =>
        (limit: number, after: number, cutoff: number): Promise<SweepStep> =>
          store.sweepDeadLetters({ scopeRowId, before: cutoff, after, limit, passesYoung });
      await walk("dead_letters", deadLetters(false));
      await walk("dead_letters", deadLetters(true), "old_dead_letters");
    }
    if (isShorter(kept.attempts, kept.events)) {
      await walk("attempts", (limit, after, cutoff) =>
        store.sweepAttempts({ scopeRowId, before: cutoff, after, limit }),
      );
    }
    await age("jobs", (sweep) => store.sweepJobs(sweep));
    await age("alerts", (sweep) => store.sweepAlerts(sweep));
    await age("audit", (sweep) => store.sweepAudit(sweep));
    await this.#besideEvents(before("events"), scopeRowId, (sweep) => store.sweepErased(sweep));
    await this.#besideEvents(before("events"), scopeRowId, (sweep) => store.sweepRequests(sweep));
  }

  /** What goes when events of its age do, and is not counted: marks of those that were erased, and what made none. */
  async #besideEvents(
    before: number | undefined,
    scopeRowId: number,
    step: (sweep: AgeSweep) => Promise<number>,
  ): Promise<void> {
    for (let isDone = before === undefined; !isDone && !this.#isStopped; ) {
      isDone = await this.#paced(async (limit) => (await step({ scopeRowId, before: before!, limit })) < limit);
    }
  }

  /** Headers that deleted attempts shared. It looks at all of the others, so it does not come often. */
  async #wipeHeaders(): Promise<void> {
    const { store, elapsed } = this.#options;
    if (elapsed() < this.#wipeAt) return;
    let sweep: HeaderSetSweep | undefined;
    do {
      sweep = await this.#paced((limit) => store.retention.sweepHeaderSets(sweep, limit * ATTEMPTS_A_ROW));
    } while (sweep !== undefined && !this.#isStopped);
    this.#wipeAt = elapsed() + WIPE_EVERY_MS;
  }

  async #giveBack(): Promise<void> {
    const { retention } = this.#options.store;
    for (let hasMore = true; hasMore && !this.#isStopped; ) {
      hasMore = await this.#paced(() => retention.giveBack(PAGES, "some"));
    }
  }

  /** One step, and the rest after it. */
  async #paced<T>(step: (limit: number) => Promise<T>, cameIn?: (done: T) => number): Promise<T> {
    const { elapsed } = this.#options;
    const from = elapsed();
    const done = await step(this.#pace.limit);
    const restMs = this.#pace.rest(elapsed() - from, cameIn?.(done));
    if (!this.#isStopped) await this.#sleep(restMs);
    return done;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#rest?.end(), ms);
      this.#rest = {
        end: () => {
          clearTimeout(timer);
          this.#rest = undefined;
          resolve();
        },
      };
    });
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
        // It was woken meanwhile.
        if (!this.#isStopped) this.#plan(this.#forgetAt === 0 ? 0 : this.#everyMs);
      });
    }, ms);
  }

  async #run(): Promise<void> {
    try {
      const deleted = await this.sweep();
      if (0 < Object.keys(deleted).length) this.#options.onDeleted(deleted);
    } catch (error) {
      if (this.#isStopped || isPassing(error)) return;
      this.#options.onFault(error);
    }
  }
}

/** From when on one that failed keeps its event; undefined: always. No shorter than its event is kept anyway. */
function failedBefore(kept: Retention, now: number): number | undefined {
  if (kept.dead_letters === 0) return undefined;
  return now - Math.max(kept.dead_letters, kept.events);
}

/** 0 is for ever. */
function isShorter(one: number, other: number): boolean {
  return one !== 0 && (other === 0 || one < other);
}
