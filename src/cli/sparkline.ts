const BARS = "▁▂▃▄▅▆▇█";
const DEFAULT_CELLS = 24;

/**
 * Numbers as a row of bars, the largest the tallest, nothing a space: "▁▃▅█ ▂". More numbers than cells are added up,
 * several to a cell. Numbers are 0 or more.
 */
export function sparkline(numbers: readonly number[], cells = DEFAULT_CELLS): string {
  const size = Math.max(1, Math.ceil(numbers.length / cells));
  const sums: number[] = [];
  // From the end: the newest cell is as whole as the others.
  for (let end = numbers.length; 0 < end; end -= size) {
    sums.unshift(numbers.slice(Math.max(0, end - size), end).reduce((sum, one) => sum + one, 0));
  }
  const most = Math.max(...sums, 1);
  return sums
    .map((sum) => (sum === 0 ? " " : BARS[Math.min(BARS.length - 1, Math.floor((sum / most) * BARS.length))]))
    .join("");
}
