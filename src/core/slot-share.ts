// The slots of a process (attempts in flight at once) among its subscriptions and tenants. Three quarters are for
// whoever comes first. The last quarter is kept for those that have little: what a subscription may hold shrinks with
// what is left, so that those who hang cannot take all of it, and whoever comes next finds a free slot. Half of it is
// kept for tenants that have not had their part of all slots.

/** Parts of the slots: from there on they are given out by shares, and by tenants' shares as well. */
const SCARCE = 0.25;
const SCARCER = 0.125;

/** Whether so few of the slots are left that they are given out by shares. */
export function isScarce(slots: number, free: number): boolean {
  return free <= slots * SCARCE;
}

/** How many slots one of `lanes` subscriptions may hold while `free` of all are left. At least one. */
export function laneShare(slots: number, free: number, lanes: number): number {
  if (lanes <= 1 || !isScarce(slots, free)) return slots;
  return Math.max(1, Math.floor((slots / lanes) * (free / (slots * SCARCE))));
}

/** How many slots the subscriptions of one of `tenants` may hold together. At least one. */
export function tenantShare(slots: number, free: number, tenants: number): number {
  return tenants <= 1 || slots * SCARCER < free ? slots : Math.max(1, Math.floor(slots / tenants));
}

/**
 * How many doubtful attempts may be in flight: retries, and those of a subscription whose last attempt failed. A storm
 * of them never takes the last quarter from the others, and always has a quarter itself.
 */
export function doubtfulShare(slots: number, free: number): number {
  return isScarce(slots, free) ? Math.max(1, Math.floor(slots * SCARCE)) : slots;
}
