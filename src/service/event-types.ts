import { changesBetween } from "../core/audit.ts";
import { checkLimit, formatTypeCursor, parseTypeCursor, toPageBy } from "../core/cursor.ts";
import { HooksError, invalid, isHooksError } from "../core/errors.ts";
import { checkEventType } from "../core/event-pattern.ts";
import {
  CATALOGUE_MAX_BYTES,
  type EventTypeInput,
  type EventTypeOutcome,
  type EventTypePatch,
  type EventTypeQuery,
  type EventTypeResource,
  type EventTypeSummary,
  FIRST_VERSION,
  MAX_EVENT_TYPES,
} from "../core/event-type.ts";
import type { Page } from "../core/hooks-service.ts";
import type { Actor } from "../core/key.ts";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/quoted.ts";
import type { Scope } from "../core/scope.ts";
import type { NewAuditEntry } from "../store/admin-store.ts";
import type { EventTypeChange, StoredEventType } from "../store/catalogue-store.ts";
import { auditEntry } from "./audit-trail.ts";
import { addedTo, type DraftedType, patched, withoutVersion } from "./event-type-draft.ts";
import type { ServiceParts } from "./service-parts.ts";
import {
  type EventTypeContent,
  readContent,
  toEventTypeResource,
  toEventTypeSummary,
  uncatalogued,
} from "./stored-event-type.ts";
import { readSettings } from "./subscription-resource.ts";

const MOST_TRIES = 10;
/** Of the inputs that cannot be taken, in words. */
const MOST_NAMED = 20;

/** What became of one of several types. */
export interface AddedType {
  name: string;
  version: string;
  outcome: EventTypeOutcome;
  warnings: readonly string[];
}

/** Reads and changes the catalogue. */
export class EventTypes {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async create(scope: Scope, input: EventTypeInput, actor: Actor): Promise<EventTypeResource> {
    const [outcome] = await this.createAll(scope, [input], actor);
    return withWarnings(await this.get(scope, input.name), outcome!.warnings);
  }

  /**
   * All of them in one step, or none. An input of a type that exists adds the version that it names, if there is none
   * such yet. `dryRun`: only says what would be done. `decide`: what an input means beside what is there.
   * @throws HooksError `conflict` for what exists with another content, unless the input says `replace`; of several
   *   inputs that cannot be taken each is named
   */
  async createAll(
    scope: Scope,
    inputs: readonly EventTypeInput[],
    actor: Actor,
    {
      dryRun = false,
      decide = (_, input) => input,
    }: {
      dryRun?: boolean;
      decide?: (before: EventTypeContent | undefined, input: EventTypeInput, at: number) => EventTypeInput;
    } = {},
  ): Promise<AddedType[]> {
    const names = inputs.map(({ name }) => checkEventType(name, "name"));
    const operational = names.find((name) => name.startsWith("hooks."));
    if (operational !== undefined) {
      throw invalid("name", 'name must not begin with "hooks.": those are the events that hooks itself publishes');
    }
    return this.#change(scope, async (stored) => {
      const drafts = new Map<string, DraftedType>();
      const outcomes = eachOf(inputs, (given, at): AddedType => {
        const before = drafts.get(given.name)?.content ?? contentOf(stored.get(given.name));
        const input = decide(before, given, at);
        const draft = addedTo(before, input, this.#parts.now());
        if (draft.outcome !== "unchanged") drafts.set(input.name, draft);
        const { name, version = FIRST_VERSION } = input;
        return { name, version, outcome: draft.outcome, warnings: draft.warnings };
      });
      const changes = dryRun
        ? []
        : [...drafts].map(([name, { content }]) => this.#changeTo(scope, stored.get(name), name, content, actor));
      return { changes, result: outcomes };
    });
  }

  async list(scope: Scope, query: EventTypeQuery): Promise<Page<EventTypeSummary>> {
    const { store } = this.#parts;
    const limit = checkLimit(query.limit);
    const after = parseTypeCursor(query.cursor);
    const [catalogued, seen, subscriptions] = await Promise.all([
      store.catalogue.loadEventTypes(scope),
      store.listEventTypes(scope),
      store.loadSubscriptions(scope),
    ]);
    const named = subscriptions.flatMap((one) => one.events.filter((pattern) => !pattern.endsWith("*")));
    const rows = new Map([...seen, ...named].map((name) => [name, uncatalogued(name)]));
    for (const stored of catalogued) rows.set(stored.name, toEventTypeSummary(stored, readContent(stored)));
    const wanted = query.q?.toLowerCase();
    const found = [...rows.values()]
      .filter(
        (row) =>
          (after === undefined || after < row.name) &&
          (query.catalogued === undefined || row.catalogued === query.catalogued) &&
          (query.deprecated === undefined || row.deprecated === query.deprecated) &&
          (query.tag === undefined || row.tags.includes(query.tag)) &&
          (wanted === undefined || `${row.name}\n${row.description}`.toLowerCase().includes(wanted)),
      )
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    return toPageBy(
      found,
      limit,
      (row) => row,
      ({ name }) => formatTypeCursor(name),
    );
  }

  async get(scope: Scope, name: string): Promise<EventTypeResource> {
    const stored = await this.#find(scope, name);
    return toEventTypeResource(stored, readContent(stored));
  }

  async update(scope: Scope, name: string, patch: EventTypePatch, actor: Actor): Promise<EventTypeResource> {
    const warnings = await this.#change(scope, async (stored) => {
      const one = this.#among(stored, name);
      const draft = patched(readContent(one), patch);
      const isSame = JSON.stringify(draft.content) === one.content;
      return {
        changes: isSame ? [] : [this.#changeTo(scope, one, name, draft.content, actor)],
        result: draft.warnings,
      };
    });
    return withWarnings(await this.get(scope, name), warnings);
  }

  async delete(scope: Scope, name: string, actor: Actor): Promise<void> {
    await this.#change(scope, async (stored) => ({
      changes: [this.#changeTo(scope, this.#among(stored, name), name, undefined, actor)],
      result: undefined,
    }));
  }

  /** @throws HooksError `conflict` for the only version, the default one, and one that a subscription is pinned to */
  async deleteVersion(scope: Scope, name: string, version: string, actor: Actor): Promise<EventTypeResource> {
    await this.#change(scope, async (stored) => {
      const one = this.#among(stored, name);
      const content = withoutVersion(readContent(one), version, name);
      await this.#refusePinned(scope, name, version);
      return { changes: [this.#changeTo(scope, one, name, content, actor)], result: undefined };
    });
    return this.get(scope, name);
  }

  async #refusePinned(scope: Scope, name: string, version: string): Promise<void> {
    const { store, directory } = this.#parts;
    await directory.load();
    const takers = new Set(directory.takersOf(scope, name));
    const pinned = (await store.loadSubscriptions(scope)).filter(
      (one) => takers.has(one.rowId) && readSettings(one).eventVersion === version,
    );
    if (pinned.length === 0) return;
    const shown = pinned.slice(0, 3).map(({ id, name: called }) => (called === "" ? id : called));
    throw new HooksError(
      "conflict",
      `version ${version} of ${name} is what ${shown.join(", ")}${3 < pinned.length ? " and others" : ""} wants`,
      { field: "version", hint: `hooks sub update ${pinned[0]!.id} --event-version …` },
    );
  }

  /** Makes a change of what is stored; when somebody else was faster, anew of what they left. */
  async #change<T>(
    scope: Scope,
    make: (
      stored: ReadonlyMap<string, StoredEventType>,
    ) => Promise<{ changes: { change: EventTypeChange; audit: NewAuditEntry }[]; result: T }>,
  ): Promise<T> {
    const { store, now, catalogue } = this.#parts;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const all = await store.catalogue.loadEventTypes(scope);
      const { changes, result } = await make(new Map(all.map((one) => [one.name, one])));
      if (changes.length === 0) return result;
      checkSize(all, changes);
      const audit = changes.map((one) => one.audit);
      const rows = changes.map((one) => one.change);
      if (await store.catalogue.changeEventTypes(scope, rows, now(), MAX_EVENT_TYPES, audit)) {
        await catalogue.reloadIfLoaded();
        return result;
      }
    }
    throw new HooksError("conflict", "the catalogue is being changed by others all the time: nothing was changed", {
      hint: "try again",
    });
  }

  #changeTo(
    scope: Scope,
    before: StoredEventType | undefined,
    name: string,
    content: EventTypeContent | undefined,
    actor: Actor,
  ): { change: EventTypeChange; audit: NewAuditEntry } {
    const was = before === undefined ? undefined : auditedEventType(readContent(before));
    const is = content === undefined ? undefined : auditedEventType(content);
    const changes = was === undefined || is === undefined ? { before: was, after: is } : changesBetween(was, is);
    const kind = was === undefined ? "create" : is === undefined ? "delete" : "update";
    return {
      change: {
        name,
        content: content === undefined ? undefined : JSON.stringify(content),
        ifUpdatedAt: before?.updatedAt,
      },
      audit: auditEntry(this.#parts, actor, scope, { action: `event_type.${kind}`, id: name, ...changes }),
    };
  }

  async #find(scope: Scope, name: string): Promise<StoredEventType> {
    const { catalogue } = this.#parts.store;
    const [found] = await catalogue.loadEventTypes(scope, name);
    if (found !== undefined) return found;
    return this.#among(new Map((await catalogue.loadEventTypes(scope)).map((one) => [one.name, one])), name);
  }

  #among(stored: ReadonlyMap<string, StoredEventType>, name: string): StoredEventType {
    const found = stored.get(name);
    if (found !== undefined) return found;
    const near = nearest(name, stored.keys());
    const guess = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
    throw new HooksError("not_found", `no event type ${quoted(name)} in the catalogue${guess}`, {
      field: "name",
      hint: "hooks event-type list",
    });
  }
}

/** What `add` answers for each. @throws HooksError the one that it threw; of several one that names each input */
function eachOf(inputs: readonly EventTypeInput[], add: (input: EventTypeInput, at: number) => AddedType): AddedType[] {
  const faults: { name: string; error: HooksError }[] = [];
  const added = inputs.flatMap((input, at) => {
    try {
      return [add(input, at)];
    } catch (error) {
      if (!isHooksError(error)) throw error;
      faults.push({ name: input.name, error });
      return [];
    }
  });
  const [first] = faults;
  if (first === undefined) return added;
  if (inputs.length === 1) throw first.error;
  // What is wrong by itself goes before what is in the way of it.
  const wrong = faults.filter(({ error }) => error.code !== "conflict");
  const told = wrong.length === 0 ? faults : wrong;
  const shown = told
    .slice(0, MOST_NAMED)
    .map(({ name, error }) => (error.message.includes(name) ? error.message : `${name}: ${error.message}`));
  const rest = told.length - shown.length;
  const { name, error } = told[0] ?? first;
  throw new HooksError(error.code, [...shown, ...(rest === 0 ? [] : [`and ${rest} more`])].join("; "), {
    field: name,
    hint: wrong.length === 0 ? "to take their place: replace · beside them: as a new version" : error.hint,
  });
}

function contentOf(stored: StoredEventType | undefined): EventTypeContent | undefined {
  return stored === undefined ? undefined : readContent(stored);
}

/** Schemas are kept whole in the catalogue, and change as a whole. */
export function auditedEventType({
  description,
  tags,
  deprecated,
  defaultVersion,
  versions,
  removedVersions,
}: EventTypeContent) {
  return {
    description,
    tags,
    deprecated,
    default_version: defaultVersion,
    versions: versions.map(({ version, schema, example, down }) => ({ version, schema, example, down })),
    removed_versions: removedVersions,
  };
}

function withWarnings(resource: EventTypeResource, warnings: readonly string[]): EventTypeResource {
  return warnings.length === 0 ? resource : { ...resource, warnings: [...warnings] };
}

/** @throws HooksError `conflict` when a change makes the catalogue larger than it may be */
function checkSize(all: readonly StoredEventType[], changes: readonly { change: EventTypeChange }[]): void {
  const contents = new Map(all.map(({ name, content }) => [name, content]));
  for (const { change } of changes) {
    if (change.content === undefined) contents.delete(change.name);
    else contents.set(change.name, change.content);
  }
  checkCatalogueSize(all, contents);
}

/** The same of what a catalogue becomes. */
export function checkCatalogueSize(before: readonly StoredEventType[], after: ReadonlyMap<string, string>): void {
  if (MAX_EVENT_TYPES < after.size && before.length < after.size) throw tooMany();
  const sum = (sizes: number[]): number => sizes.reduce((total, size) => total + size, 0);
  const size = sum([...after.values()].map((content) => content.length));
  if (size <= CATALOGUE_MAX_BYTES || size <= sum(before.map(({ content }) => content.length))) return;
  throw new HooksError(
    "conflict",
    `the event types of an environment must be at most ${CATALOGUE_MAX_BYTES} bytes together, with their schemas and examples`,
    { field: "schema" },
  );
}

function tooMany(): HooksError {
  return new HooksError("conflict", `an environment has at most ${MAX_EVENT_TYPES} event types in its catalogue`, {
    field: "name",
  });
}
