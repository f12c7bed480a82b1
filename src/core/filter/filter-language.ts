// The language of filters: CEL, the Common Expression Language (cel.dev). Reading and checking types is the library's;
// what comes out is a tree of our own (expression.ts), which evaluate.ts runs within a bound on its steps.

import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { invalid } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { quoted } from "../quoted.ts";
import { compile } from "./evaluate.ts";
import {
  type Arithmetic,
  type Comparison,
  type Expression,
  FILTER_MAX_LENGTH,
  FUNCTIONS,
  type FunctionName,
  MACROS,
  type Macro,
  SUBJECT_FIELDS,
  type SubjectField,
} from "./expression.ts";
import { binaryText, callText, memberText, operandText } from "./expression-text.ts";
import { placeIn, Refusal } from "./refusal.ts";
import { Fault } from "./values.ts";
import { noWork } from "./work.ts";

const LIMITS = { maxAstNodes: 200, maxDepth: 16, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 4 };
/** Whole numbers beyond it are no longer exact as JSON numbers, so that comparing with them would mislead. */
const EXACT_MAX = BigInt(Number.MAX_SAFE_INTEGER);

const HINT = "for example: data.amount > 1000 && data.country in ['DE', 'FR']; see hooks help filters";

/** What `type` is called for the library, in which `type` is a function. */
const TYPE_VARIABLE = "event_type";

const CEL = new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false, enableOptionalTypes: true })
  .registerVariable("event", "dyn")
  .registerVariable("data", "dyn")
  .registerVariable("metadata", "dyn")
  .registerVariable(TYPE_VARIABLE, "string");

/**
 * Reads a filter.
 * @throws HooksError `invalid_request` naming `field`, with the place in the text where it is wrong
 */
export function parseFilter(text: unknown, field: string): Expression {
  if (typeof text !== "string" || text.trim() === "") {
    throw invalid(field, `${field} must be an expression that is true for the events to send`, HINT);
  }
  if (FILTER_MAX_LENGTH < text.length) {
    throw invalid(field, `${field} must be at most ${FILTER_MAX_LENGTH} characters, got ${text.length}`);
  }
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { why, at, hint } = error;
    throw invalid(field, `${field} is not valid ${placeIn(text, at)}: ${why}`, hint ?? HINT);
  }
}

const NUMBERS_ONLY = /^no such overload: (int|double) (==|!=) (int|double)$/m;

/** @throws Refusal */
function read(text: string): Expression {
  const parsed = asRefusal(text, () => CEL.parse(text));
  const expression = new Translation().translate(parsed.ast);
  const { valid, type, error } = parsed.check();
  // Numbers of the data make the library take the whole for a whole number: `data.price + 1 == 20.5`.
  if (!valid && !NUMBERS_ONLY.test(error?.message ?? "")) throw refusalOf(error, text);
  if (type !== undefined && type !== "bool" && type !== "dyn") {
    throw new Refusal(`it is of type ${type}, where true or false is needed`, 0);
  }
  return expression;
}

/** From the library's tree to ours. Refuses what the library would take and this does not. */
class Translation {
  /** Name of what the macro that is being read goes through. */
  #item: string | undefined;
  #parts = 0;

  translate(node: ASTNode): Expression {
    this.#parts += 1;
    switch (node.op) {
      case "value":
        return literal(node);
      case "id":
        return this.#named(node);
      case ".":
      case ".?":
        return this.#member(node.args[0], node.args[1], node.op === ".?", node.pos);
      case "[]":
      case "[?]": {
        const of = this.translate(node.args[0]);
        const index = this.translate(node.args[1]);
        const text = `${operandText(of)}${node.op === "[?]" ? "[?" : "["}${index.text}]`;
        return { kind: "index", of, index, optional: node.op === "[?]", text };
      }
      case "!_": {
        const of = this.translate(only(node.args));
        return { kind: "not", of, text: `!${operandText(of)}` };
      }
      case "-_": {
        const of = this.translate(only(node.args));
        if (of.kind === "literal" && (typeof of.value === "number" || typeof of.value === "bigint")) {
          return { kind: "literal", value: -of.value, text: `-${of.text}` };
        }
        return { kind: "negative", of, text: `-${operandText(of)}` };
      }
      case "&&":
      case "||":
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
      case "in":
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
        return binary(node.op, this.translate(node.args[0]), this.translate(node.args[1]));
      case "?:": {
        const [condition, yes, no] = node.args.map((part) => this.translate(part)) as [
          Expression,
          Expression,
          Expression,
        ];
        const text = `${operandText(condition)} ? ${operandText(yes)} : ${operandText(no)}`;
        return { kind: "choice", condition, yes, no, text };
      }
      case "list": {
        const items = node.args.map((item) => this.translate(item));
        return { kind: "list", items, text: `[${items.map((item) => item.text).join(", ")}]` };
      }
      case "map":
        return this.#map(node.args);
      case "call":
        return this.#call(node.args[0], undefined, node.args[1], node.pos);
      case "rcall":
        return this.#call(node.args[0], node.args[1], node.args[2], node.pos);
    }
  }

  #named(node: ASTNode & { op: "id" }): Expression {
    const name: string = node.args;
    if (name === this.#item) return { kind: "item", text: name };
    if (name === "event") return { kind: "event", text: name };
    if (name === "data" || name === "metadata") return { kind: "field", field: name, text: name };
    if (name === "type") {
      // Seen by the library's check, which comes after this.
      (node as { args: string }).args = TYPE_VARIABLE;
      return { kind: "field", field: "type", text: name };
    }
    const known = ["event", "data", "metadata", "type", ...(this.#item === undefined ? [] : [this.#item])];
    if (isSubjectField(name)) throw new Refusal(`there is no ${quoted(name)}: write event.${name}`, node.pos);
    const near = nearest(name, known);
    const guess = near === undefined ? `members of the data are written data.${name}` : `did you mean "${near}"?`;
    throw new Refusal(`there is no ${quoted(name)}: ${guess}`, node.pos);
  }

  #member(ofNode: ASTNode, name: string, optional: boolean, at: number): Expression {
    const of = this.translate(ofNode);
    const text = memberText(of, name, optional);
    if (of.kind !== "event") return { kind: "member", of, name, optional, text };
    if (!isSubjectField(name)) throw noSuchField(name, at);
    return { kind: "field", field: name, text };
  }

  #map(entries: readonly (readonly [ASTNode, ASTNode])[]): Expression {
    const read = entries.map(([key, value]) => {
      const name = this.translate(key);
      if (name.kind !== "literal" || typeof name.value !== "string") {
        throw new Refusal("the keys of {…} must be strings", key.pos);
      }
      return [name.value, this.translate(value)] as const;
    });
    return {
      kind: "map",
      entries: read,
      text: `{${read.map(([name, { text }]) => `${JSON.stringify(name)}: ${text}`).join(", ")}}`,
    };
  }

  #call(name: string, on: ASTNode | undefined, args: readonly ASTNode[], at: number): Expression {
    if (name === "has" && on === undefined) return this.#has(args, at);
    if (on !== undefined && isMacro(name)) return this.#macro(name, on, args, at);
    if (name === "matches") {
      throw new Refusal("matches() is not available: a regular expression can take for ever", at, REGEX_HINT);
    }
    if (!isFunction(name)) throw noSuchFunction(name, at);
    const rule = FUNCTIONS[name];
    const isOn = on !== undefined;
    if (rule.on !== "both" && (rule.on === "value") !== isOn) {
      throw new Refusal(`${name}() is written ${isOn ? `${name}(value)` : `value.${name}(…)`}`, at);
    }
    const all = [...(on === undefined ? [] : [on]), ...args].map((arg) => this.translate(arg));
    const [least, most] = rule.args;
    if (all.length < least || most < all.length) {
      const wanted = most - (isOn ? 1 : 0);
      throw new Refusal(
        `${name}() takes ${wanted === 0 ? "nothing" : wanted === 1 ? "one value" : `${wanted} values`}`,
        at,
      );
    }
    const expression = { kind: "call", name, args: all, text: callText(name, all, isOn) } as const;
    if (all.every((arg) => arg.kind === "literal")) refuseFault(expression, at);
    return expression;
  }

  #has([node, ...more]: readonly ASTNode[], at: number): Expression {
    if (node === undefined || 0 < more.length || node.op !== ".") {
      throw new Refusal("has() takes the path of one member: has(data.discount)", at);
    }
    const of = this.translate(node.args[0]);
    const name = node.args[1];
    const text = `has(${memberText(of, name, false)})`;
    if (of.kind !== "event") return { kind: "has", of, name, text };
    if (!isSubjectField(name)) throw noSuchField(name, node.pos);
    // What an event may lack is null then.
    const left = { kind: "field", field: name, text: `event.${name}` } as const;
    return { kind: "comparison", operator: "!=", left, right: { kind: "literal", value: null, text: "null" }, text };
  }

  #macro(macro: Macro, on: ASTNode, args: readonly ASTNode[], at: number): Expression {
    if (this.#item !== undefined) {
      throw new Refusal(
        `${macro}() cannot stand inside another one: the work would grow with the square of the list`,
        at,
      );
    }
    const list = this.translate(on);
    const [variable, ...parts] = args;
    if (variable?.op !== "id" || !MACROS[macro].includes(args.length)) {
      throw new Refusal(`${macro}() takes a name and what is said of it: ${macro}(item, item.price > 10)`, at);
    }
    const name: string = variable.args;
    if (["event", "data", "metadata", "type"].includes(name)) {
      throw new Refusal(`${macro}(): ${quoted(name)} has a meaning already; call it item`, variable.pos);
    }
    this.#item = name;
    const before = this.#parts;
    const read = parts.map((part) => this.translate(part));
    const size = this.#parts - before;
    this.#item = undefined;
    const text = `${operandText(list)}.${macro}(${[name, ...read.map((part) => part.text)].join(", ")})`;
    const [condition, result] = macro === "map" && read.length === 1 ? [undefined, read[0]] : [read[0], read[1]];
    return { kind: "macro", macro, list, condition, result, size, text };
  }
}

const REGEX_HINT = 'use startsWith("…"), endsWith("…"), contains("…"), or a list: data.code in ["a", "b"]';

function binary(operator: "&&" | "||" | Comparison | Arithmetic, left: Expression, right: Expression): Expression {
  const text = binaryText(operator, left, right);
  if (operator === "&&") return { kind: "and", left, right, text };
  if (operator === "||") return { kind: "or", left, right, text };
  return isArithmetic(operator)
    ? { kind: "arithmetic", operator, left, right, text }
    : { kind: "comparison", operator, left, right, text };
}

function literal(node: ASTNode & { op: "value" }): Expression {
  const value = node.args;
  if (value === null || typeof value === "boolean") return { kind: "literal", value, text: String(value) };
  if (typeof value === "string") return { kind: "literal", value, text: JSON.stringify(value) };
  if (typeof value === "number") return { kind: "literal", value, text: doubleText(value) };
  if (typeof value !== "bigint")
    throw new Refusal('b"…" and 1u are not available: JSON has strings and numbers', node.pos);
  if (EXACT_MAX < value) {
    throw new Refusal("whole numbers beyond 9007199254740991 are not exact in JSON: compare them as strings", node.pos);
  }
  return { kind: "literal", value, text: String(value) };
}

/** Never as a whole number: that would be another kind. */
function doubleText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? value.toFixed(1) : String(value);
}

/** The library has had it both ways. */
function only(args: ASTNode | readonly ASTNode[]): ASTNode {
  return Array.isArray(args) ? (args[0] as ASTNode) : (args as ASTNode);
}

/** What of literals alone never has a value is a mistake of the filter, not of some event. */
function refuseFault(expression: Expression, at: number): void {
  const value = compile(expression)(noWork());
  if (value instanceof Fault) throw new Refusal(value.why, at);
}

function noSuchField(name: string, at: number): Refusal {
  const near = nearest(name, SUBJECT_FIELDS);
  const guess = near === undefined ? `it has ${SUBJECT_FIELDS.join(", ")}` : `did you mean "event.${near}"?`;
  return new Refusal(`an event has no ${quoted(name)}: ${guess}`, at);
}

function noSuchFunction(name: string, at: number): Refusal {
  const known = [...Object.keys(FUNCTIONS), ...Object.keys(MACROS), "has"];
  const near = nearest(name, known);
  return new Refusal(
    `there is no function ${quoted(name)}${near === undefined ? "" : `: did you mean "${near}"?`}`,
    at,
  );
}

function isSubjectField(name: string): name is SubjectField {
  return (SUBJECT_FIELDS as readonly string[]).includes(name);
}

function isMacro(name: string): name is Macro {
  return Object.hasOwn(MACROS, name);
}

function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

function isArithmetic(operator: Comparison | Arithmetic): operator is Arithmetic {
  return ["+", "-", "*", "/", "%"].includes(operator);
}

function asRefusal<T>(text: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw refusalOf(error, text);
  }
}

/** What the library says, and where. Its message ends with the line in question, which we show ourselves. */
function refusalOf(error: unknown, text: string): Refusal {
  if (!(error instanceof Error)) throw error;
  const [summary = ""] = error.message.split("\n", 1);
  const start = (error as { range?: { start?: unknown } }).range?.start;
  const at = typeof start === "number" ? start : text.length;
  return new Refusal(inOurWords(summary), Math.min(at, text.length));
}

function inOurWords(summary: string): string {
  const limit = /^Exceeded (\w+) \((\d+)\)/.exec(summary);
  if (limit !== null) {
    const what = LIMIT_WORDS[limit[1]!] ?? "it is too large: at most";
    return `${what} ${limit[2]}`;
  }
  const plain = summary.replace("Unexpected token: EOF", "it ends too early").replace("got EOF", "got the end");
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}

const LIMIT_WORDS: Readonly<Record<string, string>> = {
  maxAstNodes: "it has too many parts: at most",
  maxDepth: "it is nested too deeply: at most",
  maxListElements: "the list is too long: at most",
  maxMapEntries: "{…} has too many entries: at most",
  maxCallArguments: "too many arguments: at most",
};
