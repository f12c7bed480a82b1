import { hash } from "node:crypto";
import { checkLimit, parseCursor, toPage } from "../core/cursor.ts";
import { parseDuration } from "../core/duration.ts";
import { HooksError, invalid } from "../core/errors.ts";
import type { Page } from "../core/hooks-service.ts";
import { parseInstant, toIso, toIsoOrNull } from "../core/instant.ts";
import {
  ANY,
  type Caller,
  covers,
  DEFAULT_KEY_ENVIRONMENT,
  KEY_PREFIX,
  KEY_STATUSES,
  type KeyInput,
  type KeyQuery,
  type KeyResource,
  type KeyStatus,
  type KeyWithSecret,
  type NamedReach,
  type Reach,
  ROLES,
  type Role,
  tenantOf,
} from "../core/key.ts";
import { checkLineText } from "../core/line-text.ts";
import { nearest } from "../core/nearest.ts";
import { formatRateLimit, parseRateLimit } from "../core/rate-limit.ts";
import { checkScopeName } from "../core/scope.ts";
import type { NewKey, StoredKey } from "../store/admin-store.ts";
import { auditEntry } from "./audit-trail.ts";
import { ambiguous, isBeginning, notFound } from "./find-by-reference.ts";
import { isUsable, type KeyTable } from "./key-table.ts";
import { narrowed, notOwn } from "./narrowed.ts";
import type { ServiceParts } from "./service-parts.ts";

const KEY_BYTES = 32;
const NAME_MAX_CHARS = 255;
/** The last moment that ISO 8601 writes with four digits of a year. */
const LATEST = Date.UTC(9999, 11, 31);

/** Makes, reads and revokes keys. */
export class Keys {
  readonly #parts: ServiceParts;
  readonly #table: KeyTable;

  constructor(parts: ServiceParts, table: KeyTable) {
    this.#parts = parts;
    this.#table = table;
  }

  async create(caller: Caller, input: KeyInput): Promise<KeyWithSecret> {
    const { store, newId, now, random } = this.#parts;
    const at = now();
    const name = checkKeyName(input.name);
    const role = checkRole(input.role);
    const reach = reachOf(caller, input);
    const expiresAt = expiryOf(caller, input.expires ?? undefined, at);
    const rateLimit = input.rate_limit ?? undefined;
    const text = `${KEY_PREFIX}${Buffer.from(random(KEY_BYTES)).toString("base64url")}`;
    const key: NewKey = {
      id: newId("key"),
      ...reach,
      name,
      role,
      hash: hashOf(text),
      hint: hintOf(text),
      rateLimit: rateLimit === undefined ? undefined : formatRateLimit(parseRateLimit(rateLimit, "rate_limit")),
      createdAt: at,
      expiresAt,
    };
    const after = auditedKey(key);
    const audit = auditEntry(this.#parts, caller, reach, { action: "key.create", id: key.id, after });
    if (!(await store.admin.insertKey(key, audit))) throw new HooksError("internal", "a new key exists already");
    await this.#table.reload();
    return { ...(await this.get(caller, key.id, {})), key: text };
  }

  async list(caller: Caller, query: KeyQuery): Promise<Page<KeyResource>> {
    const limit = checkLimit(query.limit);
    const before = parseCursor(query.cursor);
    const role = query.role === undefined ? undefined : checkRole(query.role);
    const status = query.status === undefined ? undefined : checkStatus(query.status);
    const reach = narrowed(caller, query);
    const at = this.#parts.now();
    const found = (await this.#inReach(reach)).filter(
      (key) =>
        (before === undefined || key.rowId < before) &&
        (role === undefined || key.role === role) &&
        (status === undefined || statusOf(key, at) === status),
    );
    return toPage(found.reverse(), limit, (key) => toKeyResource(key, at));
  }

  async get(caller: Caller, reference: string, named: NamedReach): Promise<KeyResource> {
    return toKeyResource(await this.#find(narrowed(caller, named), reference), this.#parts.now());
  }

  async revoke(caller: Caller, reference: string, named: NamedReach): Promise<void> {
    const { store, now } = this.#parts;
    const key = await this.#find(narrowed(caller, named), reference);
    const before = auditedKey(key);
    const audit = auditEntry(this.#parts, caller, key, { action: "key.revoke", id: key.id, before });
    await store.admin.revokeKey(key.rowId, now(), audit);
    await this.#table.reload();
  }

  async #inReach(reach: Reach): Promise<StoredKey[]> {
    return (await this.#parts.store.admin.loadKeys()).filter((key) => covers(reach, key));
  }

  async #find(reach: Reach, reference: string): Promise<StoredKey> {
    if (reference === "") throw invalid("id", "id must not be empty");
    const keys = await this.#inReach(reach);
    const exact = keys.find((key) => key.id === reference);
    if (exact !== undefined) return exact;
    const named = keys.filter((key) => key.name === reference);
    // A key is replaced by making one of the same name and revoking the old one.
    const valid = named.filter((key) => key.revokedAt === undefined);
    const begun = isBeginning(reference, "key_") ? keys.filter((key) => key.id.startsWith(reference)) : [];
    const found = [valid, named, begun].find((some) => some.length !== 0) ?? [];
    if (1 < found.length) {
      throw ambiguous(
        "key",
        reference,
        found.map((key) => key.id),
      );
    }
    if (found[0] === undefined) {
      throw notFound(
        "key",
        reference,
        nearest(
          reference,
          keys.map((key) => key.name),
        ),
      );
    }
    return found[0];
  }
}

export function hashOf(key: string): Uint8Array {
  return hash("sha256", key, "buffer");
}

/** What may be shown of a key: enough to know it again, far too little to guess the rest. */
export function hintOf(key: string): string {
  return `${key.slice(0, KEY_PREFIX.length + 4)}…${key.slice(-2)}`;
}

/** What the audit keeps of one. */
export function auditedKey({ name, role, tenant, environment, expiresAt, rateLimit, hint }: NewKey) {
  return { name, role, tenant, environment, expires_at: toIsoOrNull(expiresAt), rate_limit: rateLimit ?? null, hint };
}

function toKeyResource(key: StoredKey, now: number): KeyResource {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    tenant: key.tenant,
    environment: key.environment,
    status: statusOf(key, now),
    hint: key.hint,
    rate_limit: key.rateLimit ?? null,
    created_at: toIso(key.createdAt),
    expires_at: toIsoOrNull(key.expiresAt),
    last_used_at: toIsoOrNull(key.lastUsedAt),
    revoked_at: toIsoOrNull(key.revokedAt),
  };
}

function statusOf(key: StoredKey, now: number): KeyStatus {
  if (key.revokedAt !== undefined) return "revoked";
  return isUsable(key, now) ? "active" : "expired";
}

/** @throws HooksError `forbidden` for more than the caller's own. */
function reachOf(caller: Caller, { tenant, environment }: KeyInput): Reach {
  const wanted = {
    tenant: tenant ?? tenantOf(caller),
    environment: environment ?? (caller.environment === ANY ? DEFAULT_KEY_ENVIRONMENT : caller.environment),
  };
  for (const field of ["tenant", "environment"] as const) {
    if (wanted[field] !== ANY) checkScopeName(wanted[field], field);
    if (caller[field] !== ANY && caller[field] !== wanted[field]) throw notOwn(caller[field], wanted[field], field);
  }
  return wanted;
}

/** @throws HooksError `forbidden` for a key that would outlive the one that makes it. */
export function expiryOf(caller: Pick<Caller, "expiresAt">, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return caller.expiresAt;
  const instant = typeof text === "string" ? parseInstant(text) : undefined;
  const at = instant ?? now + parseDuration(durationIn(text), "expires");
  if (at <= now) throw invalid("expires", `expires must be in the future, got ${JSON.stringify(text)}`);
  if (LATEST < at) throw invalid("expires", "expires must be before the year 9999");
  if (caller.expiresAt !== undefined && caller.expiresAt < at) {
    throw new HooksError(
      "forbidden",
      `expires must not be after ${toIso(caller.expiresAt)}, when this key itself ends`,
      {
        field: "expires",
      },
    );
  }
  return at;
}

function durationIn(text: unknown): string {
  if (typeof text === "string" && /^\d+(ms|s|m|h|d)$/.test(text)) return text;
  throw invalid(
    "expires",
    `expires must be a duration from now or an ISO 8601 time, got ${String(JSON.stringify(text)).slice(0, 60)}`,
    "30d, 2027-01-31T12:00:00Z",
  );
}

export function checkKeyName(name: unknown): string {
  if (name === undefined) throw invalid("name", "name is missing: what the key is for");
  if (typeof name !== "string" || name.trim() === "") throw invalid("name", "name must say what the key is for");
  return checkLineText(name, "name", NAME_MAX_CHARS);
}

export function checkRole(role: unknown): Role {
  const known = ROLES.find((one) => one === role);
  if (known !== undefined) return known;
  const near = typeof role === "string" ? nearest(role, ROLES) : undefined;
  const what = role === undefined ? "role is missing: it must be" : "role must be";
  throw invalid(
    "role",
    `${what} one of: ${ROLES.join(", ")}`,
    near === undefined ? undefined : `did you mean ${near}?`,
  );
}

function checkStatus(status: unknown): KeyStatus {
  const known = KEY_STATUSES.find((one) => one === status);
  if (known !== undefined) return known;
  throw invalid("status", `status must be one of: ${KEY_STATUSES.join(", ")}`);
}
