/**
 * Counts of values by size, in plain numbers: what an observation costs is finding its place among a dozen bounds.
 * Bounds are upper ends, ascending; what is above the last has a place of its own.
 */
export class Histogram {
  readonly bounds: readonly number[];
  /** Observations up to each bound and above the one before; one more than there are bounds. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && bounds[at]! < value) at++;
    this.counts[at]! += 1;
    this.sum += value;
  }
}
