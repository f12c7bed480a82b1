import { check, duplicates, mostDuplicates, type Violation } from "./checker.ts";
import { acceptedIds, crashes, type History } from "./history.ts";
import { type Sometimes, seenIn } from "./sometimes.ts";

export interface RunOptions {
  /** Of every choice that is made. What processes do meanwhile is their own. */
  seed: number;
  /** `short`: some seconds, for `npm test`. `long`: as reliability.md's scenarios say. */
  scale: "short" | "long";
  /** For its files; kept when something is wrong. */
  folder: string;
}

/** What was measured, in words and with its unit. */
export interface Figure {
  name: string;
  value: string;
  /** Left out: it is told, and nothing is promised of it. */
  promised?: Promised | undefined;
}

/** What is promised of a figure. A campaign forgives a busy machine more than that, and its table says so. */
export interface Promised {
  what: string;
  isKept: boolean;
}

/** How many there were, of which `most` may be. */
export function counted(name: string, count: number, most: number): Figure {
  const what = most === 0 ? `${name}: none` : `${name}: at most ${most}`;
  return { name, value: String(count), promised: { what, isKept: count <= most } };
}

/** How long something took, of which `mostMs` is promised. */
export function timed(name: string, tookMs: number, mostMs: number): Figure {
  const what = `${name}: within ${mostMs / 1_000} s`;
  const value = tookMs < 10_000 ? `${Math.round(tookMs)} ms` : `${(tookMs / 1_000).toFixed(1)} s`;
  return { name, value, promised: { what, isKept: tookMs <= mostMs } };
}

export interface Outcome {
  figures: Figure[];
  /** Empty: all is well. */
  violations: string[];
  seen: ReadonlySet<Sometimes>;
}

export interface Scenario {
  /** `R01`, as in the design and in docs/reliability.md. */
  id: string;
  title: string;
  /** Tools that it needs and a machine may lack. */
  needs?: readonly ("strace" | "tmpfs")[];
  run(options: RunOptions): Promise<Outcome>;
}

/** What the checker says of a history, and what may be said of it in figures. */
export function judged(history: History): Outcome & { violations: string[] } {
  const killed = crashes(history).length;
  const violations = check(history);
  const figures: Figure[] = [
    { name: "events accepted", value: String(acceptedIds(history).size) },
    counted("accepted and lost", lostOf(violations), 0),
    { name: "requests received", value: String(history.requests.length) },
    { name: "crashes", value: String(killed) },
    counted("duplicates", duplicates(history).length, mostDuplicates(history)),
    { name: "attempt numbers lost to crashes", value: String(interrupted(history)) },
  ];
  return { figures, violations: spoken(violations), seen: seenIn(history) };
}

function interrupted({ stored }: History): number {
  return stored.deliveries.flatMap((one) => one.attempts).filter((attempt) => attempt.isInterrupted).length;
}

function lostOf(violations: readonly Violation[]): number {
  return violations.filter((violation) => violation.property === "P1").length;
}

/** At most a few of each property: thousands of lines say no more. */
function spoken(violations: readonly Violation[]): string[] {
  const counts = new Map<string, number>();
  const lines: string[] = [];
  for (const { property, message } of violations) {
    const count = (counts.get(property) ?? 0) + 1;
    counts.set(property, count);
    if (count <= MOST_OF_ONE) lines.push(`${property}: ${message}`);
  }
  for (const [property, count] of counts) {
    if (MOST_OF_ONE < count) lines.push(`${property}: and ${count - MOST_OF_ONE} more`);
  }
  return lines;
}

const MOST_OF_ONE = 5;
