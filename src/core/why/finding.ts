import type { WhyAction, WhyCode, WhyOutcome } from "./why.ts";

/** What came out of looking at the facts, before it is put into the form that the API shows. */
export interface Finding {
  outcome: WhyOutcome;
  code: WhyCode;
  summary: string;
  details: string[];
  actions: WhyAction[];
}

export function finding(
  outcome: WhyOutcome,
  code: WhyCode,
  summary: string,
  { details = [], actions = [] }: { details?: string[]; actions?: WhyAction[] } = {},
): Finding {
  return { outcome, code, summary, details, actions };
}

export function action(text: string, command?: string): WhyAction {
  return { text, command: command ?? null };
}
