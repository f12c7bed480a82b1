import { type Scope, scopeKey } from "../core/scope.ts";
import type { FiguresStore } from "../store/figures-store.ts";
import type { DeliveryStore } from "../store/store.ts";

/** How old an answer may be, ms. */
const GOOD_FOR_MS = 2_000;
/** Of this thread's time looking takes at most this share. */
const MOST_OF_TIME = 1 / 50;
/** So long it looks without letting anybody else have a turn, ms. */
const SLICE_MS = 5;
/** Lanes whose due times are asked for at once. */
const LANES_AT_ONCE = 500;
/** Of one kind in one lane; beyond, the number is this one. */
const MOST_COUNTED = 100_000;

/** A subscription, as far as its backlog is looked at. */
export interface SurveyedSubscription {
  rowId: number;
  /** `sub_…` */
  id: string;
  scope: Scope;
  /** It is neither disabled nor paused: what is due is late. */
  takes: boolean;
}

export interface LaneSurvey extends SurveyedSubscription {
  pending: number;
  retrying: number;
  /** How long what is most overdue has been due, ms; 0: nothing is, or it takes nothing. */
  ageMs: number;
}

export interface ScopeSurvey {
  scope: Scope;
  pending: number;
  retrying: number;
  ageMs: number;
  /** Deliveries that ended as failed. */
  failed: number;
}

export interface Survey {
  /** Of which something waits. */
  lanes: readonly LaneSurvey[];
  scopes: readonly ScopeSurvey[];
}

export interface BacklogSurveyOptions {
  store: { figures: Pick<FiguresStore, "countLane" | "countFailed">; nextDueTimes: DeliveryStore["nextDueTimes"] };
  subscriptions(): Iterable<SurveyedSubscription>;
  /** Unix ms. */
  now(): number;
  /** ms of a clock that only goes forward. */
  running(): number;
  /** Lets others have a turn. */
  pause(): Promise<void>;
}

/**
 * What waits, by subscription and by scope, for metrics and alerts. It is read from indexes in slices of a few
 * milliseconds, and the next look is the further away the longer the last one took.
 */
export class BacklogSurvey {
  readonly #options: BacklogSurveyOptions;
  #latest: Survey = { lanes: [], scopes: [] };
  #oldAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<Survey> | undefined;

  constructor(options: BacklogSurveyOptions) {
    this.#options = options;
  }

  /** At most a few seconds old. */
  read(): Promise<Survey> {
    if (this.#looking !== undefined) return this.#looking;
    if (this.#options.running() < this.#oldAt) return Promise.resolve(this.#latest);
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<Survey> {
    const { store, subscriptions, now, running, pause } = this.#options;
    const all = [...subscriptions()];
    let worked = 0;
    let sliceFrom = running();
    const mayPause = async (): Promise<void> => {
      const spent = running() - sliceFrom;
      if (spent < SLICE_MS) return;
      worked += spent;
      await pause();
      sliceFrom = running();
    };
    const lanes: LaneSurvey[] = [];
    const scopes = new Map<string, ScopeSurvey>();
    for (let from = 0; from < all.length; from += LANES_AT_ONCE) {
      const portion = all.slice(from, from + LANES_AT_ONCE);
      const dueTimes = await store.nextDueTimes(portion.map(({ rowId }) => rowId));
      await mayPause();
      for (const subscription of portion) {
        const summed = scopeOf(scopes, subscription.scope);
        const dueAt = dueTimes.get(subscription.rowId);
        if (dueAt === undefined) continue;
        const { pending, retrying } = await store.figures.countLane(subscription.rowId, MOST_COUNTED);
        const ageMs = subscription.takes ? Math.max(0, now() - dueAt) : 0;
        lanes.push({ ...subscription, pending, retrying, ageMs });
        summed.pending += pending;
        summed.retrying += retrying;
        summed.ageMs = Math.max(summed.ageMs, ageMs);
        await mayPause();
      }
    }
    for (const one of scopes.values()) {
      one.failed = await store.figures.countFailed(one.scope, MOST_COUNTED);
      await mayPause();
    }
    const at = running();
    this.#oldAt = at + Math.max(GOOD_FOR_MS, (worked + at - sliceFrom) / MOST_OF_TIME);
    this.#latest = { lanes, scopes: [...scopes.values()] };
    return this.#latest;
  }
}

function scopeOf(scopes: Map<string, ScopeSurvey>, scope: Scope): ScopeSurvey {
  const key = scopeKey(scope);
  let found = scopes.get(key);
  if (found === undefined) {
    found = { scope, pending: 0, retrying: 0, ageMs: 0, failed: 0 };
    scopes.set(key, found);
  }
  return found;
}
