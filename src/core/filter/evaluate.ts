import { equals, isIn, isNumber, order } from "./compare.ts";
import type { Expression } from "./expression.ts";
import { callOf } from "./functions.ts";
import { macroOf } from "./macros.ts";
import { reckon } from "./reckon.ts";
import {
  Fault,
  isList,
  isObject,
  kindOfValue,
  Moment,
  memberOf,
  NONE,
  type ObjectValue,
  Optional,
  type Value,
} from "./values.ts";
import { TOO_MUCH_WORK, type Work } from "./work.ts";

/** An expression ready to run: a function that was put together once. It throws nothing. */
export type Run = (work: Work) => Value | Fault;

export function compile(expression: Expression): Run {
  switch (expression.kind) {
    case "literal": {
      const { value } = expression;
      return () => value;
    }
    case "event":
      return ({ subject }) => ({
        id: subject.id,
        type: subject.type,
        timestamp: new Moment(subject.timestamp),
        version: subject.version ?? null,
        data: subject.data,
        metadata: subject.metadata,
      });
    case "field":
      return fieldOf(expression.field);
    case "item":
      return (work) => work.item;
    case "member":
      return member(expression);
    case "index":
      return index(expression);
    case "has": {
      const of = compile(expression.of);
      const { name } = expression;
      return (work) => {
        const found = of(work);
        const object = found instanceof Optional ? (found.value ?? null) : found;
        // A parent that is missing itself has nothing, either.
        return !(object instanceof Fault) && isObject(object) && memberOf(object, name) !== undefined;
      };
    }
    case "not":
      return not(expression.of);
    case "negative":
      return negative(expression.of);
    case "and":
      return eitherSide(expression.left, expression.right, false);
    case "or":
      return eitherSide(expression.left, expression.right, true);
    case "choice":
      return choice(expression.condition, expression.yes, expression.no);
    case "comparison":
      return comparison(expression);
    case "arithmetic": {
      const { operator } = expression;
      return both(expression.left, expression.right, (work, left, right) => reckon(work, operator, left, right));
    }
    case "list": {
      const items = expression.items.map(compile);
      return (work) => allOf(work, items);
    }
    case "map":
      return map(expression.entries);
    case "call":
      if (expression.name === "orValue") return orValue(expression.args[0]!, expression.args[1]!);
      return callOf(expression.name, expression.args.map(compile));
    case "macro":
      return macroOf(expression, compile);
  }
}

function fieldOf(field: "id" | "type" | "timestamp" | "version" | "data" | "metadata"): Run {
  switch (field) {
    case "timestamp":
      return ({ subject }) => new Moment(subject.timestamp);
    case "version":
      return ({ subject }) => subject.version ?? null;
    case "data":
      return ({ subject }) => subject.data;
    case "metadata":
      return ({ subject }) => subject.metadata;
    case "id":
      return ({ subject }) => subject.id;
    case "type":
      return ({ subject }) => subject.type;
  }
}

function member({ of, name, optional, text }: Expression & { kind: "member" }): Run {
  const object = compile(of);
  // Made once: most events that a filter drops lack what it asks for.
  const missing = new Fault(`no such key: ${text}`);
  const from = (value: Value): Value | Fault | undefined =>
    isObject(value) ? memberOf(value, name) : new Fault(`${of.text} is ${kindOfValue(value)} and has no "${name}"`);
  return (work) => {
    const value = object(work);
    if (value instanceof Fault) return value;
    if (value instanceof Optional) {
      return value.value === undefined ? NONE : optionalOf(from(value.value));
    }
    const found = from(value);
    if (optional) return optionalOf(found);
    return found === undefined ? missing : found;
  };
}

function index({ of, index: at, optional, text }: Expression & { kind: "index" }): Run {
  const missing = new Fault(`no such key: ${text}`);
  const from = (value: Value, key: Value): Value | Fault | undefined => {
    if (isList(value)) {
      if (!isNumber(key)) return new Fault(`a list is indexed by a number, not by ${kindOfValue(key)}: ${text}`);
      const place = Number(key);
      return Number.isInteger(place) && 0 <= place && place < value.length ? value[place] : undefined;
    }
    if (!isObject(value)) return new Fault(`${of.text} is ${kindOfValue(value)}: nothing is in it`);
    if (typeof key !== "string") return new Fault(`a key is a string, not ${kindOfValue(key)}: ${text}`);
    return memberOf(value, key);
  };
  return both(of, at, (_work, value, key) => {
    if (value instanceof Optional) return value.value === undefined ? NONE : optionalOf(from(value.value, key));
    const found = from(value, key);
    if (optional) return optionalOf(found);
    return found === undefined ? missing : found;
  });
}

/** Whatever is in the way: there is none. */
function optionalOf(found: Value | Fault | undefined): Optional {
  return found === undefined || found instanceof Fault ? NONE : new Optional(found);
}

/** The second is worked out only where the first is none. */
function orValue(of: Expression, instead: Expression): Run {
  const first = compile(of);
  const second = compile(instead);
  return (work) => {
    const value = first(work);
    if (value instanceof Fault) return value;
    if (!(value instanceof Optional)) return new Fault(`orValue() follows ".?", not ${kindOfValue(value)}`);
    return value.value === undefined ? second(work) : value.value;
  };
}

function not(of: Expression): Run {
  const run = compile(of);
  return (work) => {
    const value = run(work);
    if (typeof value === "boolean") return !value;
    return value instanceof Fault ? value : notBoolean(of, value);
  };
}

function negative(of: Expression): Run {
  const run = compile(of);
  return (work) => {
    const value = run(work);
    if (value instanceof Fault) return value;
    if (typeof value === "number") return -value;
    return typeof value === "bigint" ? reckon(work, "-", 0n, value) : new Fault(`${of.text} is no number`);
  };
}

/**
 * `and`, `or`: one side that decides is enough, whichever it is and whatever went wrong on the other (as CEL has it).
 *
 * @param decisive what one side has to be so that the other does not matter
 */
function eitherSide(left: Expression, right: Expression, decisive: boolean): Run {
  const first = compile(left);
  const second = compile(right);
  return (work) => {
    const one = first(work);
    if (one === decisive || one === TOO_MUCH_WORK) return one;
    const other = second(work);
    if (other === decisive) return other;
    if (typeof one !== "boolean") return one instanceof Fault ? one : notBoolean(left, one);
    return typeof other === "boolean" || other instanceof Fault ? other : notBoolean(right, other);
  };
}

function choice(condition: Expression, yes: Expression, no: Expression): Run {
  const test = compile(condition);
  const one = compile(yes);
  const other = compile(no);
  return (work) => {
    const value = test(work);
    if (typeof value === "boolean") return value ? one(work) : other(work);
    return value instanceof Fault ? value : notBoolean(condition, value);
  };
}

function comparison({ operator, left, right, text }: Expression & { kind: "comparison" }): Run {
  const first = compile(asDouble(left));
  const second = compile(asDouble(right));
  const test = COMPARISONS[operator];
  return (work) => {
    const one = first(work);
    if (one instanceof Fault) return one;
    const other = second(work);
    if (other instanceof Fault) return other;
    const result = test(work, one, other);
    // Not for the fault of its own kind, which says enough and is compared by identity.
    return result instanceof Fault && result !== TOO_MUCH_WORK ? new Fault(`${result.why}: ${text}`) : result;
  };
}

type Test = (work: Work, one: Value, other: Value) => boolean | Fault;

const COMPARISONS: Record<(Expression & { kind: "comparison" })["operator"], Test> = {
  "==": equals,
  "!=": (work, one, other) => {
    const same = equals(work, one, other);
    return typeof same === "boolean" ? !same : same;
  },
  "<": ordered(
    (one, other) => one < other,
    (sign) => sign < 0,
  ),
  "<=": ordered(
    (one, other) => one <= other,
    (sign) => sign <= 0,
  ),
  ">": ordered(
    (one, other) => one > other,
    (sign) => 0 < sign,
  ),
  ">=": ordered(
    (one, other) => one >= other,
    (sign) => 0 <= sign,
  ),
  in: isIn,
};

function ordered(ofNumbers: (one: number, other: number) => boolean, ofSign: (sign: number) => boolean): Test {
  return (work, one, other) => {
    // What nearly all are.
    if (typeof one === "number" && typeof other === "number") return ofNumbers(one, other);
    const sign = order(work, one, other);
    return typeof sign === "number" ? ofSign(sign) : sign;
  };
}

/** A literal is compared by its worth, and as a double that is quicker. All literals are exact as one. */
function asDouble(expression: Expression): Expression {
  return expression.kind === "literal" && typeof expression.value === "bigint"
    ? { ...expression, value: Number(expression.value) }
    : expression;
}

function both(left: Expression, right: Expression, of: (work: Work, left: Value, right: Value) => Value | Fault): Run {
  const first = compile(left);
  const second = compile(right);
  return (work) => {
    const one = first(work);
    if (one instanceof Fault) return one;
    const other = second(work);
    return other instanceof Fault ? other : of(work, one, other);
  };
}

function allOf(work: Work, runs: readonly Run[]): Value[] | Fault {
  const values: Value[] = [];
  for (const run of runs) {
    const value = run(work);
    if (value instanceof Fault) return value;
    values.push(value);
  }
  return values;
}

function map(entries: readonly (readonly [name: string, value: Expression])[]): Run {
  const names = entries.map(([name]) => name);
  const values = entries.map(([, value]) => compile(value));
  return (work) => {
    const made = allOf(work, values);
    if (made instanceof Fault) return made;
    const object = Object.create(null) as Record<string, Value>;
    for (const [at, name] of names.entries()) object[name] = made[at]!;
    return object as ObjectValue;
  };
}

export function notBoolean(expression: Expression, value: Value): Fault {
  return new Fault(`${expression.text} is ${kindOfValue(value)}, not true or false`);
}
