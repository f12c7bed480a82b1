// The part of the contract in store.ts that operators watch: how much waits, and how the files are.

import type { Scope } from "../core/scope.ts";

/** What waits of one subscription. */
export interface LaneBacklog {
  /** Never tried. */
  pending: number;
  /** Waiting for the next attempt. */
  retrying: number;
}

export interface StoreFigures {
  /** How long the oldest write that is not on disk has been waiting, ms; 0: none waits. */
  lagMs: number;
  commits: number;
  bytes: number;
  walBytes: number;
}

export interface FiguresStore {
  /** `most`: counting of either kind ends there. */
  countLane(subscriptionRowId: number, most: number): Promise<LaneBacklog>;
  /** Failed deliveries of the scope; `most`: counting ends there. */
  countFailed(scope: Scope, most: number): Promise<number>;
  /** Now, at hardly any cost. */
  figures(): StoreFigures;
}
