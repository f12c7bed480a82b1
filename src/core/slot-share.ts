// The slots of a process (attempts in flight at once) among its subscriptions and tenants. Three quarters are for
// whoever comes first. The last quarter is kept for those that have little: what one may hold shrinks with what is left,
// so that those who hang cannot take all of it, however many they are, and whoever comes next finds a free slot.

/** Part of the slots that is given out by shares. */
const RESERVE = 0.25;

/** Whether so few are left that they are given out by shares. */
export function isScarce(slots: number, free: number): boolean {
  return free <= slots * RESERVE;
}

/** How many slots one of `sharers` may hold while `free` of all `slots` are left. At least one. */
export function slotShare(slots: number, free: number, sharers: number): number {
  if (sharers <= 1 || !isScarce(slots, free)) return slots;
  return Math.max(1, Math.floor((slots / sharers) * (free / (slots * RESERVE))));
}

/**
 * Whether a retry may start: a storm of them never takes the last quarter from deliveries that were never tried, and
 * always has a quarter itself.
 */
export function retryMayStart(slots: number, free: number, retriesInFlight: number): boolean {
  return !isScarce(slots, free) || retriesInFlight < Math.max(1, Math.floor(slots * RESERVE));
}
