/** What is kept of a subscription's circuit breaker, so that it survives a restart. */
export interface BreakerState {
  /** Openings in a row, without a success between: 0 when it is closed. */
  openings: number;
  /** Until when the last opening lasts, unix ms; undefined when it is closed. */
  openUntil: number | undefined;
}

export const CLOSED: BreakerState = { openings: 0, openUntil: undefined };
