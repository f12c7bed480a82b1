/** Ms of the machine's own clock (CLOCK_MONOTONIC): the same in all its processes, unlike `performance.now()`. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
