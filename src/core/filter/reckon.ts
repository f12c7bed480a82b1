import { isNumber } from "./compare.ts";
import type { Arithmetic } from "./expression.ts";
import { Fault, isList, kindOfValue, Moment, Span, type Value } from "./values.ts";
import { TOO_MUCH_WORK, type Work } from "./work.ts";

const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);

/**
 * `+ - * / %`. Two whole numbers give a whole number (`7 / 2` is 3), as CEL has it; with a number of the data, which is
 * a double, the result is a double. There CEL itself would give up: `data.amount / 100` is too natural for that.
 */
export function reckon(work: Work, operator: Arithmetic, one: Value, other: Value): Value | Fault {
  if (typeof one === "number" && typeof other === "number") return ofDoubles(operator, one, other);
  if (typeof one === "bigint" && typeof other === "bigint") return ofInts(operator, one, other);
  if (isNumber(one) && isNumber(other)) return ofDoubles(operator, Number(one), Number(other));
  if (operator === "+") {
    if (typeof one === "string" && typeof other === "string") {
      return work.spend(1 + ((one.length + other.length) >>> 2)) ? one + other : TOO_MUCH_WORK;
    }
    if (isList(one) && isList(other)) {
      return work.spend(1 + one.length + other.length) ? [...one, ...other] : TOO_MUCH_WORK;
    }
    if (one instanceof Moment && other instanceof Span) return new Moment(one.ms + other.ms);
    if (one instanceof Span && other instanceof Moment) return new Moment(one.ms + other.ms);
    if (one instanceof Span && other instanceof Span) return new Span(one.ms + other.ms);
  }
  if (operator === "-") {
    if (one instanceof Moment && other instanceof Span) return new Moment(one.ms - other.ms);
    if (one instanceof Moment && other instanceof Moment) return new Span(one.ms - other.ms);
    if (one instanceof Span && other instanceof Span) return new Span(one.ms - other.ms);
  }
  return new Fault(`"${operator}" does not go with ${kindOfValue(one)} and ${kindOfValue(other)}`);
}

function ofDoubles(operator: Arithmetic, one: number, other: number): number | Fault {
  switch (operator) {
    case "+":
      return one + other;
    case "-":
      return one - other;
    case "*":
      return one * other;
    case "/":
      return other === 0 ? new Fault("division by zero") : one / other;
    case "%":
      return other === 0 ? new Fault("division by zero") : one % other;
  }
}

function ofInts(operator: Arithmetic, one: bigint, other: bigint): bigint | Fault {
  if (other === 0n && (operator === "/" || operator === "%")) return new Fault("division by zero");
  const result = intResult(operator, one, other);
  return result < INT_MIN || INT_MAX < result ? new Fault("a whole number has more than 64 bits") : result;
}

function intResult(operator: Arithmetic, one: bigint, other: bigint): bigint {
  switch (operator) {
    case "+":
      return one + other;
    case "-":
      return one - other;
    case "*":
      return one * other;
    case "/":
      return one / other;
    case "%":
      return one % other;
  }
}
