/** Rows of one write: a portion takes a few ms, so that nobody else waits long for the lock. */
export const PORTION_ROWS = 1_000;
/** Of what is overwritten where it stood: each row may have pages of its own, all of which go through the log. */
export const WIPED_ROWS = 100;

/** Portion after portion until one is not full. Answers how many rows there were. */
export async function untilDone(
  doPortion: (limit: number) => Promise<number>,
  rows: number = PORTION_ROWS,
): Promise<number> {
  let total = 0;
  for (;;) {
    const done = await doPortion(rows);
    total += done;
    if (done < rows) return total;
  }
}

export function portions<T>(all: readonly T[], size: number): (readonly T[])[] {
  if (all.length <= size) return [all];
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}
