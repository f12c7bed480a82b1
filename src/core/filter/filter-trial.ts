import type { RawJson } from "../event.ts";
import type { ExplainedCondition } from "./filter.ts";

/** A filter to be tried on an event, without sending anything. */
export interface FilterTrial {
  /** The expression; left out: the subscription's own. */
  filter?: string | undefined;
  /** Id, unique beginning of one, or name: its filter, unless another is given, and its patterns. */
  subscription?: string | undefined;
  /** A stored event, by its id or a unique beginning; else what follows makes one. What is given changes it. */
  event?: string | undefined;
  id?: string | undefined;
  type?: string | undefined;
  /** ISO 8601. */
  timestamp?: string | undefined;
  version?: string | undefined;
  data?: RawJson | undefined;
  metadata?: RawJson | undefined;
}

export interface FilterTrialResult {
  /** Whether the subscription, or one with this filter, would get the event: by its patterns (if it was named) and its filter. */
  matched: boolean;
  filter: string | null;
  outcome: "matched" | "not_matched" | "failed";
  /** Why it failed: `no such key: data.amount`. */
  error: string | null;
  /** The subscription's first pattern that takes the type; null: none does, or no subscription or type was named. */
  pattern: string | null;
  /** Each condition of the filter by itself. */
  conditions: ExplainedCondition[];
}
