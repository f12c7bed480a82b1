import type { FilterTrial, FilterTrialResult } from "./filter/filter-trial.ts";
import type { WhyQuery, WhyResource } from "./why/why.ts";

/** The part of HooksService that says why: it changes nothing. */
export interface ExplainService {
  /** @throws HooksError `invalid_request` for a filter that cannot be read, naming the place */
  tryFilter(trial: FilterTrial): Promise<FilterTrialResult>;
  /** Why an event was sent to the subscriptions of its tenant and environment, or to one of them, or was not. */
  why(query: WhyQuery): Promise<WhyResource>;
}
