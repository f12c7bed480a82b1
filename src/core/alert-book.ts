import { type AlertRule, concerns } from "./alert-rule.ts";
import { firesAfter, type Measured, measuredValue, SlidingCounts } from "./alert-state.ts";
import { type Scope, scopeKey } from "./scope.ts";

/** What a rule watches: an environment, or one subscription in it. */
export interface AlertTarget {
  scope: Scope;
  /** `sub_…`; undefined: all together. */
  subscription: string | undefined;
}

/** What should fire and does not, or the other way round. */
export interface DueAlert extends AlertTarget {
  key: string;
  rule: AlertRule;
  fires: boolean;
  value: number;
}

interface Watched extends AlertTarget {
  key: string;
  rule: AlertRule;
  /** Undefined: it watches what waits. */
  counts: SlidingCounts | undefined;
  isFiring: boolean;
  /** From then on a whole window was seen: an alert of the process before may end. */
  seenFrom: number;
}

export interface LaneMeasure extends AlertTarget {
  waiting: number;
  ageMs: number;
}

interface ScopeRules {
  ofFailures: readonly AlertRule[];
  ofBacklog: readonly AlertRule[];
}

/** Targets of one rule at most; what is beyond is not watched. */
const MOST_TARGETS = 10_000;

/**
 * Which alerts should fire, from attempts and from what waits. Pure: times are arguments, ms of a clock that does not go
 * back. What it says is due stays due until `settled`, so that whoever stores it may fail and come again.
 */
export class AlertBook {
  #rules: readonly AlertRule[] = [];
  #hasBacklog = false;
  /** Some rule wants to know of attempts that succeeded. */
  #countsAll = false;
  /** Those that concern a tenant and environment. */
  readonly #ofScopes = new Map<string, ScopeRules>();
  readonly #watched = new Map<string, Watched>();
  readonly #targets = new Map<AlertRule, number>();
  /** Those with a failure since the last look. */
  readonly #touched = new Set<Watched>();
  readonly #firing = new Set<Watched>();

  constructor(rules: readonly AlertRule[]) {
    this.setRules(rules);
  }

  /**
   * Watches these from now on. What is counted for a rule that stays is kept. Returns the keys of alerts that fire, and
   * whose rule is gone: they are forgotten here.
   */
  setRules(rules: readonly AlertRule[]): string[] {
    const before = new Map(this.#rules.map((rule) => [identityOf(rule), rule]));
    this.#rules = rules.map((rule) => before.get(identityOf(rule)) ?? rule);
    this.#hasBacklog = this.#rules.some(({ windowMs }) => windowMs === 0);
    this.#countsAll = this.#rules.some(({ kind }) => kind === "failure_rate");
    this.#ofScopes.clear();
    const kept = new Set(this.#rules);
    const gone: string[] = [];
    for (const watched of [...this.#watched.values()]) {
      if (kept.has(watched.rule)) continue;
      if (watched.isFiring) gone.push(watched.key);
      this.forget(watched.key);
    }
    for (const rule of this.#targets.keys()) if (!kept.has(rule)) this.#targets.delete(rule);
    return gone;
  }

  /** Whether there are rules that look at what waits. */
  get watchesBacklog(): boolean {
    return this.#hasBacklog;
  }

  /** Something has to be looked at again, though nothing happens: alerts end by themselves. */
  get isBusy(): boolean {
    return this.#firing.size !== 0 || this.#touched.size !== 0;
  }

  /** Takes over what fires already. False: no rule asks for it any more. `ruleText`: of the rule. */
  restore(ruleText: string, target: AlertTarget, now: number): boolean {
    const rule = this.#rules.find((one) => one.text === ruleText && concerns(one, target.scope));
    if (rule === undefined) return false;
    const watched = this.#watch(rule, target, now);
    if (watched === undefined) return false;
    watched.isFiring = true;
    watched.seenFrom = now + rule.windowMs;
    this.#firing.add(watched);
    return true;
  }

  attempt(scope: Scope, subscription: string, isFailure: boolean, now: number): void {
    if (!isFailure && !this.#countsAll) return;
    for (const rule of this.#rulesOf(scope).ofFailures) {
      if (!isFailure && rule.kind !== "failure_rate") continue;
      const target = { scope, subscription: rule.per === "subscription" ? subscription : undefined };
      const watched = this.#watch(rule, target, now);
      if (watched === undefined) continue;
      watched.counts!.add(isFailure, now);
      if (isFailure) this.#touched.add(watched);
    }
  }

  /** What is due after these attempts, and after time has passed. */
  look(now: number): DueAlert[] {
    const due: DueAlert[] = [];
    const looked = new Set([...this.#touched, ...this.#firing]);
    this.#touched.clear();
    for (const watched of looked) {
      if (watched.counts !== undefined) this.#judge(watched, watched.counts.read(now), now, due);
    }
    return due;
  }

  /** The same after a look at what waits: in subscriptions of which something does, and in every environment. */
  lookAtBacklog(lanes: readonly LaneMeasure[], scopes: readonly LaneMeasure[], now: number): DueAlert[] {
    const due: DueAlert[] = [];
    const looked = new Set<Watched>();
    for (const [targets, per] of [
      [scopes, "environment"],
      [lanes, "subscription"],
    ] as const) {
      for (const target of targets) {
        for (const rule of this.#rulesOf(target.scope).ofBacklog) {
          if (rule.per !== per) continue;
          const value = rule.kind === "backlog" ? target.waiting : target.ageMs;
          // Only what may fire is remembered.
          const known = this.#watched.get(AlertBook.keyOf(rule, target));
          if (known === undefined && value <= rule.threshold) continue;
          const watched = known ?? this.#watch(rule, target, now);
          if (watched === undefined) continue;
          looked.add(watched);
          this.#judge(watched, { value }, now, due);
        }
      }
    }
    for (const watched of this.#firing) {
      if (watched.counts === undefined && !looked.has(watched)) this.#judge(watched, { value: 0 }, now, due);
    }
    return due;
  }

  /** It is stored: from now on it is so. */
  settled(key: string, fires: boolean): void {
    const watched = this.#watched.get(key);
    if (watched === undefined) return;
    watched.isFiring = fires;
    this.#touched.delete(watched);
    if (fires) this.#firing.add(watched);
    else this.#firing.delete(watched);
  }

  /** It cannot be stored, and never will be: its subscription is gone. */
  forget(key: string): void {
    const watched = this.#watched.get(key);
    if (watched === undefined) return;
    this.#touched.delete(watched);
    this.#firing.delete(watched);
    this.#drop(watched);
  }

  /** Forgets what has been quiet for a whole window; to be called now and then. */
  tidy(now: number): void {
    for (const watched of this.#watched.values()) {
      if (watched.isFiring || this.#touched.has(watched)) continue;
      if (watched.counts !== undefined && watched.counts.read(now).attempts !== 0) continue;
      this.#drop(watched);
    }
  }

  #rulesOf(scope: Scope): ScopeRules {
    const key = scopeKey(scope);
    const known = this.#ofScopes.get(key);
    if (known !== undefined) return known;
    const own = this.#rules.filter((rule) => concerns(rule, scope));
    const rules = {
      ofFailures: own.filter(({ windowMs }) => windowMs !== 0),
      ofBacklog: own.filter(({ windowMs }) => windowMs === 0),
    };
    this.#ofScopes.set(key, rules);
    return rules;
  }

  #drop({ key, rule }: Watched): void {
    this.#watched.delete(key);
    this.#targets.set(rule, this.#targets.get(rule)! - 1);
  }

  /** What a rule's alert of a target is called here. */
  static keyOf({ text }: Pick<AlertRule, "text">, { scope, subscription }: AlertTarget): string {
    return `${text}/${scopeKey(scope)}/${subscription ?? ""}`;
  }

  #judge(watched: Watched, measured: Measured, now: number, due: DueAlert[]): void {
    const { key, rule, scope, subscription, isFiring } = watched;
    const fires = firesAfter(rule, isFiring, measured);
    if (fires === isFiring || (isFiring && now < watched.seenFrom)) return;
    due.push({ key, rule, scope, subscription, fires, value: measuredValue(rule, measured) });
    // Until it is stored it is looked at each time.
    this.#touched.add(watched);
  }

  #watch(
    rule: AlertRule,
    { scope: { tenant, environment }, subscription }: AlertTarget,
    now: number,
  ): Watched | undefined {
    const scope = { tenant, environment };
    const key = AlertBook.keyOf(rule, { scope, subscription });
    const known = this.#watched.get(key);
    if (known !== undefined) return known;
    const targets = this.#targets.get(rule) ?? 0;
    if (MOST_TARGETS <= targets) return undefined;
    this.#targets.set(rule, targets + 1);
    const counts = rule.windowMs === 0 ? undefined : new SlidingCounts(rule.windowMs);
    const watched = { key, rule, scope, subscription, counts, isFiring: false, seenFrom: now };
    this.#watched.set(key, watched);
    return watched;
  }
}

function identityOf({ text, tenant, environment }: AlertRule): string {
  return `${tenant ?? "*"}/${environment ?? "*"}/${text}`;
}
