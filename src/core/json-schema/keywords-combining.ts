import { isJsonObject } from "../json-value.ts";
import { type Check, ifFits, Seen } from "./check.ts";
import type { Compiler } from "./compiler.ts";
import type { KeywordReader } from "./keyword-reader.ts";

// Keywords that put schemas together, all about the same value.

export function combiningChecks(reader: KeywordReader, compiler: Compiler): Check[] {
  const parts = (keyword: string): Check[] =>
    reader.many(keyword).map((place) => compiler.inPlace(reader.place, place));
  return [
    ...parts("allOf").map(
      (part): Check =>
        (value, run, seen) =>
          ifFits(part, value, run, seen),
    ),
    ...(reader.has("anyOf") ? [anyOf(parts("anyOf"))] : []),
    ...(reader.has("oneOf") ? [oneOf(parts("oneOf"))] : []),
    ...parts("not").map(
      (part): Check =>
        (value, run) =>
          !run.tries(part, value, undefined) || run.fail("must not be as the schema's `not` says"),
    ),
    ...conditional(parts("if")[0], parts("then")[0], parts("else")[0]),
    ...reader.many("dependentSchemas").map((place): Check => {
      const name = String(place.steps.at(-1));
      const part = compiler.inPlace(reader.place, place);
      return (value, run, seen) =>
        !isJsonObject(value) || !Object.hasOwn(value, name) || ifFits(part, value, run, seen);
    }),
  ];
}

function anyOf(forms: readonly Check[]): Check {
  return (value, run, seen) => {
    let fits = false;
    for (const form of forms) {
      const own = seen === undefined ? undefined : new Seen();
      if (!run.tries(form, value, own)) continue;
      fits = true;
      // Whoever asks what was judged wants to hear of all that fit.
      if (own === undefined) return true;
      seen?.add(own);
    }
    return fits || run.failEach(forms, value);
  };
}

function oneOf(forms: readonly Check[]): Check {
  return (value, run, seen) => {
    let count = 0;
    for (const form of forms) {
      const own = seen === undefined ? undefined : new Seen();
      if (!run.tries(form, value, own)) continue;
      count += 1;
      if (1 < count) return run.fail(`must have exactly one of ${forms.length} forms, and fits more than one`);
      if (own !== undefined) seen?.add(own);
    }
    return count === 1 || run.failEach(forms, value);
  };
}

function conditional(condition: Check | undefined, then: Check | undefined, otherwise: Check | undefined): Check[] {
  if (condition === undefined) return [];
  return [
    (value, run, seen) => {
      const own = seen === undefined ? undefined : new Seen();
      const holds = run.tries(condition, value, own);
      if (holds && own !== undefined) seen?.add(own);
      const next = holds ? then : otherwise;
      return next === undefined || ifFits(next, value, run, seen);
    },
  ];
}
