import { HooksError } from "../core/errors.ts";
import { isExactNumber, parseExact } from "../core/exact-json.ts";
import { quoted } from "../core/quoted.ts";

// `--set data.items[0].price=5`: a path of names joined by dots, with [n] or .n for places in lists.

/** Deeper paths than the deepest JSON that may be published lead nowhere. */
const MAX_STEPS = 64;
const STEP = /^(?:\.?([^.[\]=]+)|\[(\d{1,6})\])/;

type Step = string | number;

/**
 * Sets one value in a JSON value and returns the result (`root` is changed where it is an object or list). The value
 * is JSON where it parses as JSON, else the text itself: `amount=5` is a number, `id=ord_1` and `id="5"` are strings.
 * @throws HooksError `usage` naming --set
 */
export function setPath(root: unknown, assignment: string): unknown {
  const at = assignment.indexOf("=");
  if (at < 1) throw refused(assignment, "must be path=value");
  const steps = parsePath(assignment.slice(0, at), assignment, Array.isArray(root));
  return put(root, steps, parseValue(assignment.slice(at + 1)), assignment);
}

/** Whether the assignment changes a value that is there, and adds none. */
export function hasPath(root: unknown, assignment: string): boolean {
  const at = assignment.indexOf("=");
  if (at < 1) return false;
  let node = root;
  for (const step of parsePath(assignment.slice(0, at), assignment, Array.isArray(root))) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, step)) return false;
    node = Reflect.get(node, step);
  }
  return true;
}

/** `inList`: then it may begin with a place, `[0].email`. */
function parsePath(path: string, assignment: string, inList: boolean): Step[] {
  const steps: Step[] = [];
  for (let rest = path; rest !== ""; ) {
    const match = STEP.exec(rest);
    if (match === null || (steps.length === 0 && (inList ? /^\./ : /^[.[]/).test(rest)))
      throw refused(assignment, `has no path that can be read at ${quoted(rest)}`);
    steps.push(match[2] === undefined ? (match[1] ?? "") : Number(match[2]));
    rest = rest.slice(match[0].length);
  }
  if (MAX_STEPS < steps.length) throw refused(assignment, `has a path of more than ${MAX_STEPS} steps`);
  return steps;
}

function put(node: unknown, [step, ...rest]: readonly Step[], value: unknown, assignment: string): unknown {
  if (step === undefined) return value;
  if (Array.isArray(node) || (node === undefined && typeof step === "number")) {
    const list: unknown[] = Array.isArray(node) ? node : [];
    const index = typeof step === "number" ? step : /^\d{1,6}$/.test(step) ? Number(step) : Number.NaN;
    if (Number.isNaN(index)) throw refused(assignment, `names ${quoted(step)} in a list: lists take [0], [1] …`);
    if (list.length < index) throw refused(assignment, `leaves a gap: the list has ${list.length} places`);
    list[index] = put(list[index], rest, value, assignment);
    return list;
  }
  if (node !== undefined && (typeof node !== "object" || node === null || isExactNumber(node))) {
    throw refused(assignment, `goes through ${quoted(step)}, but there is ${quoted(node)} and no object`);
  }
  const object: object = node ?? {};
  const name = String(step);
  const old: unknown = Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined;
  // Defined and not assigned: `__proto__` is a name like any other here.
  Object.defineProperty(object, name, {
    value: put(old, rest, value, assignment),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return object;
}

function parseValue(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}

function refused(assignment: string, why: string): HooksError {
  return new HooksError("usage", `--set ${quoted(assignment)} ${why}`, {
    field: "--set",
    hint: "for example: --set data.items[0].price=5 --set data.name=Ada",
  });
}
