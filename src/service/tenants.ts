import { changesBetween } from "../core/audit.ts";
import { checkLimit, formatNameCursor, parseNameCursor, toPageBy } from "../core/cursor.ts";
import { HooksError, invalid } from "../core/errors.ts";
import type { Page } from "../core/hooks-service.ts";
import { toIsoOrNull } from "../core/instant.ts";
import { ANY, type Caller } from "../core/key.ts";
import { checkLineText } from "../core/line-text.ts";
import { nearest } from "../core/nearest.ts";
import { checkScopeName, DEFAULT_TENANT } from "../core/scope.ts";
import type { TenantDeletion, TenantInput, TenantPatch, TenantQuery, TenantResource } from "../core/tenant.ts";
import type { StoredTenant } from "../store/admin-store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { Cleaning } from "./cleaning.ts";
import { notFound } from "./find-by-reference.ts";
import type { KeyTable } from "./key-table.ts";
import { type SealedText, sealedTexts } from "./opened-subscription.ts";
import { dropAll } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";

const DESCRIPTION_MAX_CHARS = 1_024;
/** So many names are looked through for the one that was meant. */
const NAMES_COMPARED = 1_000;

/** Creates, reads, changes and deletes tenants. */
export class Tenants {
  readonly #parts: ServiceParts;
  readonly #keys: KeyTable;
  readonly #cleaning: Cleaning;

  constructor(parts: ServiceParts, keys: KeyTable, cleaning: Cleaning) {
    this.#parts = parts;
    this.#keys = keys;
    this.#cleaning = cleaning;
  }

  async create(caller: Caller, input: TenantInput): Promise<TenantResource> {
    const { store, now } = this.#parts;
    const name = checkName(input.name);
    checkManages(caller);
    const tenant = { name, description: checkDescription(input.description) };
    const audit = this.#entry(caller, name, "tenant.create", { after: tenant });
    if (!(await store.admin.insertTenant(tenant, now(), audit))) {
      throw new HooksError("conflict", `tenant "${name}" exists already`, { field: "name" });
    }
    return this.get(caller, name);
  }

  async list(caller: Caller, query: TenantQuery): Promise<Page<TenantResource>> {
    const limit = checkLimit(query.limit);
    const after = parseNameCursor(query.cursor);
    if (caller.tenant !== ANY) {
      const data = after === undefined ? [await this.get(caller, caller.tenant)] : [];
      return { data, next_cursor: null };
    }
    const found = await this.#names(after, limit + 1);
    return toPageBy(
      found,
      limit,
      (one) => this.#resource(caller, one),
      ({ name }) => formatNameCursor(name),
    );
  }

  async get(caller: Caller, name: string): Promise<TenantResource> {
    return this.#resource(caller, await this.#find(caller, name));
  }

  async update(caller: Caller, name: string, patch: TenantPatch): Promise<TenantResource> {
    const { store, now } = this.#parts;
    const before = await this.#find(caller, name);
    checkManages(caller);
    if (patch.description === undefined) return this.#resource(caller, before);
    const tenant = { name, description: checkDescription(patch.description ?? "") };
    if (tenant.description === before.description) return this.#resource(caller, before);
    const changes = changesBetween({ description: before.description }, { description: tenant.description });
    await store.admin.updateTenant(tenant, now(), this.#entry(caller, name, "tenant.update", changes));
    return this.get(caller, name);
  }

  async delete(caller: Caller, name: string, { force = false, dry_run }: TenantDeletion): Promise<void> {
    const { store, directory, sources, secrets, now } = this.#parts;
    const tenant = await this.#find(caller, name);
    checkManages(caller);
    if (name === DEFAULT_TENANT) {
      throw new HooksError("conflict", `tenant "${name}" is the one of whoever names none: it cannot be deleted`, {
        field: "name",
      });
    }
    if (dry_run === true) {
      if (!force && 0 < possessionsOf(tenant).length) throw this.#hasData(tenant);
      return;
    }
    const before = {
      name,
      description: tenant.description,
      subscriptions: sum(tenant.subscriptions),
      keys: sum(tenant.keys),
    };
    const kept = await this.#secretsOf(tenant);
    const isDeleted = await store.admin.deleteTenant(
      name,
      force,
      now(),
      this.#entry(caller, name, "tenant.delete", { before }),
    );
    if (!isDeleted) throw this.#hasData(await this.#find(caller, name));
    await Promise.all([this.#keys.reload(), directory.reloadIfLoaded(), sources.reloadIfLoaded()]);
    // Wherever they are kept: in the store itself they are gone already.
    await dropAll(secrets, kept);
    await this.#cleaning.eraseDeleted();
  }

  /** Everything of it that is kept secret, of subscriptions and sources. */
  async #secretsOf({ name, environments }: StoredTenant): Promise<SealedText[]> {
    const { store } = this.#parts;
    const texts = environments.map(async (environment) => {
      const scope = { tenant: name, environment };
      const [subscriptions, sources] = await Promise.all([store.loadSubscriptions(scope), store.sources.load(scope)]);
      return [
        ...subscriptions.flatMap(sealedTexts),
        ...sources.map(({ sealed, id }): SealedText => ({ sealed, ownerId: id })),
      ];
    });
    return (await Promise.all(texts)).flat();
  }

  /** Those that exist, and the default one, which does whether somebody used it or not. */
  async #names(after: string | undefined, limit: number): Promise<StoredTenant[]> {
    const found = await this.#parts.store.admin.listTenants(after, limit);
    if ((after ?? "") < DEFAULT_TENANT && !found.some(({ name }) => name === DEFAULT_TENANT)) found.push(UNUSED);
    return found.sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, limit);
  }

  async #find(caller: Caller, name: string): Promise<StoredTenant> {
    if (name === "") throw invalid("name", "name must not be empty");
    const isInReach = caller.tenant === ANY || caller.tenant === name;
    const found = isInReach ? await this.#parts.store.admin.findTenant(name) : undefined;
    if (found !== undefined) return found;
    // A key's own tenant is there, even when nothing else of it is.
    if (name === DEFAULT_TENANT && isInReach) return UNUSED;
    const known = caller.tenant === ANY ? await this.#names(undefined, NAMES_COMPARED) : [];
    throw notFound(
      "tenant",
      name,
      nearest(
        name,
        known.map((one) => one.name),
      ),
      "name",
    );
  }

  #resource(caller: Caller, tenant: StoredTenant): TenantResource {
    const isInReach = (environment: string) => caller.environment === ANY || caller.environment === environment;
    return {
      name: tenant.name,
      description: tenant.description,
      environments: tenant.environments.filter(isInReach),
      subscriptions: sum(tenant.subscriptions, isInReach),
      keys: sum(tenant.keys, isInReach),
      created_at: toIsoOrNull(tenant.createdAt),
      updated_at: toIsoOrNull(tenant.updatedAt),
    };
  }

  #hasData(tenant: StoredTenant): HooksError {
    const { name } = tenant;
    return new HooksError("conflict", `tenant "${name}" has ${possessionsOf(tenant).join(", ")}`, {
      field: "name",
      hint: `with force all of it is erased for good: hooks tenant delete ${name} --force`,
    });
  }

  #entry(
    caller: Caller,
    name: string,
    action: "tenant.create" | "tenant.update" | "tenant.delete",
    changes: { before?: Record<string, unknown>; after?: Record<string, unknown> },
  ) {
    return auditEntry(this.#parts, caller, { tenant: name, environment: ANY }, { action, id: name, ...changes });
  }
}

/** Of what keeps it from being deleted without force; empty: nothing. */
function possessionsOf({ sources, eventTypes, hasEvents, ...tenant }: StoredTenant): string[] {
  const [subscriptions, keys] = [sum(tenant.subscriptions), sum(tenant.keys)];
  return [
    ...(0 < subscriptions ? [`${subscriptions} ${subscriptions === 1 ? "subscription" : "subscriptions"}`] : []),
    ...(0 < sources ? [`${sources} ${sources === 1 ? "source" : "sources"}`] : []),
    ...(0 < eventTypes ? [`${eventTypes} ${eventTypes === 1 ? "event type" : "event types"}`] : []),
    ...(hasEvents ? ["events"] : []),
    ...(0 < keys ? [`${keys} ${keys === 1 ? "key" : "keys"}`] : []),
  ];
}

const UNUSED: StoredTenant = {
  name: DEFAULT_TENANT,
  description: "",
  environments: [],
  subscriptions: new Map(),
  sources: 0,
  eventTypes: 0,
  hasEvents: false,
  keys: new Map(),
  createdAt: undefined,
  updatedAt: undefined,
};

/** Of all environments, or of those that are meant. */
function sum(counts: ReadonlyMap<string, number>, isMeant = (_environment: string) => true): number {
  return [...counts].reduce((total, [environment, count]) => (isMeant(environment) ? total + count : total), 0);
}

/** @throws HooksError `forbidden` for whoever is not an admin of everything: a tenant has all its environments. */
function checkManages(caller: Caller): void {
  if (caller.tenant === ANY && caller.environment === ANY) return;
  throw new HooksError(
    "forbidden",
    `tenants are managed with a key for every tenant and environment; ${caller.name} is not`,
  );
}

function checkName(name: unknown): string {
  if (typeof name !== "string") throw invalid("name", name === undefined ? "name is missing" : "name must be a string");
  return checkScopeName(name, "name");
}

function checkDescription(text: unknown): string {
  if (text === undefined) return "";
  return checkLineText(text, "description", DESCRIPTION_MAX_CHARS);
}
