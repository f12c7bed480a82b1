// The corpus of input that a program on the internet must refuse, or must not: 279 entries in nine surfaces, each with
// what is expected of it. Its paths, fields and flags are placeholders; whoever runs a surface maps them to ours.

import { readFileSync } from "node:fs";

/**
 * What a kind of outcome means, said once; the runners hold their surfaces to it.
 *
 * reject: an answer of one of `status` (or an equal one) in the error form, that names `field`; nothing is stored.
 * accept: an answer of one of `status`.
 * either: an answer of one of `status`, and whichever it is, nothing but the literal text was taken for a value.
 * close: the WebSocket is closed with `close_code`; no delivery of anybody changes.
 * ignore: the WebSocket stays open; no delivery of anybody changes.
 * exit: the process ends with `code`, names what is wrong in at most three lines, opens no port and makes no file.
 * run: the process goes on, and its output says `stdout_names`.
 */
export type Outcome = "reject" | "accept" | "either" | "close" | "ignore" | "exit" | "run";

export type Surface =
  | "http"
  | "create_subscription"
  | "publish_event"
  | "publish_batch"
  | "list"
  | "listen"
  | "cli"
  | "config"
  | "verify";

export interface BadInput<Input = Record<string, unknown>> {
  /** `BP001` */
  id: string;
  surface: Surface;
  name: string;
  input: Input;
  expect: {
    outcome: Outcome;
    status?: number[];
    status_alt?: number[];
    field?: string | null;
    no_header?: string;
    retry_after?: boolean;
    close_code?: number | null;
    /** A number, or words that begin with "non-zero". */
    code?: number | string;
    stderr_names?: string | null;
    stdout_names?: string;
  };
}

interface Corpus {
  equivalent_statuses: number[][];
  defaults_for_reject: { message_max_chars: number };
  counts: Record<Surface, number>;
  entries: BadInput[];
}

export const BAD_INPUTS = JSON.parse(
  readFileSync(new URL("../fixtures/bad-inputs.json", import.meta.url), "utf8"),
) as Corpus;

/** @throws Error when the corpus has not as many as it says. */
export function badInputsOf<Input>(...surfaces: Surface[]): BadInput<Input>[] {
  return surfaces.flatMap((surface) => {
    const found = BAD_INPUTS.entries.filter((entry) => entry.surface === surface);
    if (found.length !== BAD_INPUTS.counts[surface]) throw new Error(`the corpus lacks entries of ${surface}`);
    return found as BadInput<Input>[];
  });
}

/** The statuses that an entry allows, with those that the corpus holds for equal to them. */
export function allowedStatuses({ expect: { status = [], status_alt = [] } }: BadInput<unknown>): number[] {
  const named = [...status, ...status_alt];
  const equal = BAD_INPUTS.equivalent_statuses.filter((group) => group.some((one) => named.includes(one)));
  return [...new Set([...named, ...equal.flat()])];
}
