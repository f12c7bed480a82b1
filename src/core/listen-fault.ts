// What `hooks listen --fault` does to deliveries on purpose, so that a receiver's author sees how it takes them.

import { parseDuration } from "./duration.ts";
import { HooksError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { quoted } from "./quoted.ts";

/** Without a value. */
const PLAIN_FAULTS = ["duplicate", "reorder", "bad-signature", "stale-timestamp", "drop", "rotate-secret"] as const;
export const FAULT_FORMS = [...PLAIN_FAULTS, "delay=2s"] as const;

export type ListenFault =
  /** The program gets each delivery twice. */
  | { kind: "duplicate" }
  /** Two by two, the later one first. */
  | { kind: "reorder" }
  /** Nothing of the signature's form is wrong, and it is another one. */
  | { kind: "bad-signature" }
  /** Signed rightly, ten minutes ago. */
  | { kind: "stale-timestamp" }
  /** The first attempt of each delivery never reaches the program. */
  | { kind: "drop" }
  /** Signed with a secret that the program does not know, and then with its own: as in the days after a rotation. */
  | { kind: "rotate-secret" }
  | { kind: "delay"; ms: number };

const DELAY_BOUNDS = { min: 1, max: 300_000 };

/** @throws HooksError `usage` naming `--fault` */
export function parseListenFault(text: string): ListenFault {
  const plain = PLAIN_FAULTS.find((kind) => kind === text);
  if (plain !== undefined) return { kind: plain };
  if (text.startsWith("delay=")) {
    return { kind: "delay", ms: parseDuration(text.slice("delay=".length), "--fault delay", DELAY_BOUNDS) };
  }
  const near = nearest(text, FAULT_FORMS);
  const guess = near === undefined ? "" : `\n  did you mean "${near}"?`;
  throw new HooksError("usage", `--fault must be one of ${FAULT_FORMS.join(", ")}, got ${quoted(text)}${guess}`, {
    field: "--fault",
  });
}
