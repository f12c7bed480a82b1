// What a benchmark is (benches.ts lists them) and what it says.

/** `full`: the figures that count. `quick`: the same work as small as it goes, to see that everything works. */
export type Size = "full" | "quick";

export interface Bench {
  name: string;
  run(size: Size): Promise<Outcome>;
}

export interface Outcome {
  rows: Row[];
  /** Everything that was measured, for the JSON file. */
  details: object;
  /** For the chart of the README. */
  bars?: Bar[];
}

/** One line of the table. */
export interface Row {
  measure: string;
  value: string;
  /** What it should reach, in words; undefined: only for comparison. */
  target?: string;
  met?: boolean;
  /** Stands in the README too. */
  isHeadline?: boolean;
}

/** One bar of the chart. */
export interface Bar {
  label: string;
  perSecond: number;
  /** `limit`: what is possible at all; `ours`: hooks; `peer`: others. */
  kind: "limit" | "ours" | "peer";
}

/** A row whose value has a least or a most. */
export function judged(
  row: Omit<Row, "met" | "target" | "value">,
  value: number,
  bound: { least: number } | { most: number },
  words: (value: number) => string,
): Row {
  const met = "least" in bound ? bound.least <= value : value <= bound.most;
  const target = "least" in bound ? `at least ${words(bound.least)}` : `at most ${words(bound.most)}`;
  return { ...row, value: words(value), target, met };
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function hundredths(value: number): string {
  return value.toFixed(2);
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : whole(value)} ms`;
}
