// What every bench sends: one event of 500 bytes, and the key that signs it wherever hooks itself does not.

export const SCOPE = { tenant: "default", environment: "development" };
/** 500 bytes of JSON. */
export const DATA = JSON.stringify({ order: "A".repeat(488) });
export const EVENT_TYPE = "order.paid";
export const USER_AGENT = "hooks/bench";
export const KEY = Buffer.alloc(32, 7);
/**
 * Deliveries before the measurement begins, on all sides: a relay runs for months, and what is measured is not how long
 * the compiler takes over its code. In the first 30,000 its threads take 15 µs a delivery, later 1.
 */
export const WARM_UP = 30_000;

/** The body of a publish request. */
export function eventBody(type = EVENT_TYPE): string {
  return `{"type":"${type}","data":${DATA}}`;
}

/** The body of a batch of `count`. */
export function batchBody(count: number): string {
  return `{"events":[${Array(count).fill(eventBody()).join()}]}`;
}
