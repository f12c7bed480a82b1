import { AlertBook, type DueAlert, type LaneMeasure } from "../core/alert-book.ts";
import type { AlertRule } from "../core/alert-rule.ts";
import { isOperationalType } from "../core/event-pattern.ts";
import type { IdSource } from "../core/ids.ts";
import type { Scope } from "../core/scope.ts";
import type { Transport } from "../core/subscription.ts";
import type { AlertStore, StoredAlert } from "../store/alert-store.ts";
import type { BacklogSurvey } from "./backlog-survey.ts";

/** After a failure: others that come with it are looked at together. */
const SOON_MS = 200;
/** While something fires: alerts end by themselves. */
const AGAIN_MS = 1_000;
const BACKLOG_EVERY_MS = 2_500;
const TIDY_EVERY_MS = 60_000;
/** The store did not take it. */
const AFTER_FAULT_MS = 5_000;

/** An attempt, as far as alerts count it. */
export interface CountedAttempt extends Scope {
  subscriptionId: string;
  transport: Transport;
  eventType: string;
  outcome: "success" | "failure";
}

export interface AlertWatchOptions {
  store: Pick<AlertStore, "beginAlert" | "endAlert" | "loadFiring">;
  /** As they are now; `refresh` asks again. */
  rules(): readonly AlertRule[];
  survey: Pick<BacklogSurvey, "read">;
  /** ms of a clock that only goes forward. */
  running(): number;
  /** Unix ms. */
  now(): number;
  newId: IdSource;
  /** These have a new event that tells of it. */
  wake(subscriptionRowIds: readonly number[]): void;
  onNews(alert: StoredAlert): void;
  /** The store could not be read or written. It is tried again. */
  onFault(error: unknown): void;
}

/**
 * Watches attempts and what waits, and begins and ends alerts in the store, which tells whoever takes `hooks.alert.…`
 * events in the same commit. What fires stands in the store: a restart neither forgets it nor begins it twice. Attempts
 * with events of hooks itself count for nothing, and neither do those of listeners.
 */
export class AlertWatch {
  readonly #options: AlertWatchOptions;
  readonly #book: AlertBook;
  /** By the book's key. */
  readonly #firing = new Map<string, StoredAlert>();
  #timer: NodeJS.Timeout | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  #tidyAt = 0;
  #running: Promise<void> | undefined;
  #isStopped = false;
  /** Keys of alerts that fire and whose rule is gone. */
  #gone: string[] = [];

  constructor(options: AlertWatchOptions) {
    this.#options = options;
    this.#book = new AlertBook([]);
  }

  /** Takes over what fires, and ends what no rule asks for any more. */
  async start(): Promise<void> {
    const { store, running } = this.#options;
    this.#book.setRules(this.#options.rules());
    for (const alert of await store.loadFiring()) {
      if (this.#book.restore(alert.rule.text, alert, running())) {
        this.#firing.set(AlertBook.keyOf(alert.rule, alert), alert);
      } else await this.#end(alert, alert.value);
    }
    this.#sleep();
  }

  /** The rules may be others: alerts of those that are gone end. */
  refresh(): void {
    this.#gone.push(...this.#book.setRules(this.#options.rules()));
    this.#wakeIn(SOON_MS);
  }

  /** On the hot path: what costs anything is a failure. */
  attempt(attempt: CountedAttempt): void {
    const { subscriptionId, transport, eventType, outcome } = attempt;
    if (transport !== "http" || isOperationalType(eventType)) return;
    const isFailure = outcome === "failure";
    this.#book.attempt(attempt, subscriptionId, isFailure, this.#options.running());
    if (isFailure) this.#wakeIn(SOON_MS);
  }

  /** Which fire now. */
  get firing(): readonly StoredAlert[] {
    return [...this.#firing.values()];
  }

  /** What is being written is waited for. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Looks now. */
  async look(): Promise<void> {
    const { running, survey } = this.#options;
    for (let key = this.#gone[0]; key !== undefined; key = this.#gone[0]) {
      const alert = this.#firing.get(key);
      if (alert !== undefined) await this.#end(alert, alert.value);
      this.#firing.delete(key);
      this.#gone.shift();
    }
    const due = this.#book.look(running());
    if (this.#book.watchesBacklog) {
      const { lanes, scopes } = await survey.read();
      due.push(...this.#book.lookAtBacklog(lanes.map(laneOf), scopes.map(scopeOf), running()));
    }
    for (const one of due) await this.#settle(one);
    if (this.#tidyAt <= running()) {
      this.#book.tidy(running());
      this.#tidyAt = running() + TIDY_EVERY_MS;
    }
  }

  async #settle({ key, rule, scope, subscription, fires, value }: DueAlert): Promise<void> {
    const { store, newId, now, wake, onNews } = this.#options;
    if (!fires) {
      const alert = this.#firing.get(key);
      if (alert !== undefined) await this.#end(alert, value);
      this.#firing.delete(key);
      this.#book.settled(key, false);
      return;
    }
    const alert = { id: newId("alr"), scope, subscription, rule, value, beganAt: now() };
    const told = await store.beginAlert(alert);
    if (told === undefined) {
      this.#book.forget(key);
      return;
    }
    const begun = { ...alert, rowId: 0, endedAt: undefined };
    this.#firing.set(key, begun);
    this.#book.settled(key, true);
    onNews(begun);
    wake(told);
  }

  async #end(alert: StoredAlert, value: number): Promise<void> {
    const { store, now, wake, onNews } = this.#options;
    const endedAt = now();
    const told = await store.endAlert(alert.id, value, endedAt);
    if (told === undefined) return;
    onNews({ ...alert, value, endedAt });
    wake(told);
  }

  #sleep(): void {
    if (this.#book.watchesBacklog) this.#wakeIn(BACKLOG_EVERY_MS);
    if (this.#book.isBusy) this.#wakeIn(AGAIN_MS);
    else this.#wakeIn(TIDY_EVERY_MS);
  }

  #wakeIn(ms: number): void {
    const at = this.#options.running() + ms;
    if (this.#isStopped || this.#running !== undefined || this.#wakeAt <= at) return;
    clearTimeout(this.#timer);
    this.#wakeAt = at;
    this.#timer = setTimeout(() => this.#run(), ms).unref();
  }

  #run(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    let again: number | undefined;
    this.#running = this.look()
      .catch((error: unknown) => {
        again = AFTER_FAULT_MS;
        if (!this.#isStopped) this.#options.onFault(error);
      })
      .finally(() => {
        this.#running = undefined;
        if (again === undefined) this.#sleep();
        else this.#wakeIn(again);
      });
  }
}

function laneOf({ scope, id, pending, retrying, ageMs }: LaneSurveyed): LaneMeasure {
  return { scope, subscription: id, waiting: pending + retrying, ageMs };
}

function scopeOf({ scope, pending, retrying, ageMs }: Omit<LaneSurveyed, "id">): LaneMeasure {
  return { scope, subscription: undefined, waiting: pending + retrying, ageMs };
}

interface LaneSurveyed {
  scope: Scope;
  id: string;
  pending: number;
  retrying: number;
  ageMs: number;
}
