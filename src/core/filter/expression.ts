// A filter as it was understood: the tree of its expression, in our own words. It is made by filter-language.ts, which
// alone knows the parser, and run by evaluate.ts.

/** Of its text. */
export const FILTER_MAX_LENGTH = 2_000;

/** The parts of an event that an expression can name. */
export const SUBJECT_FIELDS = ["id", "type", "timestamp", "version", "data", "metadata"] as const;
export type SubjectField = (typeof SUBJECT_FIELDS)[number];

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";
export type Arithmetic = "+" | "-" | "*" | "/" | "%";
export type Macro = "all" | "exists" | "exists_one" | "filter" | "map";

export type LiteralValue = null | boolean | string | number | bigint;

/** `text`: the part of the filter that it stands for, as it is shown. */
export type Expression = { readonly text: string } & (
  | { readonly kind: "literal"; readonly value: LiteralValue }
  /** The whole event. */
  | { readonly kind: "event" }
  | { readonly kind: "field"; readonly field: SubjectField }
  /** What a macro goes through, one after the other. */
  | { readonly kind: "item" }
  /** `optional`: where there is none, the value is none and no fault. */
  | { readonly kind: "member"; readonly of: Expression; readonly name: string; readonly optional: boolean }
  | { readonly kind: "index"; readonly of: Expression; readonly index: Expression; readonly optional: boolean }
  | { readonly kind: "has"; readonly of: Expression; readonly name: string }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "negative"; readonly of: Expression }
  | { readonly kind: "and"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "choice"; readonly condition: Expression; readonly yes: Expression; readonly no: Expression }
  | {
      readonly kind: "comparison";
      readonly operator: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "arithmetic";
      readonly operator: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [name: string, value: Expression])[] }
  /** `args`: what it is called on first. */
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly Expression[] }
  | {
      readonly kind: "macro";
      readonly macro: Macro;
      readonly list: Expression;
      /** Of `map` with a condition; of all others but a plain `map` the condition itself. */
      readonly condition: Expression | undefined;
      /** Of `map`. */
      readonly result: Expression | undefined;
      /** Parts of the expression that are worked out for each item. */
      readonly size: number;
    }
);

/** Name → least and most arguments, what it is called on included. `on`: written `x.name()`; else `name(x)`; or both. */
export const FUNCTIONS = {
  size: { args: [1, 1], on: "both" },
  contains: { args: [2, 2], on: "value" },
  startsWith: { args: [2, 2], on: "value" },
  endsWith: { args: [2, 2], on: "value" },
  lowerAscii: { args: [1, 1], on: "value" },
  upperAscii: { args: [1, 1], on: "value" },
  trim: { args: [1, 1], on: "value" },
  orValue: { args: [2, 2], on: "value" },
  hasValue: { args: [1, 1], on: "value" },
  int: { args: [1, 1], on: "nothing" },
  double: { args: [1, 1], on: "nothing" },
  string: { args: [1, 1], on: "nothing" },
  bool: { args: [1, 1], on: "nothing" },
  dyn: { args: [1, 1], on: "nothing" },
  timestamp: { args: [1, 1], on: "nothing" },
  duration: { args: [1, 1], on: "nothing" },
  getFullYear: { args: [1, 1], on: "value" },
  getMonth: { args: [1, 1], on: "value" },
  getDate: { args: [1, 1], on: "value" },
  getDayOfMonth: { args: [1, 1], on: "value" },
  getDayOfWeek: { args: [1, 1], on: "value" },
  getDayOfYear: { args: [1, 1], on: "value" },
  getHours: { args: [1, 1], on: "value" },
  getMinutes: { args: [1, 1], on: "value" },
  getSeconds: { args: [1, 1], on: "value" },
  getMilliseconds: { args: [1, 1], on: "value" },
} as const satisfies Record<string, { args: readonly [number, number]; on: "value" | "nothing" | "both" }>;
export type FunctionName = keyof typeof FUNCTIONS;

export const MACROS: Readonly<Record<Macro, readonly number[]>> = {
  all: [2],
  exists: [2],
  exists_one: [2],
  filter: [2],
  map: [2, 3],
};
