/** What the process that sends knows of one subscription at this moment. Times unix ms. */
export interface LaneFacts {
  /** Requests that are not answered. */
  inFlight: number;
  concurrency: number;
  /** Deliveries that this process has taken and not started. */
  ready: number;
  /** Until when its breaker lets nothing through; undefined: it does not. */
  breakerOpenUntil: number | undefined;
  /** It has rested, and one delivery at a time finds out whether its receiver is back. */
  isProbing: boolean;
  /** Until when its receiver asked to be left alone (Retry-After); undefined: it did not. */
  restsUntil: number | undefined;
  /** Requests at once that its receiver is allowed because it said that it gets too much; undefined: all of its own. */
  slowedTo: number | undefined;
  /** When its own rate limit lets the next one through; undefined: it does now. */
  rateLimitedUntil: number | undefined;
  /** The same of the limits of its tenant, of the whole process, and of the retries to its host. */
  tenantLimitedUntil: number | undefined;
  processLimitedUntil: number | undefined;
  hostLimitedUntil: number | undefined;
  /** Attempts in flight in the whole process, and how many there may be. */
  processInFlight: number;
  processSlots: number;
  /** Events that gather for one request, and when it goes out at the latest; undefined: none do. */
  gathering: { events: number; ripeAt: number } | undefined;
  /** How many more its receiver takes: of a listener, 0 when nobody listens. */
  room: number;
  /** So many outcomes wait for the disk that nothing is started. */
  isBehind: boolean;
}
