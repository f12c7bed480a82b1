// How parts of an expression are written when they are shown, each by itself: in one line, with no more brackets than it
// needs.

import type { Expression } from "./expression.ts";

const PRECEDENCE: Readonly<Record<string, number>> = { "||": 1, "&&": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5 };
/** Of `==`, `<` and their like. */
const COMPARING = 3;

export function binaryText(operator: string, left: Expression, right: Expression): string {
  const own = precedenceOf(operator);
  const first = bindingOf(left) < own ? `(${left.text})` : left.text;
  // `a - (b - c)` is not `a - b - c`.
  const isLogical = operator === "&&" || operator === "||";
  const isLoose = isLogical ? bindingOf(right) < own : bindingOf(right) <= own;
  return `${first} ${operator} ${isLoose ? `(${right.text})` : right.text}`;
}

export function memberText(of: Expression, name: string, optional: boolean): string {
  return `${operandText(of)}.${optional ? "?" : ""}${name}`;
}

export function callText(name: string, args: readonly Expression[], isOn: boolean): string {
  const list = (some: readonly Expression[]) => some.map((arg) => arg.text).join(", ");
  return isOn ? `${operandText(args[0]!)}.${name}(${list(args.slice(1))})` : `${name}(${list(args)})`;
}

/** As a part of something that binds more tightly than any operator. */
export function operandText(expression: Expression): string {
  return bindingOf(expression) < 6 ? `(${expression.text})` : expression.text;
}

function bindingOf(expression: Expression): number {
  switch (expression.kind) {
    case "choice":
      return 0;
    case "or":
      return precedenceOf("||");
    case "and":
      return precedenceOf("&&");
    case "comparison":
      // Written has(…).
      return expression.text.startsWith("has(") && expression.right.text === "null" ? 6 : COMPARING;
    case "arithmetic":
      return precedenceOf(expression.operator);
    default:
      return 6;
  }
}

function precedenceOf(operator: string): number {
  return PRECEDENCE[operator] ?? COMPARING;
}
