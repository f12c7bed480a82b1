import { HooksError, invalid } from "../core/errors.ts";
import { checkSteps, convertValue } from "../core/event-conversion.ts";
import {
  checkVersion,
  type DownConversion,
  EVENT_TYPE_MAX_BYTES,
  type EventTypeInput,
  type EventTypeOutcome,
  type EventTypePatch,
  FIRST_VERSION,
  MAX_TAGS,
  MAX_VERSIONS,
} from "../core/event-type.ts";
import { JsonSchema, SCHEMA_MAX_BYTES } from "../core/json-schema/json-schema.ts";
import { canonicalJson, isJsonObject, type JsonValue } from "../core/json-value.ts";
import { checkLineText } from "../core/line-text.ts";
import { quoted } from "../core/quoted.ts";
import type { EventTypeContent, VersionContent } from "./stored-event-type.ts";

const DESCRIPTION_MAX_CHARS = 1_024;
const TAG_PATTERN = /^[A-Za-z0-9._:-]{1,64}$/;

/** What a type is to become, checked whole. */
export interface DraftedType {
  content: EventTypeContent;
  outcome: EventTypeOutcome;
  /** Sentences: what is taken, and may not be meant. */
  warnings: string[];
}

/**
 * A new type, or `before` with a new version.
 * @throws HooksError `invalid_request` naming the field; `conflict` when that version exists with another content
 */
export function addedTo(before: EventTypeContent | undefined, input: EventTypeInput, now: number): DraftedType {
  const name = checkVersion(input.version ?? FIRST_VERSION, "version");
  const versions = before?.versions ?? [];
  const at = versions.findIndex(({ version }) => version === name);
  const old = versions[at];
  const older = old === undefined ? versions : versions.slice(0, at);
  const drafted = draftVersion(input, { ...blankVersion(name, now), ...old, ...resetGiven(input) }, older, old);
  const content: EventTypeContent = {
    ...fieldsOf(input, before),
    defaultVersion: before === undefined || input.make_default === true ? name : before.defaultVersion,
    versions: replacedIn(versions, drafted),
    removedVersions: (before?.removedVersions ?? []).filter((one) => one !== name),
  };
  const warnings = checkWhole(content, input.name);
  if (before === undefined) return { content, outcome: "created", warnings };
  if (canonicalJson(plain(before)) === canonicalJson(plain(content))) {
    return { content: before, outcome: "unchanged", warnings };
  }
  if (old === undefined) return { content, outcome: "version_added", warnings };
  if (input.replace === true) return { content, outcome: "replaced", warnings };
  const what = canonicalJson(plain(old.schema)) === canonicalJson(plain(drafted.schema)) ? "content" : "schema";
  throw new HooksError("conflict", `event type ${input.name} exists with another ${what} in version ${name}`, {
    field: "name",
    hint: `to take its place: replace · beside it: another version · hooks event-type get ${input.name}`,
  });
}

/** @throws HooksError `invalid_request` naming the field */
export function patched(before: EventTypeContent, patch: EventTypePatch): DraftedType {
  const target = patch.version ?? before.defaultVersion;
  const old = before.versions.find(({ version }) => version === target);
  if (old === undefined) throw unknownVersion(before, target, "version");
  const at = before.versions.indexOf(old);
  const drafted = draftVersion(patch, { ...old, ...resetGiven(patch) }, before.versions.slice(0, at), old);
  if (patch.default_version !== undefined) {
    const isKnown = before.versions.some(({ version }) => version === patch.default_version);
    if (!isKnown) throw unknownVersion(before, patch.default_version, "default_version");
  }
  const content: EventTypeContent = {
    ...fieldsOf(patch, before),
    defaultVersion: patch.default_version ?? before.defaultVersion,
    versions: replacedIn(before.versions, drafted),
    removedVersions: before.removedVersions,
  };
  return { content, outcome: "replaced", warnings: checkWhole(content, "") };
}

/** @throws HooksError `not_found`; `conflict` for the only version and for the default one */
export function withoutVersion(before: EventTypeContent, version: string, name: string): EventTypeContent {
  if (!before.versions.some((one) => one.version === version)) {
    throw new HooksError("not_found", `no version ${quoted(version)} of ${name}`, {
      field: "version",
      hint: `hooks event-type get ${name}`,
    });
  }
  if (before.defaultVersion === version) {
    const isOnly = before.versions.length === 1;
    throw new HooksError(
      "conflict",
      `version ${version} is ${isOnly ? "the only version" : "the default version"} of ${name}`,
      {
        field: "version",
        hint: isOnly ? `hooks event-type delete ${name}` : `hooks event-type update ${name} --default-version …`,
      },
    );
  }
  const needing = before.versions.find(({ down }) => down?.to === version);
  if (needing !== undefined) {
    throw new HooksError("conflict", `version ${needing.version} is converted down to version ${version}`, {
      field: "version",
      hint: `declare another way down first: hooks event-type update ${name} --event-version ${needing.version} --down …`,
    });
  }
  return {
    ...before,
    versions: before.versions.filter((one) => one.version !== version),
    removedVersions: [...before.removedVersions, version],
  };
}

type Given = Pick<EventTypeInput, "schema" | "example" | "down">;

/** Null takes away what was there. */
function resetGiven(given: Given): Partial<VersionContent> {
  return {
    ...(given.schema === undefined ? {} : { schema: given.schema ?? undefined }),
    ...(given.example === undefined ? {} : { example: given.example ?? undefined }),
    ...(given.down === undefined ? {} : { down: undefined }),
  };
}

function blankVersion(version: string, now: number): VersionContent {
  return { version, schema: undefined, example: undefined, down: undefined, createdAt: now };
}

/** `older`: those that it may be converted down to, from the oldest on. */
function draftVersion(
  { down }: Given,
  version: VersionContent,
  older: readonly VersionContent[],
  old: VersionContent | undefined,
): VersionContent {
  if (version.example !== undefined && SCHEMA_MAX_BYTES < JSON.stringify(version.example).length) {
    throw new HooksError("too_large", `example must be at most ${SCHEMA_MAX_BYTES} bytes of JSON`, {
      field: "example",
    });
  }
  if (down === undefined) return { ...version, down: old?.down };
  return { ...version, down: down === null ? undefined : checkDown(down, older) };
}

function checkDown(down: NonNullable<EventTypeInput["down"]>, older: readonly VersionContent[]): DownConversion {
  if (!isJsonObject(down)) throw invalid("down", 'down must be an object: {"to": "1", "steps": [ … ]}');
  for (const field of Object.keys(down)) {
    if (field !== "to" && field !== "steps") throw invalid(`down.${field}`, `down.${field} is not a known field`);
  }
  const to = down.to ?? older.at(-1)?.version;
  if (to === undefined) throw invalid("down", "down needs an older version, and there is none");
  if (!older.some(({ version }) => version === to)) {
    const known = older.length === 0 ? "and there is none" : `one of: ${older.map((one) => one.version).join(", ")}`;
    throw invalid("down.to", `down.to must be an older version, ${known}`);
  }
  return { to, steps: checkSteps(down.steps, "down.steps") };
}

/** Schemas, examples and conversions together. @throws HooksError; returns what may not be meant */
function checkWhole(content: EventTypeContent, name: string): string[] {
  if (MAX_VERSIONS < content.versions.length) throw invalid("version", `a type has at most ${MAX_VERSIONS} versions`);
  const warnings: string[] = [];
  const schemas = new Map<string, JsonSchema>();
  for (const { version, schema, example } of content.versions) {
    if (schema === undefined) continue;
    const ready = new JsonSchema(schema, "schema");
    schemas.set(version, ready);
    warnings.push(...ready.notes);
    if (example !== undefined) checkExample(ready, example);
  }
  for (const { version, example, down } of content.versions) {
    if (down === undefined || example === undefined) continue;
    const converted = convertValue(structuredClone(example), down.steps);
    const misfit = misfitOf(schemas.get(down.to), converted);
    if (misfit === undefined) continue;
    throw invalid(
      "down",
      `down does not make data of version ${down.to} of the example of version ${version}: ${misfit.join("; ")}`,
      `it makes: ${quoted(converted)}`,
    );
  }
  if (EVENT_TYPE_MAX_BYTES < Buffer.byteLength(JSON.stringify(content))) {
    throw new HooksError(
      "too_large",
      `all versions of ${name === "" ? "a type" : name} must be at most ${EVENT_TYPE_MAX_BYTES} bytes together`,
      {
        field: "schema",
      },
    );
  }
  return [...new Set(warnings)];
}

function checkExample(schema: JsonSchema, example: JsonValue): void {
  const misfit = schema.misfitOf(example, "example", JSON.stringify(example).length);
  if (misfit !== undefined) {
    throw invalid(misfit.field, misfit.sentences.join("; "), "the example must fit the schema of its version");
  }
}

function misfitOf(schema: JsonSchema | undefined, value: unknown): readonly string[] | undefined {
  return schema?.misfitOf(value, "data", JSON.stringify(value).length)?.sentences;
}

function fieldsOf(
  given: Pick<EventTypeInput, "description" | "tags" | "deprecated">,
  before: EventTypeContent | undefined,
): Pick<EventTypeContent, "description" | "tags" | "deprecated"> {
  const { description, tags, deprecated } = given;
  if (deprecated !== undefined && typeof deprecated !== "boolean") {
    throw invalid("deprecated", "deprecated must be true or false");
  }
  return {
    description:
      description === undefined
        ? (before?.description ?? "")
        : checkLineText(description ?? "", "description", DESCRIPTION_MAX_CHARS),
    tags: tags === undefined ? (before?.tags ?? []) : checkTags(tags ?? []),
    deprecated: deprecated ?? before?.deprecated ?? false,
  };
}

function checkTags(tags: unknown): string[] {
  if (!Array.isArray(tags) || MAX_TAGS < tags.length) throw invalid("tags", `tags must be at most ${MAX_TAGS} names`);
  const bad = tags.findIndex((tag) => typeof tag !== "string" || !TAG_PATTERN.test(tag));
  if (bad === -1) return [...new Set(tags as string[])];
  throw invalid(`tags[${bad}]`, `tags[${bad}] must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", ":" and "-"`);
}

function unknownVersion(content: EventTypeContent, version: string, field: string): HooksError {
  const known = content.versions.map((one) => one.version).join(", ");
  return invalid(field, `${field} must be one of: ${known}, got ${quoted(version)}`);
}

function replacedIn(versions: readonly VersionContent[], drafted: VersionContent): VersionContent[] {
  const at = versions.findIndex(({ version }) => version === drafted.version);
  return at === -1 ? [...versions, drafted] : versions.with(at, drafted);
}

/** As it is stored: what is undefined is not there. */
function plain(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}
