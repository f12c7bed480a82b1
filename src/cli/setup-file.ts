import type { Alias, Document, Node, Scalar } from "yaml";
import { HooksError } from "../core/errors.ts";
import { JSON_MAX_DEPTH } from "../core/event.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json-value.ts";
import { memberPath } from "../core/setup/field-diff.ts";
import { SETUP_SECTIONS, type SetupDocument } from "../core/setup/setup.ts";
import { entriesOf, problemsOfSetup } from "../core/setup/setup-form.ts";
import { SetupFault } from "./setup-fault.ts";

/** A file, as it was read. */
export interface SetupSource {
  /** As the user named it. */
  name: string;
  text: string;
}

/** As it stands in files: of which tenant and environment it is may be said in it, and secrets are references. */
export type SetupFile = SetupDocument & { tenant?: string; environment?: string };

/** Values in a file, those counted again that aliases repeat. */
const MOST_VALUES = 500_000;
/** Of the `yaml` package: how often aliases may repeat what they stand for, nested ones multiplied. */
const MOST_ALIASES = 100;
/** Said once for all files. */
const SINGLE = ["version", "set", "tenant", "environment"] as const;
const LISTS = SETUP_SECTIONS.filter((section) => section !== "settings");

/** Where the parts of a set-up stand: `subscriptions[2].url` → `hooks.yaml:14:10`. */
export class SetupPlaces {
  readonly #places = new Map<string, string>();

  put(field: string, place: string): void {
    this.#places.set(field, place);
  }

  /** Of the field, or of what it stands in. */
  of(field: string): string | undefined {
    for (let at = field; at !== ""; at = at.slice(0, Math.max(at.lastIndexOf("."), at.lastIndexOf("[")))) {
      const place = this.#places.get(at);
      if (place !== undefined) return place;
      if (!/[.[]/.test(at)) break;
    }
    return this.#places.get("");
  }

  /** The file that it stands in. */
  fileOf(field: string): string | undefined {
    return this.of(field)?.replace(/:\d+:\d+$/, "");
  }
}

/**
 * Files put together: lists one after another, in the order of the files.
 * @throws SetupFault for what is no YAML or JSON, or not in the form of a set-up, with the place of each fault
 */
export async function readSetup(sources: readonly SetupSource[]): Promise<{ setup: SetupFile; places: SetupPlaces }> {
  const yaml = await import("yaml");
  const setup: JsonObject = {};
  const places = new SetupPlaces();
  for (const { name, text } of sources) {
    const lines = new yaml.LineCounter();
    const placeAt = (offset: number): string => {
      const { line, col } = lines.linePos(offset);
      return `${name}:${line}:${col}`;
    };
    for (const document of documentsOf(yaml, text.replace(/^\uFEFF/, ""), lines, name)) {
      const problem = document.errors[0] ?? document.warnings[0];
      if (problem !== undefined) {
        const message = (problem.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
        throw new SetupFault([{ place: placeAt(problem.pos[0]), message: `no YAML: ${message}` }]);
      }
      if (document.contents === null) continue;
      const value = plainOf(document, name);
      if (!isJsonObject(value)) {
        throw new SetupFault([
          {
            place: placeAt(startOf(document.contents)),
            message: "must be a mapping: settings, event_types, subscriptions, …",
          },
        ]);
      }
      const before = Object.fromEntries(LISTS.map((section) => [section, entriesOf(setup, section).length]));
      const walk = new Walk(yaml, document, places, placeAt, before);
      walk.visit(document.contents, "", 0);
      merge(setup, value, places);
    }
  }
  const problems = problemsOfSetup(setup, "file");
  if (0 < problems.length) {
    throw new SetupFault(
      problems.map(({ field, message, hint }) => ({
        place: places.of(field),
        field,
        message: `${field} ${message}`,
        hint,
      })),
    );
  }
  return { setup: setup as unknown as SetupFile, places };
}

type Yaml = typeof import("yaml");

function documentsOf(
  yaml: Yaml,
  text: string,
  lineCounter: import("yaml").LineCounter,
  name: string,
): Document.Parsed[] {
  try {
    const parsed = yaml.parseAllDocuments(text, {
      version: "1.2",
      schema: "core",
      merge: false,
      // `200:` is the member "200".
      stringKeys: true,
      prettyErrors: false,
      logLevel: "error",
      lineCounter,
    });
    return [...(parsed as Iterable<Document.Parsed>)];
  } catch (error) {
    throw tooDeep(error, name);
  }
}

function plainOf(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown;
  } catch (error) {
    if (error instanceof ReferenceError) throw new SetupFault([{ place: name, message: error.message }]);
    throw tooDeep(error, name);
  }
}

/** The parser goes as deep as the text does. */
function tooDeep(error: unknown, name: string): unknown {
  return error instanceof RangeError ? new SetupFault([{ place: name, message: "is nested too deeply" }]) : error;
}

/** Notes the place of every value. */
class Walk {
  readonly #yaml: Yaml;
  readonly #document: Document.Parsed;
  readonly #places: SetupPlaces;
  readonly #placeAt: (offset: number) => string;
  readonly #before: Readonly<Record<string, number>>;
  #values = 0;

  /** `before`: how many entries each list has from files before this one. */
  constructor(
    yaml: Yaml,
    document: Document.Parsed,
    places: SetupPlaces,
    placeAt: (offset: number) => string,
    before: Readonly<Record<string, number>>,
  ) {
    this.#yaml = yaml;
    this.#document = document;
    this.#places = places;
    this.#placeAt = placeAt;
    this.#before = before;
  }

  visit(node: unknown, field: string, depth: number, offset?: number): void {
    const at = offset ?? startOf(node as Node);
    this.#places.put(field, this.#placeAt(at));
    this.#values += 1;
    if (MOST_VALUES < this.#values) this.#refuse(at, `holds more than ${MOST_VALUES.toLocaleString("en")} values`);
    if (JSON_MAX_DEPTH < depth) this.#refuse(at, `is nested deeper than ${JSON_MAX_DEPTH} levels`);
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml;
    const value = isAlias(node) ? (node as Alias).resolve(this.#document) : node;
    if (isMap(value)) {
      for (const pair of value.items) {
        const key = pair.key as Scalar;
        this.visit(pair.value ?? key, memberPath(field, String(key.value)), depth + 1, startOf(key));
      }
    } else if (isSeq(value)) {
      const first = depth === 1 ? (this.#before[field] ?? 0) : 0;
      for (const [index, entry] of value.items.entries()) this.visit(entry, `${field}[${first + index}]`, depth + 1);
    } else if (isScalar(value) && !isPlain(value.value)) this.#refuse(at, "is a value that JSON has not");
  }

  #refuse(offset: number, message: string): never {
    throw new SetupFault([{ place: this.#placeAt(offset), message }]);
  }
}

/** YAML knows more than JSON does. */
function isPlain(value: unknown): boolean {
  return typeof value === "number"
    ? Number.isFinite(value)
    : value === null || ["string", "boolean"].includes(typeof value);
}

function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}

/** Adds what a file says. @throws SetupFault for what another file says otherwise */
function merge(setup: JsonObject, value: JsonObject, places: SetupPlaces): void {
  for (const [name, given] of Object.entries(value)) {
    const before = Object.hasOwn(setup, name) ? setup[name] : undefined;
    if ((LISTS as readonly string[]).includes(name) && Array.isArray(before) && Array.isArray(given)) {
      setup[name] = [...before, ...given];
    } else if (name === "settings" && isJsonObject(before) && isJsonObject(given)) {
      for (const [setting, one] of Object.entries(given)) {
        refuseOther(`settings.${setting}`, before[setting], one, places);
        before[setting] = one;
      }
    } else {
      if ((SINGLE as readonly string[]).includes(name)) refuseOther(name, before, given, places);
      // A name that means something to JavaScript is a member like any other, and refused as unknown.
      Object.defineProperty(setup, name, { value: given, enumerable: true, configurable: true, writable: true });
    }
  }
}

function refuseOther(field: string, before: JsonValue | undefined, given: JsonValue, places: SetupPlaces): void {
  if (before === undefined || JSON.stringify(before) === JSON.stringify(given)) return;
  throw new SetupFault([
    {
      place: places.of(field),
      field,
      message: `${field} is ${JSON.stringify(given)} here and ${JSON.stringify(before)} in a file before it`,
    },
  ]);
}

/** @throws HooksError `usage` for bytes that are no text */
export function decodeSetup(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new HooksError("usage", `${name} is not UTF-8`, { field: "--file", cause: error });
  }
}
