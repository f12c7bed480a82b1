import type { ClaimedEvent } from "../core/delivery.ts";
import { HooksError, invalid } from "../core/errors.ts";
import type { CheckedEvent } from "../core/event-content.ts";
import { convertData } from "../core/event-conversion.ts";
import { type VersionedType, versionVerdict } from "../core/event-version.ts";
import { JsonSchema } from "../core/json-schema/json-schema.ts";
import { nearestNames } from "../core/nearest.ts";
import { type Scope, scopeKey } from "../core/scope.ts";
import type { CatalogueStore, StoredEventType } from "../store/catalogue-store.ts";
import { type EnvironmentSettings, readEnvironment } from "./environments.ts";
import { type EventTypeContent, readContent } from "./stored-event-type.ts";
import { whileBusy } from "./while-busy.ts";

/** So many schemas are kept ready; a store may have thousands, of which few are in use. */
const MOST_READY = 1_000;

/** What publishing has to know of an event beside itself. */
export interface Admitted {
  /** What it is stored with: its own, or its type's default. */
  version: string | undefined;
  /** For whoever published it. */
  warning: string | undefined;
}

/** A type as publishing and sending use it. What only some events need is made when it is first asked for. */
export class CatalogueEntry implements VersionedType {
  readonly stored: StoredEventType;
  readonly content: EventTypeContent;
  readonly #schemas = new Map<string, JsonSchema | undefined>();

  constructor(stored: StoredEventType) {
    this.stored = stored;
    this.content = readContent(stored);
  }

  get versions(): EventTypeContent["versions"] {
    return this.content.versions;
  }

  /** Undefined: any data is right. */
  schemaOf(version: string): JsonSchema | undefined {
    if (this.#schemas.has(version)) return this.#schemas.get(version);
    const schema = this.content.versions.find((one) => one.version === version)?.schema;
    const ready = schema === undefined ? undefined : new JsonSchema(schema, "schema");
    this.#schemas.set(version, ready);
    return ready;
  }

  get readySchemas(): number {
    return this.#schemas.size;
  }

  forgetSchemas(): void {
    this.#schemas.clear();
  }
}

interface ScopeRules {
  scope: Scope;
  settings: EnvironmentSettings;
  types: Map<string, CatalogueEntry>;
}

/**
 * The catalogue in memory: publishing never touches the disk for it, and where there is none it costs nothing. Whoever
 * changes it calls `reload`; another process's change comes the same way.
 */
export class EventCatalogue {
  readonly #store: CatalogueStore;
  #scopes = new Map<string, ScopeRules>();
  #loaded: Promise<void> | undefined;
  /** `load` has nothing to wait for any more. */
  isLoaded = false;
  /** Reads of the store go one after another: an older answer must never replace a newer one. */
  #reading: Promise<void> = Promise.resolve();
  #ready = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(store: CatalogueStore) {
    this.#store = store;
  }

  /** Loads once; later calls wait for the same. */
  load(): Promise<void> {
    this.#loaded ??= this.reload().then(() => {
      this.isLoaded = true;
    });
    return this.#loaded;
  }

  /** One that nobody loaded has nothing that could be stale. */
  async reloadIfLoaded(): Promise<void> {
    if (this.#loaded !== undefined) await this.reload();
  }

  async reload(): Promise<void> {
    const mine = this.#reading.then(() => this.#read());
    this.#reading = mine.catch(() => {});
    await mine;
  }

  /** Called whenever it was read anew. */
  onReload(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Alert rules that environments have for themselves; of most none. */
  environmentAlerts(): { scope: Scope; alerts: readonly string[] }[] {
    return [...this.#scopes.values()].flatMap(({ scope, settings: { alerts } }) =>
      alerts.length === 0 ? [] : [{ scope, alerts }],
    );
  }

  /** Undefined: not in the catalogue. */
  find(scope: Scope, type: string): CatalogueEntry | undefined {
    return this.#scopes.get(scopeKey(scope))?.types.get(type);
  }

  /**
   * Which version an event is of. In a strict environment also that its type is known and its data fits.
   * @throws HooksError `unknown_event_type`, `gone_version`; `invalid_request` naming the place in the data
   */
  admit(scope: Scope, event: Pick<CheckedEvent, "type" | "version" | "data">): Admitted {
    const rules = this.#scopes.size === 0 ? undefined : this.#scopes.get(scopeKey(scope));
    if (rules === undefined) return { version: event.version, warning: undefined };
    const entry = rules.types.get(event.type);
    const isStrict = rules.settings.strictTypes;
    if (entry === undefined) {
      if (isStrict) throw unknownType(event.type, rules.types.keys());
      return { version: event.version, warning: undefined };
    }
    const { content } = entry;
    const version = event.version ?? content.defaultVersion;
    if (!content.versions.some((one) => one.version === version)) this.#refuseVersion(entry, version, isStrict);
    else if (isStrict) this.#checkData(entry, version, event);
    const warning = content.deprecated ? deprecation(event.type, content) : undefined;
    return { version, warning };
  }

  /** Of these subscriptions those to which the event can go in the version that they want (core/event-version.ts). */
  wanting(
    subscriptionRowIds: number[],
    scope: Scope,
    event: { type: string; version: string | undefined },
    directory: { versionOf(subscriptionRowId: number): string | undefined; readonly hasVersions: boolean },
  ): number[] {
    if (!directory.hasVersions) return subscriptionRowIds;
    const type = this.find(scope, event.type);
    return subscriptionRowIds.filter(
      (rowId) => versionVerdict(type, event.version, directory.versionOf(rowId)).kind !== "skipped",
    );
  }

  /**
   * The event as a subscription wants it. What needs no conversion keeps the publisher's own bytes.
   * @throws HooksError `conflict` when the catalogue has no way any more
   */
  asWanted(
    event: ClaimedEvent,
    { scope, eventVersion }: { scope: Scope; eventVersion?: string | undefined },
  ): ClaimedEvent {
    const verdict = versionVerdict(this.find(scope, event.type), event.version, eventVersion);
    if (verdict.kind === "as_published") return event;
    if (verdict.kind === "skipped") throw new HooksError("conflict", `${event.id}: ${verdict.reason}`);
    return { ...event, data: convertData(event.data, verdict.steps), version: verdict.to };
  }

  #refuseVersion({ content, stored: { name } }: CatalogueEntry, version: string, isStrict: boolean): void {
    const known = content.versions.map((one) => one.version).join(", ");
    if (content.removedVersions.includes(version)) {
      throw new HooksError("gone_version", `version ${version} of ${name} was removed; there is: ${known}`, {
        field: "version",
        hint: `hooks event-type get ${name}`,
      });
    }
    if (!isStrict) return;
    throw invalid("version", `version ${version} of ${name} is not in the catalogue; there is: ${known}`);
  }

  #checkData(entry: CatalogueEntry, version: string, { type, data }: Pick<CheckedEvent, "type" | "data">): void {
    const before = entry.readySchemas;
    const schema = entry.schemaOf(version);
    if (before !== entry.readySchemas) this.#makeRoom();
    if (schema === undefined) return;
    const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString("utf8");
    const misfit = schema.misfitOf(JSON.parse(text), "data", data.length);
    if (misfit === undefined) return;
    throw invalid(
      misfit.field,
      `${misfit.sentences.join("; ")} (schema of ${type}, version ${version})`,
      `hooks event-type get ${type}`,
    );
  }

  #makeRoom(): void {
    this.#ready += 1;
    if (this.#ready < MOST_READY) return;
    this.#ready = 0;
    for (const { types } of this.#scopes.values()) for (const entry of types.values()) entry.forgetSchemas();
  }

  async #read(): Promise<void> {
    const [types, environments] = await whileBusy(() =>
      Promise.all([this.#store.loadEventTypes(), this.#store.loadEnvironments()]),
    );
    const before = this.#scopes;
    const scopes = new Map<string, ScopeRules>();
    const rulesOf = (scope: Scope): ScopeRules => {
      const key = scopeKey(scope);
      const rules = scopes.get(key) ?? {
        scope: { tenant: scope.tenant, environment: scope.environment },
        settings: readEnvironment(undefined),
        types: new Map<string, CatalogueEntry>(),
      };
      scopes.set(key, rules);
      return rules;
    };
    for (const stored of environments) rulesOf(stored.scope).settings = readEnvironment(stored);
    for (const stored of types) {
      const old = before.get(scopeKey(stored.scope))?.types.get(stored.name);
      // What nobody touched keeps its schemas ready.
      const isSame = old?.stored.updatedAt === stored.updatedAt && old.stored.content === stored.content;
      rulesOf(stored.scope).types.set(stored.name, isSame ? old : new CatalogueEntry(stored));
    }
    this.#scopes = scopes;
    for (const listener of this.#listeners) listener();
  }
}

function deprecation(type: string, { description }: EventTypeContent): string {
  return `event type ${type} is deprecated${description === "" ? "" : `: ${description}`}`;
}

function unknownType(type: string, known: Iterable<string>): HooksError {
  const near = nearestNames(type, known, 3).map((name) => JSON.stringify(name));
  const guess = near.length === 0 ? "" : `\n  did you mean ${near.join(" or ")}?`;
  return new HooksError(
    "unknown_event_type",
    `type ${JSON.stringify(type)} is not in the catalogue, and this environment takes no other${guess}`,
    { field: "type", hint: `hooks event-type list · to add it: hooks event-type create ${type}` },
  );
}
