import type { ExplainedCondition } from "../core/filter/filter.ts";
import type { FilterTrialResult } from "../core/filter/filter-trial.ts";
import type { Colors } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ListView } from "./table.ts";

export const TRIAL_VIEW: ListView<FilterTrialResult> = {
  fields: ["matched", "filter", "outcome", "error", "pattern", "conditions"],
  id: (row) => row.outcome,
  columns: [
    { title: "outcome", text: (row) => row.outcome, whole: true },
    { title: "filter", text: (row) => row.filter ?? "" },
  ],
};

/** One line for each condition of a filter: what it came to, and what it looked at. */
export function conditionLines(conditions: readonly ExplainedCondition[], colors: Colors): string[] {
  const width = Math.min(60, Math.max(0, ...conditions.map(({ expression }) => escapeLine(expression).length)));
  return conditions.map(({ expression, result, error, values }) => {
    const mark = result === true ? colors.green("true ") : colors.red(result === false ? "false" : "fails");
    const looked = values
      .filter(({ expression: path }) => path !== expression)
      .map(({ expression: path, value }) => `${path} = ${value ?? "(missing)"}`);
    const notes = error === null ? looked : [error];
    const text = escapeLine(expression).padEnd(width);
    return `  ${mark}  ${notes.length === 0 ? text.trimEnd() : `${text}   ${colors.dim(escapeLine(notes.join(", ")))}`}`;
  });
}
