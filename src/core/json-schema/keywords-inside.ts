import { canonicalJson, isJsonObject } from "../json-value.ts";
import { quoted } from "../quoted.ts";
import type { Check, Run } from "./check.ts";
import type { Compiler } from "./compiler.ts";
import type { KeywordReader } from "./keyword-reader.ts";
import { linearPattern } from "./keywords-value.ts";

// Keywords about the members of objects and the entries of arrays.

export function objectChecks(reader: KeywordReader, compiler: Compiler): Check[] {
  const checks: Check[] = [...memberCounts(reader), ...requirements(reader)];
  const members = membersCheck(reader, compiler);
  if (members !== undefined) checks.push(members);
  const names = reader.one("propertyNames");
  if (names !== undefined) {
    const check = compiler.at(names);
    checks.push((value, run) => {
      if (!isJsonObject(value)) return true;
      return everyKey(
        value,
        run,
        (name) => run.tries(check, name, undefined) || run.fail(`has the name ${quoted(name)}, which is not accepted`),
      );
    });
  }
  return checks;
}

function memberCounts(reader: KeywordReader): Check[] {
  const least = reader.count("minProperties");
  const most = reader.count("maxProperties");
  const checks: Check[] = [];
  if (least !== undefined) {
    checks.push(
      (value, run) =>
        !isJsonObject(value) || least <= Object.keys(value).length || run.fail(`must have at least ${least} members`),
    );
  }
  if (most !== undefined) {
    checks.push(
      (value, run) =>
        !isJsonObject(value) || Object.keys(value).length <= most || run.fail(`must have at most ${most} members`),
    );
  }
  return checks;
}

function requirements(reader: KeywordReader): Check[] {
  const checks: Check[] = [];
  const lacks = (value: object, names: readonly string[], run: Run): boolean => {
    let isAnyMissing = false;
    for (const name of names) {
      if (Object.hasOwn(value, name)) continue;
      isAnyMissing = true;
      inside(run, name, () => run.fail("is missing"));
      if (run.isDone) break;
    }
    return isAnyMissing;
  };
  const required = reader.names("required");
  if (required !== undefined) checks.push((value, run) => !isJsonObject(value) || !lacks(value, required, run));
  const dependent = reader.record("dependentRequired");
  if (dependent !== undefined) {
    const rules = Object.entries(dependent).map(([name, names]) => {
      if (!Array.isArray(names) || !names.every((one) => typeof one === "string")) {
        return reader.fail("dependentRequired", "must be an object of lists of names");
      }
      return [name, names as string[]] as const;
    });
    checks.push(
      (value, run) =>
        !isJsonObject(value) ||
        rules.every(([name, names]) => !Object.hasOwn(value, name) || !lacks(value, names, run)),
    );
  }
  return checks;
}

/** `properties`, `patternProperties` and `additionalProperties`: they decide together who judges a member. */
function membersCheck(reader: KeywordReader, compiler: Compiler): Check | undefined {
  if (!["properties", "patternProperties", "additionalProperties"].some(reader.has)) return undefined;
  const named = new Map(reader.many("properties").map((place) => [String(place.steps.at(-1)), compiler.at(place)]));
  const patterns = reader.many("patternProperties").map((place) => {
    const source = String(place.steps.at(-1));
    const pattern = linearPattern(source, (why) =>
      reader.fail("patternProperties", `has the name ${quoted(source)}, which ${why}`),
    );
    return { pattern, check: compiler.at(place) };
  });
  const other = reader.one("additionalProperties");
  const additional = other === undefined ? undefined : compiler.at(other);
  const isClosed = other?.schema === false;
  return (value, run, seen) => {
    if (!isJsonObject(value)) return true;
    // Few of many members are named: only those are looked at.
    if (patterns.length === 0 && additional === undefined) {
      let fits = true;
      for (const [name, check] of named) {
        if (!Object.hasOwn(value, name)) continue;
        seen?.name(name);
        if (!inside(run, name, () => check(value[name], run, undefined))) fits = false;
        if (!fits && run.isDone) return false;
      }
      return fits;
    }
    return everyKey(value, run, (name) => {
      const own = named.get(name);
      let isJudged = own !== undefined;
      let fits = own === undefined || inside(run, name, () => own(value[name], run, undefined));
      for (const { pattern, check } of patterns) {
        if (!pattern.test(name, run.effort)) continue;
        isJudged = true;
        fits = inside(run, name, () => check(value[name], run, undefined)) && fits;
      }
      if (!isJudged && additional === undefined) return fits;
      seen?.name(name);
      if (isJudged) return fits;
      if (isClosed) return inside(run, name, () => run.fail(unknownWords([...named.keys()])));
      return inside(run, name, () => additional!(value[name], run, undefined));
    });
  };
}

const MOST_NAMES = 10;

function unknownWords(names: readonly string[]): string {
  if (names.length === 0) return "is not accepted";
  return `is not accepted; accepted: ${names.slice(0, MOST_NAMES).join(", ")}${MOST_NAMES < names.length ? " …" : ""}`;
}

export function arrayChecks(reader: KeywordReader, compiler: Compiler): Check[] {
  const checks: Check[] = [];
  const least = reader.count("minItems");
  const most = reader.count("maxItems");
  if (least !== undefined) {
    const words = least === 1 ? "must not be empty" : `must have at least ${least} entries`;
    checks.push((value, run) => !Array.isArray(value) || least <= value.length || run.fail(words));
  }
  if (most !== undefined) {
    checks.push(
      (value, run) => !Array.isArray(value) || value.length <= most || run.fail(`must have at most ${most} entries`),
    );
  }
  if (reader.flag("uniqueItems")) checks.push((value, run) => !Array.isArray(value) || areUnique(value, run));
  const first = reader.many("prefixItems").map((place) => compiler.at(place));
  const items = reader.one("items");
  const rest = items === undefined ? undefined : compiler.at(items);
  if (0 < first.length || rest !== undefined) {
    checks.push((value, run, seen) => {
      if (!Array.isArray(value)) return true;
      const judged = rest === undefined ? Math.min(first.length, value.length) : value.length;
      seen?.itemsUpTo(judged);
      return everyEntry(value, judged, run, (entry, at) => (first[at] ?? rest!)(entry, run, undefined));
    });
  }
  const contains = containsCheck(reader, compiler);
  if (contains !== undefined) checks.push(contains);
  return checks;
}

function containsCheck(reader: KeywordReader, compiler: Compiler): Check | undefined {
  const least = reader.count("minContains") ?? 1;
  const most = reader.count("maxContains") ?? Number.POSITIVE_INFINITY;
  const place = reader.one("contains");
  if (place === undefined) return undefined;
  const check = compiler.at(place);
  return (value, run, seen) => {
    if (!Array.isArray(value)) return true;
    let count = 0;
    for (const [at, entry] of value.entries()) {
      if (!run.tries(check, entry, undefined)) continue;
      seen?.item(at);
      count += 1;
    }
    if (count < least) {
      return run.fail(
        `must contain ${least === 1 ? "an entry" : `at least ${least} entries`} as the schema says, got ${count}`,
      );
    }
    return count <= most || run.fail(`must contain at most ${most} entries as the schema says, got ${count}`);
  };
}

/** In time proportional to the array, whatever is in it. */
function areUnique(value: readonly unknown[], run: Run): boolean {
  const known = new Map<string, number>();
  for (const [at, entry] of value.entries()) {
    const text = canonicalJson(entry);
    run.effort.spend(1 + (text.length >> 3));
    const before = known.get(text);
    if (before !== undefined) return run.fail(`must not hold an entry twice: [${before}] and [${at}] are equal`);
    known.set(text, at);
  }
  return true;
}

export function unevaluatedChecks(reader: KeywordReader, compiler: Compiler): Check[] {
  const checks: Check[] = [];
  const members = reader.one("unevaluatedProperties");
  if (members !== undefined) {
    const check = compiler.at(members);
    checks.push((value, run, seen) => {
      if (!isJsonObject(value)) return true;
      const fits = everyKey(
        value,
        run,
        (name) => seen?.hasName(name) === true || inside(run, name, () => check(value[name], run, undefined)),
      );
      if (fits) seen?.allNames();
      return fits;
    });
  }
  const items = reader.one("unevaluatedItems");
  if (items !== undefined) {
    const check = compiler.at(items);
    checks.push((value, run, seen) => {
      if (!Array.isArray(value)) return true;
      const fits = everyEntry(
        value,
        value.length,
        run,
        (entry, at) => seen?.hasItem(at) === true || check(entry, run, undefined),
      );
      if (fits) seen?.itemsUpTo(value.length);
      return fits;
    });
  }
  return checks;
}

function everyKey(value: object, run: Run, fits: (name: string) => boolean): boolean {
  let all = true;
  for (const name of Object.keys(value)) {
    run.effort.spend(1);
    if (fits(name)) continue;
    all = false;
    if (run.isDone) return false;
  }
  return all;
}

function everyEntry(
  value: readonly unknown[],
  count: number,
  run: Run,
  fits: (entry: unknown, at: number) => boolean,
): boolean {
  let all = true;
  for (let at = 0; at < count; at++) {
    if (inside(run, at, () => fits(value[at], at))) continue;
    all = false;
    if (run.isDone) return false;
  }
  return all;
}

function inside(run: Run, step: string | number, judge: () => boolean): boolean {
  run.path.push(step);
  const fits = judge();
  run.path.pop();
  return fits;
}
