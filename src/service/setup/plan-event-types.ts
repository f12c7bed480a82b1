import { changesBetween } from "../../core/audit.ts";
import { HooksError, invalid } from "../../core/errors.ts";
import { checkEventType } from "../../core/event-pattern.ts";
import { type EventTypeInput, FIRST_VERSION } from "../../core/event-type.ts";
import type { Actor } from "../../core/key.ts";
import { quoted } from "../../core/quoted.ts";
import type { Scope } from "../../core/scope.ts";
import { fieldDiff } from "../../core/setup/field-diff.ts";
import type { SetupEventType, SetupVersion } from "../../core/setup/setup.ts";
import type { StoredEventType } from "../../store/catalogue-store.ts";
import { auditEntry } from "../audit-trail.ts";
import { addedTo } from "../event-type-draft.ts";
import { auditedEventType } from "../event-types.ts";
import type { ServiceParts } from "../service-parts.ts";
import { type EventTypeContent, readContent, type VersionContent } from "../stored-event-type.ts";
import { comparedEventType } from "./forms.ts";
import {
  actionOf,
  checkNames,
  emptyPlan,
  inEntry,
  joined,
  type Membership,
  type PlannedChange,
  type SectionPlan,
} from "./plan.ts";

/** A type as it will be; undefined: it will be gone. `prunedVersions`: those that it has no more. */
export interface FutureType {
  field: string;
  name: string;
  content: EventTypeContent | undefined;
  prunedVersions: readonly string[];
}

interface Context {
  parts: ServiceParts;
  scope: Scope;
  actor: Actor;
  membership: Membership;
  prune: boolean;
}

/** @throws HooksError that names the place in the set-up */
export async function planEventTypes(
  entries: readonly SetupEventType[],
  stored: readonly StoredEventType[],
  context: Context,
): Promise<{ plan: SectionPlan; future: FutureType[] }> {
  const { membership, parts, prune } = context;
  checkNames(
    "event_types",
    entries.map(({ name }) => name),
  );
  const plan = emptyPlan();
  const future: FutureType[] = [];
  const byName = new Map(stored.map((one) => [one.name, one]));
  for (const [at, entry] of entries.entries()) {
    const field = `event_types[${at}]`;
    await inEntry(field, `event type ${quoted(entry.name)}`, async () => {
      const before = byName.get(entry.name);
      const was = before === undefined ? undefined : readContent(before);
      const { content, warnings, pruned } = declared(entry, was, parts.now(), prune);
      plan.warnings.push(...warnings.map((one) => `event type ${entry.name}: ${one}`));
      future.push({ field, name: entry.name, content, prunedVersions: pruned });
      if (was === undefined) {
        const changes = fieldDiff({}, comparedEventType(content));
        plan.changes.push(changeOf("create", entry.name, changes, before, content, context));
        return;
      }
      const changes = fieldDiff(comparedEventType(was), comparedEventType(content));
      const ofSet = membership.changes("event_type", entry.name);
      const action = actionOf(changes, ofSet);
      if (action === undefined) plan.unchanged += 1;
      else plan.changes.push(changeOf(action, entry.name, joined(changes, ofSet), before, content, context));
    });
  }
  const named = new Set(entries.map(({ name }) => name));
  for (const { resource: name } of membership.ofSet("event_type")) {
    const before = byName.get(name);
    if (named.has(name) || before === undefined) continue;
    if (!prune) plan.left.push({ kind: "event_type", name });
    else {
      future.push({ field: "event_types", name, content: undefined, prunedVersions: [] });
      plan.changes.push(changeOf("delete", name, [], before, undefined, context));
    }
  }
  return { plan, future };
}

/** Of the versions that go away none may be what a subscription will want. @throws HooksError `conflict` */
export function refusePinned(
  future: readonly FutureType[],
  pins: readonly { name: string; version: string; takes(type: string): boolean }[],
): void {
  for (const { field, name, prunedVersions } of future) {
    for (const version of prunedVersions) {
      const pin = pins.find((one) => one.version === version && one.takes(name));
      if (pin === undefined) continue;
      throw new HooksError(
        "conflict",
        `event type ${quoted(name)}: version ${version} is what subscription ${quoted(pin.name)} wants`,
        { field, hint: "leave the version in, or give the subscription another event_version" },
      );
    }
  }
}

/** What an entry makes of a type, checked whole. */
function declared(
  entry: SetupEventType,
  before: EventTypeContent | undefined,
  now: number,
  prune: boolean,
): { content: EventTypeContent; warnings: string[]; pruned: string[] } {
  checkEventType(entry.name, "name");
  if (entry.name.startsWith("hooks.")) {
    throw invalid("name", 'name must not begin with "hooks.": those are the events that hooks itself publishes');
  }
  const versions = versionsOf(entry);
  let made: EventTypeContent | undefined;
  let warnings: string[] = [];
  for (const [at, version] of versions.entries()) {
    const place = entry.versions === undefined ? "" : `versions[${at}].`;
    const drafted = inVersion(place, () => addedTo(made, inputOf(entry, version), now));
    made = drafted.content;
    warnings = drafted.warnings;
  }
  const named = new Set(versions.map(({ version }) => version));
  const others = (before?.versions ?? []).filter(({ version }) => !named.has(version));
  const merged = mergedVersions(made!.versions, before?.versions ?? [], prune);
  const pruned = prune ? others.map(({ version }) => version) : [];
  const present = new Set(merged.map(({ version }) => version));
  const removed = [...(before?.removedVersions ?? []), ...(entry.removed_versions ?? []), ...pruned];
  const defaultVersion = entry.default_version ?? versions.at(-1)!.version;
  if (!present.has(defaultVersion)) {
    throw invalid(
      "default_version",
      `default_version must be one of: ${[...present].join(", ")}, got ${quoted(defaultVersion)}`,
    );
  }
  const content = {
    ...made!,
    versions: merged,
    defaultVersion,
    removedVersions: [...new Set(removed)].filter((version) => !present.has(version)),
  };
  return { content, warnings, pruned };
}

function versionsOf(entry: SetupEventType): SetupVersion[] {
  const { versions, schema, example } = entry;
  if (versions === undefined) return [{ version: FIRST_VERSION, schema, example }];
  if (schema !== undefined || example !== undefined) {
    const field = schema === undefined ? "example" : "schema";
    throw invalid(field, `${field} stands in versions where there are versions`);
  }
  if (versions.length === 0) throw invalid("versions", "versions must hold at least one version");
  const names = versions.map(({ version }) => version);
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice === -1) return versions;
  throw invalid(`versions[${twice}].version`, `versions[${twice}].version is given twice: ${quoted(names[twice])}`);
}

function inputOf(entry: SetupEventType, { version, schema, example, down }: SetupVersion): EventTypeInput {
  const { name, description = null, tags = null, deprecated = false } = entry;
  return {
    name,
    description,
    tags,
    deprecated,
    version,
    schema: schema ?? null,
    example: example ?? null,
    down: down ?? null,
  };
}

/**
 * In the order in which they are stored, new ones last. Where the declared order contradicts it, in the declared one, and
 * after it what is not declared: that may be converted down to what is, never the other way. What is there keeps its time.
 */
function mergedVersions(
  declaredOnes: readonly VersionContent[],
  before: readonly VersionContent[],
  prune: boolean,
): VersionContent[] {
  const dated = declaredOnes.map((one) => {
    const old = before.find(({ version }) => version === one.version);
    return old === undefined ? one : { ...one, createdAt: old.createdAt };
  });
  const byName = new Map(dated.map((one) => [one.version, one]));
  if (prune) return dated;
  const kept = before.map((old) => byName.get(old.version) ?? old);
  const added = dated.filter(({ version }) => !before.some((old) => old.version === version));
  const inStored = [...kept, ...added];
  const order = inStored.filter(({ version }) => byName.has(version)).map(({ version }) => version);
  const isSameOrder = dated.every(({ version }, at) => order[at] === version);
  return isSameOrder ? inStored : [...dated, ...kept.filter(({ version }) => !byName.has(version))];
}

/** Fields of a version stand inside of it, those of the type do not. */
function inVersion<T>(place: string, judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    if (
      !(error instanceof HooksError) ||
      error.field === undefined ||
      !/^(version|schema|example|down)\b/.test(error.field)
    ) {
      throw error;
    }
    throw new HooksError(error.code, error.message, { field: `${place}${error.field}`, hint: error.hint });
  }
}

function changeOf(
  action: PlannedChange["change"]["action"],
  name: string,
  changes: PlannedChange["change"]["changes"],
  before: StoredEventType | undefined,
  content: EventTypeContent | undefined,
  { parts, scope, actor, membership }: Context,
): PlannedChange {
  return {
    change: { action, kind: "event_type", name, id: null, changes },
    async write(to) {
      if (action !== "delete") to.members.put.push(membership.member("event_type", name));
      if (action === "adopt") return;
      const was = before === undefined ? undefined : auditedEventType(readContent(before));
      const is = content === undefined ? undefined : auditedEventType(content);
      const both = was === undefined || is === undefined ? { before: was, after: is } : changesBetween(was, is);
      to.eventTypes.changes.push({
        name,
        content: content === undefined ? undefined : JSON.stringify(content),
        ifUpdatedAt: before?.updatedAt,
      });
      to.eventTypes.audit.push(auditEntry(parts, actor, scope, { action: `event_type.${action}`, id: name, ...both }));
    },
  };
}
