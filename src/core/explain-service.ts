import type { FilterTrial, FilterTrialResult } from "./filter/filter-trial.ts";

/** The part of HooksService that says why: it changes nothing. */
export interface ExplainService {
  /** @throws HooksError `invalid_request` for a filter that cannot be read, naming the place */
  tryFilter(trial: FilterTrial): Promise<FilterTrialResult>;
}
