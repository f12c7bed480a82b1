const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
  ["millisecond", 1],
];

/** A length of time in one unit, as a sentence has it: `3 minutes`, `1 second`. */
export function spanWords(ms: number): string {
  const length = Math.abs(Math.round(ms));
  const [name, size] = UNITS.find(([, unit]) => unit <= length) ?? ["millisecond", 1];
  const count = Math.round(length / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
