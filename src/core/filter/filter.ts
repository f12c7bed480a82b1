import { compile, notBoolean, type Run } from "./evaluate.ts";
import type { Expression } from "./expression.ts";
import { Fault, shownValue, type Value } from "./values.ts";
import { type Subject, Work } from "./work.ts";

/** `failed`: the filter has no answer for this event (a member is missing, a value is of another kind): it is dropped. */
export type FilterOutcome =
  | { kind: "matched" }
  | { kind: "not_matched" }
  /** For people: `no such key: data.amount`. */
  | { kind: "failed"; why: string };

const MATCHED: FilterOutcome = { kind: "matched" };
const NOT_MATCHED: FilterOutcome = { kind: "not_matched" };

/** One condition of a filter, and what it came to for an event. */
export interface ExplainedCondition {
  expression: string;
  /** Null: it failed. */
  result: boolean | null;
  error: string | null;
  /** What it looked at. `value`: as JSON, cut; null: it is not there. */
  values: { expression: string; value: string | null }[];
}

/** A subscription's filter, ready to run. It never throws, and its work is bounded by the size of the event. */
export class Filter {
  readonly text: string;
  readonly #expression: Expression;
  readonly #run: Run;

  constructor(text: string, expression: Expression, run: Run = compile(expression)) {
    this.text = text;
    this.#expression = expression;
    this.#run = run;
  }

  /** One that was stored and cannot be read (by this version): it fails for every event. */
  static unreadable(text: string, why: string): Filter {
    const fault = new Fault(why);
    return new Filter(text, { kind: "literal", value: null, text }, () => fault);
  }

  outcomeFor(subject: Subject): FilterOutcome {
    const value = this.#run(new Work(subject));
    if (value === true) return MATCHED;
    if (value === false) return NOT_MATCHED;
    return { kind: "failed", why: (value instanceof Fault ? value : notBoolean(this.#expression, value)).why };
  }

  /** Each condition by itself: `a && b || c` has three. */
  explain(subject: Subject): ExplainedCondition[] {
    return conditionsOf(this.#expression).map((condition) => {
      const value = compile(condition)(new Work(subject));
      const fault =
        typeof value === "boolean" ? undefined : value instanceof Fault ? value : notBoolean(condition, value);
      return {
        expression: condition.text,
        result: typeof value === "boolean" ? value : null,
        error: fault?.why ?? null,
        values: pathsOf(condition).map((path) => ({ expression: path.text, value: shown(path, subject) })),
      };
    });
  }
}

/** What stands between `&&`, `||` and `!`. */
function conditionsOf(expression: Expression): Expression[] {
  switch (expression.kind) {
    case "and":
    case "or":
      return [...conditionsOf(expression.left), ...conditionsOf(expression.right)];
    case "not":
      return conditionsOf(expression.of);
    case "choice":
      return [expression.condition, expression.yes, expression.no].flatMap(conditionsOf);
    default:
      return [expression];
  }
}

/** The longest paths into the event that an expression names, each once; not those that begin at an item. */
function pathsOf(expression: Expression): Expression[] {
  const found = new Map<string, Expression>();
  const visit = (part: Expression): void => {
    if (isPath(part)) found.set(part.text, part);
    else for (const child of childrenOf(part)) visit(child);
  };
  visit(expression);
  return [...found.values()];
}

function isPath(expression: Expression): boolean {
  switch (expression.kind) {
    case "field":
      return true;
    case "member":
      return isPath(expression.of);
    case "index":
      return isPath(expression.of) && expression.index.kind === "literal";
    default:
      return false;
  }
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "member":
    case "has":
    case "not":
    case "negative":
      return [expression.of];
    case "index":
      return [expression.of, expression.index];
    case "and":
    case "or":
    case "comparison":
    case "arithmetic":
      return [expression.left, expression.right];
    case "choice":
      return [expression.condition, expression.yes, expression.no];
    case "list":
      return expression.items;
    case "map":
      return expression.entries.map(([, value]) => value);
    case "call":
      return expression.args;
    case "macro":
      return [expression.list, expression.condition, expression.result].filter((part) => part !== undefined);
    case "literal":
    case "event":
    case "field":
    case "item":
      return [];
  }
}

function shown(path: Expression, subject: Subject): string | null {
  const value: Value | Fault = compile(path)(new Work(subject));
  return value instanceof Fault ? null : shownValue(value);
}
