import { check, duplicates, type Violation } from "./checker.ts";
import { crashes, type History } from "./history.ts";
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
  const figures: Figure[] = [
    { name: "events accepted", value: String(new Set(accepted(history)).size) },
    { name: "accepted and lost", value: String(lostOf(check(history))) },
    { name: "requests received", value: String(history.requests.length) },
    { name: "crashes", value: String(killed) },
    { name: "duplicates", value: String(duplicates(history).length) },
    { name: "attempt numbers lost to crashes", value: String(interrupted(history)) },
  ];
  return { figures, violations: spoken(check(history)), seen: seenIn(history) };
}

function accepted({ tries }: History): string[] {
  return tries.filter((one) => one.status === 202).map((one) => one.id);
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
