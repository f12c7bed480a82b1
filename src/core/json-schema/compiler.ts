import { isJsonObject, type JsonObject } from "../json-value.ts";
import { type Check, every, ifFits, type Run, Seen } from "./check.ts";
import { keywordReader } from "./keyword-reader.ts";
import { combiningChecks } from "./keywords-combining.ts";
import { arrayChecks, objectChecks, unevaluatedChecks } from "./keywords-inside.ts";
import { valueChecks } from "./keywords-value.ts";
import type { Place, SchemaDocument } from "./schema-document.ts";

/** Each schema becomes one check, made once, however often it is referred to. */
export class Compiler {
  readonly document: SchemaDocument;
  readonly #slots = new Map<string, { check: Check | undefined }>();
  /** Schemas that judge the same value as this one does. */
  readonly #sameValue = new Map<string, Set<string>>();

  constructor(document: SchemaDocument) {
    this.document = document;
  }

  /** @throws HooksError `invalid_request` for a keyword that is not as it must be, and for references in a circle */
  compile(): Check {
    const check = this.at(this.document.root);
    this.#refuseCircles();
    return check;
  }

  /** The check of a schema; one that is being made already is asked for when it runs. */
  at(place: Place): Check {
    const key = keyOf(place);
    const known = this.#slots.get(key);
    if (known !== undefined) return known.check ?? ((value, run, seen) => known.check!(value, run, seen));
    const slot: { check: Check | undefined } = { check: undefined };
    this.#slots.set(key, slot);
    slot.check = this.#make(place);
    return slot.check;
  }

  /** The same for a schema that judges the value that `from` judges. */
  inPlace(from: Place, place: Place): Check {
    const key = keyOf(from);
    const targets = this.#sameValue.get(key) ?? new Set();
    this.#sameValue.set(key, targets.add(keyOf(place)));
    return this.at(place);
  }

  #make(place: Place): Check {
    const { schema } = place;
    if (schema === true) return () => true;
    if (schema === false) return (_value, run) => run.fail("must not be there");
    if (!isJsonObject(schema)) throw this.document.faultAt(place.steps, "must be a schema: an object, true or false");
    const reader = keywordReader(this.document, place);
    const checks: Check[] = [
      ...this.#references(place, schema),
      ...valueChecks(reader),
      ...objectChecks(reader, this),
      ...arrayChecks(reader, this),
      ...combiningChecks(reader, this),
    ];
    const later = unevaluatedChecks(reader, this);
    const counted: Check = (value, run, seen) => {
      run.effort.spend(1);
      return judge(value, run, seen);
    };
    const judge = checks.length === 0 ? () => true : every(checks);
    return later.length === 0 ? counted : withUnevaluated(counted, every(later));
  }

  #references(place: Place, schema: JsonObject): Check[] {
    const checks: Check[] = [];
    if (Object.hasOwn(schema, "$ref")) {
      const target = this.document.resolve(place, "$ref");
      const check = this.inPlace(place, target);
      const scope = this.document.baseOf(target);
      checks.push((value, run, seen) => entering(run, scope, () => ifFits(check, value, run, seen)));
    }
    if (Object.hasOwn(schema, "$dynamicRef")) checks.push(this.#dynamicReference(place));
    return checks;
  }

  #dynamicReference(place: Place): Check {
    const { document } = this;
    const target = document.resolve(place, "$dynamicRef");
    const ref = (place.schema as JsonObject)["$dynamicRef"] as string;
    const name = document.dynamicName(target);
    const plain = { check: this.inPlace(place, target), scope: document.baseOf(target) };
    const isDynamic = name !== undefined && ref.endsWith(`#${name}`);
    // Which of them it is depends on the way that led here; any may be.
    const others = new Map<string, Check>();
    if (isDynamic) {
      for (const outer of document.dynamicAnchorsOf(name)) {
        others.set(document.baseOf(outer), this.inPlace(place, outer));
      }
    }
    return (value, run, seen) => {
      const scope = run.scopes.find((one) => others.has(one)) ?? plain.scope;
      return entering(run, scope, () => ifFits(others.get(scope) ?? plain.check, value, run, seen));
    };
  }

  /** A schema that comes back to itself on the same value would judge for ever. */
  #refuseCircles(): void {
    const done = new Set<string>();
    const open = new Set<string>();
    const visit = (key: string): void => {
      if (done.has(key)) return;
      if (open.has(key)) {
        const steps = JSON.parse(key) as (string | number)[];
        throw this.document.faultAt(steps, "refers to itself in a circle, without going into the value");
      }
      open.add(key);
      for (const next of this.#sameValue.get(key) ?? []) visit(next);
      open.delete(key);
      done.add(key);
    };
    for (const key of this.#sameValue.keys()) visit(key);
  }
}

function keyOf({ steps }: Place): string {
  return JSON.stringify(steps);
}

function entering(run: Run, scope: string, judge: () => boolean): boolean {
  run.effort.enter();
  run.scopes.push(scope);
  const fits = judge();
  run.scopes.pop();
  run.effort.leave();
  return fits;
}

/** What is judged last needs to know what everything else here has judged. */
function withUnevaluated(judge: Check, later: Check): Check {
  return (value, run, seen) => {
    const own = new Seen();
    const fits = judge(value, run, own) && later(value, run, own);
    if (fits) seen?.add(own);
    return fits;
  };
}
