import { invalid } from "./errors.ts";
import { EVENT_TYPE_MAX_LENGTH, EVENT_TYPE_PATTERN } from "./event.ts";

// A pattern is an exact event type, "*", or a prefix that ends in ".*": `claim.*` takes `claim.approved` and
// `claim.processing.started`, not `claim`. Whole segments are compared and no regular expression is built from what a
// user wrote, so matching is linear. "*" never takes the operational events under `hooks.`.

const OPERATIONAL_PREFIX = "hooks.";

export function isOperationalType(type: string): boolean {
  return type.startsWith(OPERATIONAL_PREFIX);
}

export function isEventType(text: string): boolean {
  return text.length <= EVENT_TYPE_MAX_LENGTH && EVENT_TYPE_PATTERN.test(text);
}

export function isEventPattern(text: string): boolean {
  if (text === "*") return true;
  return isEventType(text.endsWith(".*") ? text.slice(0, -2) : text);
}

/** @throws HooksError `invalid_request` naming `field` when `type` is not an event type. */
export function checkEventType(type: unknown, field: string): string {
  if (typeof type === "string" && isEventType(type)) return type;
  throw invalid(
    field,
    `${field} must be names of A-Z, a-z, 0-9, "_" and "-" joined by dots, at most ${EVENT_TYPE_MAX_LENGTH} characters`,
    "for example: invoice.paid",
  );
}

/** @throws HooksError `invalid_request` naming `field` when `pattern` is none. */
export function checkEventPattern(pattern: unknown, field: string): string {
  if (typeof pattern === "string" && isEventPattern(pattern)) return pattern;
  throw invalid(
    field,
    `${field} must be an event type, a prefix that ends in ".*", or "*"`,
    "for example: invoice.paid, invoice.* or *",
  );
}

export function patternTakes(pattern: string, type: string): boolean {
  if (pattern === "*") return !isOperationalType(type);
  if (!pattern.endsWith(".*")) return pattern === type;
  return pattern.length - 1 < type.length && type.startsWith(pattern.slice(0, -1));
}

/**
 * Which of many subscriptions take an event type: exact names and prefixes in maps, so that the cost depends on the
 * type's segments and on how many match, not on how many subscriptions there are.
 */
export class PatternIndex<T> {
  readonly #exact = new Map<string, Set<T>>();
  /** Key: the prefix with its dot, `claim.` */
  readonly #prefixes = new Map<string, Set<T>>();
  readonly #everything = new Set<T>();

  add(patterns: readonly string[], value: T): void {
    for (const pattern of patterns) this.#setOf(pattern, true)?.add(value);
  }

  remove(patterns: readonly string[], value: T): void {
    for (const pattern of patterns) this.#setOf(pattern, false)?.delete(value);
  }

  /** Each taker once, whatever the number of its patterns that match. */
  takers(type: string): Set<T> {
    const takers = new Set(this.#exact.get(type));
    if (this.#prefixes.size !== 0) {
      for (let dot = type.indexOf("."); dot !== -1; dot = type.indexOf(".", dot + 1)) {
        for (const taker of this.#prefixes.get(type.slice(0, dot + 1)) ?? []) takers.add(taker);
      }
    }
    if (!isOperationalType(type)) for (const taker of this.#everything) takers.add(taker);
    return takers;
  }

  #setOf(pattern: string, create: boolean): Set<T> | undefined {
    if (pattern === "*") return this.#everything;
    const isPrefix = pattern.endsWith(".*");
    const map = isPrefix ? this.#prefixes : this.#exact;
    const key = isPrefix ? pattern.slice(0, -1) : pattern;
    let set = map.get(key);
    if (set === undefined && create) {
      set = new Set();
      map.set(key, set);
    }
    return set;
  }
}
