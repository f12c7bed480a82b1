import { type HooksError, invalid } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue, jsonPath } from "../json-value.ts";
import { nearest } from "../nearest.ts";
import { quoted } from "../quoted.ts";
import { ANNOTATIONS, ASSERTIONS, LISTS_OF_SCHEMAS, MAPS_OF_SCHEMAS, OF_OLD, SINGLE_SCHEMAS } from "./vocabulary.ts";

/** Schemas inside a schema; each costs memory for as long as it is in use. */
const MOST_SCHEMAS = 5_000;
const MOST_DEPTH = 64;
const MOST_NOTES = 20;

/** Of a schema without an `$id`: names nothing. */
const ROOT_URI = "schema://root/";
const DIALECT = "https://json-schema.org/draft/2020-12/schema";
/** Read as 2020-12: what they write in another way is refused by name. */
const NEAR_DIALECTS =
  /^(https?:\/\/json-schema\.org\/draft(-06|-07|\/2019-09)\/schema#?|https:\/\/spec\.openapis\.org\/oas\/3\.1\/dialect\/.*)$/;

/** A schema and where it stands. */
export interface Place {
  schema: JsonValue;
  steps: readonly (string | number)[];
  /** URI of the resource that it is a part of, without a fragment. */
  base: string;
}

/** A schema with everything inside it, and what references name. */
export class SchemaDocument {
  readonly root: Place;
  /** What is taken and means nothing here, in words. */
  readonly notes: string[] = [];
  readonly #field: string;
  readonly #resources = new Map<string, Place>();
  /** By URI with the name as its fragment. */
  readonly #anchors = new Map<string, Place>();
  readonly #dynamicAnchors = new Set<string>();
  #count = 0;

  /**
   * @param field what the schema is called in errors
   * @throws HooksError `invalid_request` naming the place
   */
  constructor(schema: unknown, field: string) {
    this.#field = field;
    this.root = { schema: schema as JsonValue, steps: [], base: ROOT_URI };
    this.#resources.set(ROOT_URI, this.root);
    this.#walk(this.root, 0);
  }

  /** The schemas right inside this one. */
  inside(place: Place, name: string): Place[] {
    const { schema } = place;
    if (!isJsonObject(schema) || !Object.hasOwn(schema, name)) return [];
    const value = schema[name]!;
    if (SINGLE_SCHEMAS.has(name)) return [this.#at(place, [name], value)];
    if (LISTS_OF_SCHEMAS.has(name)) {
      if (!Array.isArray(value)) throw this.fault(place, name, "must be a list of schemas", hintAtLists(name));
      if (value.length === 0) throw this.fault(place, name, "must not be empty");
      return value.map((one, index) => this.#at(place, [name, index], one));
    }
    if (!isJsonObject(value)) throw this.fault(place, name, "must be an object whose members are schemas");
    return Object.keys(value).map((key) => this.#at(place, [name, key], value[key]!));
  }

  /** URI of the resource in which references of this schema are read. */
  baseOf({ schema, base, steps }: Place): string {
    if (!isJsonObject(schema) || typeof schema["$id"] !== "string") return base;
    const uri = URL.parse(schema["$id"], base);
    if (uri === null || (uri.hash !== "" && uri.hash !== "#")) {
      throw this.faultAt([...steps, "$id"], "must be a URI reference without a fragment");
    }
    uri.hash = "";
    return uri.href;
  }

  /** What a reference in this schema names. @throws HooksError for what is not in this document: nothing is fetched */
  resolve(from: Place, keyword: "$ref" | "$dynamicRef"): Place {
    const ref = (from.schema as JsonObject)[keyword];
    if (typeof ref !== "string") throw this.fault(from, keyword, "must be a string");
    const uri = URL.parse(ref, this.baseOf(from));
    const fragment = uri === null ? undefined : decodeFragment(uri.hash);
    if (uri === null || fragment === undefined) throw this.fault(from, keyword, "must be a URI reference");
    uri.hash = "";
    const resource = this.#resources.get(uri.href);
    if (resource === undefined) {
      throw this.fault(
        from,
        keyword,
        `must stay within the schema: ${quoted(ref)} is not fetched`,
        "copy what it names under $defs",
      );
    }
    const found =
      fragment === ""
        ? resource
        : fragment.startsWith("/")
          ? this.#follow(resource, fragment)
          : this.#anchors.get(`${uri.href}#${fragment}`);
    if (found === undefined) throw this.fault(from, keyword, `names nothing in the schema: ${quoted(ref)}`);
    return found;
  }

  /** The name under which a place may stand for another in an outer resource; undefined: it may not. */
  dynamicName(place: Place): string | undefined {
    const name = isJsonObject(place.schema) ? place.schema["$dynamicAnchor"] : undefined;
    return typeof name === "string" ? name : undefined;
  }

  /** Every place that may stand for that name. */
  dynamicAnchorsOf(name: string): Place[] {
    return [...this.#dynamicAnchors].filter((uri) => uri.endsWith(`#${name}`)).map((uri) => this.#anchors.get(uri)!);
  }

  /** An error about a keyword. `message` goes on after its name. */
  fault(place: Place, keyword: string, message: string, hint?: string): HooksError {
    return this.faultAt([...place.steps, keyword], message, hint);
  }

  faultAt(steps: readonly (string | number)[], message: string, hint?: string): HooksError {
    const field = jsonPath(this.#field, steps);
    return invalid(field, `${field} ${message}`, hint);
  }

  #at(parent: Place, steps: readonly (string | number)[], schema: JsonValue): Place {
    return { schema, steps: [...parent.steps, ...steps], base: this.baseOf(parent) };
  }

  #walk(place: Place, depth: number): void {
    const { schema, steps } = place;
    this.#count += 1;
    if (MOST_SCHEMAS < this.#count)
      throw this.faultAt([], `must not hold more than ${MOST_SCHEMAS.toLocaleString("en")} schemas`);
    if (MOST_DEPTH < depth) throw this.faultAt(steps, `is nested deeper than ${MOST_DEPTH} schemas`);
    if (typeof schema === "boolean") return;
    if (!isJsonObject(schema)) throw this.faultAt(steps, "must be a schema: an object, true or false");
    this.#name(place, schema);
    for (const keyword of Object.keys(schema)) {
      if (SINGLE_SCHEMAS.has(keyword) || LISTS_OF_SCHEMAS.has(keyword) || MAPS_OF_SCHEMAS.has(keyword)) {
        for (const child of this.inside(place, keyword)) this.#walk(child, depth + 1);
      } else this.#judgeKeyword(place, keyword, schema);
    }
  }

  /** Its `$id` and anchors. */
  #name(place: Place, schema: JsonObject): void {
    const base = this.baseOf(place);
    if (Object.hasOwn(schema, "$id")) {
      if (typeof schema["$id"] !== "string") throw this.fault(place, "$id", "must be a string");
      if (this.#resources.has(base) && this.#resources.get(base) !== this.root)
        throw this.fault(place, "$id", "is given twice");
      this.#resources.set(base, place);
    }
    for (const keyword of ["$anchor", "$dynamicAnchor"] as const) {
      if (!Object.hasOwn(schema, keyword)) continue;
      const name = schema[keyword];
      if (typeof name !== "string" || !/^[A-Za-z_][\w.-]*$/.test(name))
        throw this.fault(place, keyword, "must be a name of A-Z, a-z, 0-9, _, - and .");
      if (this.#anchors.has(`${base}#${name}`)) throw this.fault(place, keyword, "is given twice");
      this.#anchors.set(`${base}#${name}`, place);
      if (keyword === "$dynamicAnchor") this.#dynamicAnchors.add(`${base}#${name}`);
    }
  }

  #judgeKeyword(place: Place, keyword: string, schema: JsonObject): void {
    const old = OF_OLD.get(keyword);
    if (old !== undefined) throw this.fault(place, keyword, "is of an older JSON Schema", old);
    if (keyword === "$schema") {
      this.#judgeDialect(place, schema["$schema"]!);
      return;
    }
    if (ASSERTIONS.has(keyword) || ANNOTATIONS.has(keyword) || keyword.startsWith("x-")) return;
    const near = nearest(keyword, [...ASSERTIONS, ...SINGLE_SCHEMAS, ...LISTS_OF_SCHEMAS, ...MAPS_OF_SCHEMAS]);
    const meant = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
    this.#note(`${jsonPath(this.#field, [...place.steps, keyword])} is not a keyword, and means nothing${meant}`);
  }

  #judgeDialect(place: Place, dialect: JsonValue): void {
    if (dialect === DIALECT || dialect === `${DIALECT}#`) return;
    if (typeof dialect === "string" && NEAR_DIALECTS.test(dialect)) {
      this.#note(`${jsonPath(this.#field, place.steps)} is of ${quoted(dialect)}, and is read as ${DIALECT}`);
      return;
    }
    throw this.fault(place, "$schema", `must be ${JSON.stringify(DIALECT)}, got ${quoted(dialect)}`);
  }

  #note(note: string): void {
    if (this.notes.length < MOST_NOTES) this.notes.push(note);
  }

  /** A JSON Pointer from a resource on. What it leads through may be no schema; what it ends at must be one. */
  #follow(resource: Place, pointer: string): Place | undefined {
    let place: Place = resource;
    for (const token of pointer.slice(1).split("/")) {
      const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
      const { schema } = place;
      const isIndex = Array.isArray(schema) && /^(0|[1-9]\d{0,5})$/.test(name) && Number(name) < schema.length;
      if (!isIndex && !(isJsonObject(schema) && Object.hasOwn(schema, name))) return undefined;
      const step = isIndex ? Number(name) : name;
      const next = Array.isArray(schema) ? schema[Number(name)]! : (schema as JsonObject)[name]!;
      place = this.#at(place, [step], next);
    }
    if (typeof place.schema !== "boolean" && !isJsonObject(place.schema)) return undefined;
    return place;
  }
}

function decodeFragment(hash: string): string | undefined {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return undefined;
  }
}

function hintAtLists(name: string): string | undefined {
  return name === "prefixItems" ? "one schema for all: items" : undefined;
}
