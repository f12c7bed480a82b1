import type { Expression } from "./expression.ts";
import { Fault, isList, isObject, kindOfValue, type Value } from "./values.ts";
import { TOO_MUCH_WORK, type Work } from "./work.ts";

type Run = (work: Work) => Value | Fault;
type MacroExpression = Expression & { kind: "macro" };

/** Goes through the items of a list, or the names of an object's members, one after the other. */
export function macroOf(expression: MacroExpression, compile: (part: Expression) => Run): Run {
  const list = compile(expression.list);
  const condition = expression.condition === undefined ? undefined : compile(expression.condition);
  const result = expression.result === undefined ? undefined : compile(expression.result);
  const overItems = (work: Work, items: readonly Value[]): Value | Fault => {
    switch (expression.macro) {
      case "all":
        return quantified(work, items, expression, condition!, false);
      case "exists":
        return quantified(work, items, expression, condition!, true);
      case "exists_one":
        return existsOne(work, items, expression, condition!);
      case "filter":
      case "map":
        return chosen(work, items, expression, condition, result);
    }
  };
  return (work) => {
    const value = list(work);
    if (value instanceof Fault) return value;
    if (isList(value)) return overItems(work, value);
    if (!isObject(value)) return new Fault(`${expression.list.text} is ${kindOfValue(value)}: no list to go through`);
    const names = Object.keys(value);
    return work.spend(names.length) ? overItems(work, names) : TOO_MUCH_WORK;
  };
}

/** Whether one item (`exists`) or every item (`all`) decides; one that fails matters only when no other decides. */
function quantified(
  work: Work,
  items: readonly Value[],
  { condition, size }: MacroExpression,
  test: Run,
  decisive: boolean,
): boolean | Fault {
  let fault: Fault | undefined;
  for (const item of items) {
    if (!work.spend(size)) return TOO_MUCH_WORK;
    work.item = item;
    const value = test(work);
    if (value === decisive) return decisive;
    if (value === TOO_MUCH_WORK) return value;
    if (typeof value !== "boolean") fault ??= value instanceof Fault ? value : noCondition(condition!, value);
  }
  return fault ?? !decisive;
}

function existsOne(
  work: Work,
  items: readonly Value[],
  { condition, size }: MacroExpression,
  test: Run,
): boolean | Fault {
  let found = 0;
  for (const item of items) {
    if (!work.spend(size)) return TOO_MUCH_WORK;
    work.item = item;
    const value = test(work);
    if (value instanceof Fault) return value;
    if (typeof value !== "boolean") return noCondition(condition!, value);
    if (value) found += 1;
  }
  return found === 1;
}

/** `filter` keeps the items, `map` what is made of them. */
function chosen(
  work: Work,
  items: readonly Value[],
  { condition, size }: MacroExpression,
  test: Run | undefined,
  result: Run | undefined,
): Value[] | Fault {
  const kept: Value[] = [];
  for (const item of items) {
    if (!work.spend(size)) return TOO_MUCH_WORK;
    work.item = item;
    const isWanted = test === undefined ? true : test(work);
    if (isWanted instanceof Fault) return isWanted;
    if (typeof isWanted !== "boolean") return noCondition(condition!, isWanted);
    if (!isWanted) continue;
    const value = result === undefined ? item : result(work);
    if (value instanceof Fault) return value;
    kept.push(value);
  }
  return kept;
}

function noCondition(condition: Expression, value: Value): Fault {
  return new Fault(`${condition.text} is ${kindOfValue(value)}, not true or false`);
}
