import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from "../json-value.ts";
import { sampleNumber, sampleText } from "./sample-values.ts";
import type { Place, SchemaDocument } from "./schema-document.ts";

/** From here on only what is required is made: a schema may contain itself. */
const FULL_DEPTH = 5;
const MOST_DEPTH = 24;
const MOST_CONJUNCTS = 200;
const MOST_ENTRIES = 50;

/** Schemas that all judge one value. */
type Conjuncts = readonly JsonObject[];

/** Makes one value. */
export class SampleMaker {
  readonly #document: SchemaDocument;
  readonly #random: () => number;
  /** Later ones take other ways: other forms, values of their own instead of examples. */
  readonly #attempt: number;

  constructor(document: SchemaDocument, random: () => number, attempt: number) {
    this.#document = document;
    this.#random = random;
    this.#attempt = attempt;
  }

  /** Undefined: nothing fits. */
  make(): JsonValue | undefined {
    return this.#value([this.#document.root], "data", 0);
  }

  #value(places: readonly Place[], name: string, depth: number): JsonValue | undefined {
    if (MOST_DEPTH < depth) return undefined;
    const all: Place[] = [];
    for (const place of places) if (!this.#gather(place, all)) return undefined;
    const schemas = all.map(({ schema }) => schema as JsonObject);
    const given = this.#given(schemas);
    if (given !== undefined) return given;
    switch (this.#typeOf(schemas)) {
      case "object":
        return this.#object(all, schemas, depth);
      case "array":
        return this.#array(all, schemas, name, depth);
      case "integer":
        return sampleNumber(schemas, true, this.#random);
      case "number":
        return sampleNumber(schemas, false, this.#random);
      case "boolean":
        return this.#random() < 0.5;
      case "null":
        return null;
      case "string":
        return sampleText(schemas, name, this.#random);
      default:
        return undefined;
    }
  }

  /** The schemas that judge what this one judges, itself the first. False: nothing fits. */
  #gather(place: Place, into: Place[]): boolean {
    const { schema } = place;
    if (schema === true) return true;
    if (!isJsonObject(schema) || MOST_CONJUNCTS < into.length) return false;
    into.push(place);
    for (const keyword of ["$ref", "$dynamicRef"] as const) {
      if (Object.hasOwn(schema, keyword) && !this.#gather(this.#document.resolve(place, keyword), into)) return false;
    }
    for (const part of this.#document.inside(place, "allOf")) if (!this.#gather(part, into)) return false;
    for (const keyword of ["anyOf", "oneOf"]) {
      const forms = this.#document.inside(place, keyword);
      if (forms.length === 0) continue;
      // The first form is the one that its author thought of first.
      const chosen = this.#attempt === 0 ? 0 : Math.floor(this.#random() * forms.length);
      if (!this.#gather(forms[chosen]!, into)) return false;
    }
    return this.#gatherCondition(place, into);
  }

  #gatherCondition(place: Place, into: Place[]): boolean {
    const [condition] = this.#document.inside(place, "if");
    if (condition === undefined) return true;
    const holds = this.#attempt === 0 || this.#random() < 0.5;
    const [next] = this.#document.inside(place, holds ? "then" : "else");
    if (holds && !this.#gather(condition, into)) return false;
    return next === undefined || this.#gather(next, into);
  }

  /** What the schemas themselves give. */
  #given(schemas: Conjuncts): JsonValue | undefined {
    for (const schema of schemas) if (Object.hasOwn(schema, "const")) return schema["const"];
    const lists = schemas.flatMap((schema) => (Array.isArray(schema["enum"]) ? [schema["enum"]] : []));
    if (0 < lists.length) {
      const common = lists[0]!.filter((one) =>
        lists.every((list) => list.some((other) => canonicalJson(other) === canonicalJson(one))),
      );
      return common[this.#attempt === 0 ? 0 : Math.floor(this.#random() * common.length)];
    }
    // An example that does not fit itself must not stand in the way for ever.
    if (this.#attempt % 2 === 1) return undefined;
    for (const schema of schemas) {
      const examples = schema["examples"];
      if (Array.isArray(examples) && 0 < examples.length) return examples[this.#attempt % examples.length];
      for (const keyword of ["example", "default"]) if (Object.hasOwn(schema, keyword)) return schema[keyword];
    }
    return undefined;
  }

  #typeOf(schemas: Conjuncts): string | undefined {
    const lists = schemas.flatMap(({ type }) => (type === undefined ? [] : [[type].flat() as string[]]));
    if (lists.length === 0) return typeByKeywords(schemas);
    const isNumeric = (type: string): boolean => type === "number" || type === "integer";
    const has = (list: readonly string[], type: string): boolean =>
      list.includes(type) || (type === "integer" && list.includes("number"));
    // `number` and `integer` have `integer` in common.
    const candidates = [...new Set(lists.flat().flatMap((type) => (isNumeric(type) ? [type, "integer"] : [type])))];
    const common = candidates.filter((type) => lists.every((list) => has(list, type)));
    const telling = common.filter((type) => type !== "null");
    const choices = 0 < telling.length ? telling : common;
    return choices[this.#attempt === 0 ? 0 : Math.floor(this.#random() * choices.length)];
  }

  #object(places: readonly Place[], schemas: Conjuncts, depth: number): JsonValue | undefined {
    const members = new Map<string, Place[]>();
    for (const place of places) {
      for (const member of this.#document.inside(place, "properties")) {
        const name = String(member.steps.at(-1));
        members.set(name, [...(members.get(name) ?? []), member]);
      }
    }
    const required = new Set(schemas.flatMap((schema) => namesIn(schema["required"])));
    const most = lowest(schemas, "maxProperties");
    const value: JsonObject = {};
    const put = (name: string): boolean => {
      if (Object.hasOwn(value, name)) return true;
      const made = this.#value(this.#placesOf(name, places, members), name, depth + 1);
      if (made !== undefined) Object.defineProperty(value, name, { value: made, ...OWN });
      return made !== undefined;
    };
    for (const name of required) if (!put(name)) return undefined;
    for (const name of members.keys()) {
      if (FULL_DEPTH <= depth || most <= Object.keys(value).length) break;
      put(name);
    }
    for (const schema of schemas) {
      for (const [name, names] of Object.entries((schema["dependentRequired"] as JsonObject | undefined) ?? {})) {
        if (Object.hasOwn(value, name)) for (const other of namesIn(names)) put(other);
      }
    }
    const least = highest(schemas, "minProperties");
    for (let n = 1; Object.keys(value).length < Math.min(least, MOST_ENTRIES); n++) {
      if (!put(`member_${n}`) && 2 * MOST_ENTRIES < n) break;
    }
    // In the order in which the schema names them.
    const order = [...members.keys(), ...Object.keys(value)];
    const ordered: JsonObject = {};
    for (const name of order) {
      if (Object.hasOwn(value, name)) Object.defineProperty(ordered, name, { value: value[name], ...OWN });
    }
    return ordered;
  }

  /** The schemas of a member: those that name it, or those for what nobody names. */
  #placesOf(name: string, places: readonly Place[], members: ReadonlyMap<string, readonly Place[]>): readonly Place[] {
    const named = members.get(name) ?? [];
    const others = places.flatMap((place) => {
      const isNamed = this.#document.inside(place, "properties").some(({ steps }) => steps.at(-1) === name);
      return isNamed ? [] : this.#document.inside(place, "additionalProperties");
    });
    const patterned = places.flatMap((place) => this.#document.inside(place, "patternProperties"));
    // Whether a pattern takes the name is the judge's to say: it is tried when nothing names it.
    return 0 < named.length ? [...named, ...others] : 0 < patterned.length ? patterned : others;
  }

  #array(places: readonly Place[], schemas: Conjuncts, name: string, depth: number): JsonValue | undefined {
    const least = Math.min(highest(schemas, "minItems"), MOST_ENTRIES);
    const most = lowest(schemas, "maxItems");
    const first = places.map((place) => this.#document.inside(place, "prefixItems"));
    const contained = places.flatMap((place) =>
      this.#document.inside(place, "contains").map((one) => ({
        one,
        count: Math.min(Number((place.schema as JsonObject)["minContains"] ?? 1), MOST_ENTRIES),
      })),
    );
    const rest = places.flatMap((place) => this.#document.inside(place, "items"));
    const isUnique = schemas.some((schema) => schema["uniqueItems"] === true);
    const entries: JsonValue[] = [];
    const known = new Set<string>();
    const put = (these: readonly Place[]): boolean => {
      for (let tries = 0; tries < 20; tries++) {
        const made = this.#value(these, singular(name), depth + 1);
        if (made === undefined) return false;
        if (isUnique && known.has(canonicalJson(made))) continue;
        known.add(canonicalJson(made));
        entries.push(made);
        return true;
      }
      return false;
    };
    const prefixLength = Math.max(0, ...first.map((list) => list.length));
    for (let at = 0; at < Math.min(prefixLength, most); at++) {
      if (!put(first.flatMap((list) => list.slice(at, at + 1)))) break;
    }
    for (const { one, count } of contained) for (let n = 0; n < count; n++) put([one, ...rest]);
    const wanted = Math.min(most, Math.max(least, depth < FULL_DEPTH && prefixLength === 0 ? 1 : 0));
    while (entries.length < wanted) if (!put(rest)) break;
    return entries.length < least ? undefined : entries;
  }
}

const OWN = { enumerable: true, configurable: true, writable: true };

function typeByKeywords(schemas: Conjuncts): string {
  const has = (...keywords: string[]): boolean =>
    schemas.some((schema) => keywords.some((keyword) => Object.hasOwn(schema, keyword)));
  if (has("properties", "required", "additionalProperties", "patternProperties", "minProperties")) return "object";
  if (has("items", "prefixItems", "contains", "minItems", "uniqueItems")) return "array";
  if (has("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) return "number";
  return "string";
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

function highest(schemas: Conjuncts, keyword: string): number {
  return Math.max(0, ...schemas.map((schema) => Number(schema[keyword] ?? 0)));
}

function lowest(schemas: Conjuncts, keyword: string): number {
  return Math.min(...schemas.map((schema) => Number(schema[keyword] ?? MOST_ENTRIES)), MOST_ENTRIES);
}

/** `lines` → `line`: what an entry's text is made of. */
function singular(name: string): string {
  return name.endsWith("s") ? name.slice(0, -1) : name;
}
