import { timingSafeEqual } from "node:crypto";
import { changesBetween } from "../../core/audit.ts";
import { HooksError, invalid } from "../../core/errors.ts";
import { parseInstant, toIsoOrNull } from "../../core/instant.ts";
import type { JsonObject } from "../../core/json-value.ts";
import { type Actor, KEY_PREFIX } from "../../core/key.ts";
import { quoted } from "../../core/quoted.ts";
import { formatRateLimit, parseRateLimit } from "../../core/rate-limit.ts";
import type { Scope } from "../../core/scope.ts";
import { fieldDiff } from "../../core/setup/field-diff.ts";
import { referenceOf, textOf } from "../../core/setup/references.ts";
import type { FieldChange, SetupKey } from "../../core/setup/setup.ts";
import type { NewKey, StoredKey } from "../../store/admin-store.ts";
import type { KeyChange } from "../../store/setup-store.ts";
import { auditEntry } from "../audit-trail.ts";
import { faultOfKey } from "../bootstrap-key.ts";
import { isUsable } from "../key-table.ts";
import { auditedKey, checkKeyName, checkRole, expiryOf, hashOf, hintOf } from "../keys.ts";
import type { ServiceParts } from "../service-parts.ts";
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

const KEY_BYTES = 32;

interface Context {
  parts: ServiceParts;
  scope: Scope;
  actor: Actor;
  membership: Membership;
  prune: boolean;
}

/** Keys of exactly this tenant and environment, as they are written in a set-up. */
export function keysOf(all: readonly StoredKey[], { tenant, environment }: Scope): StoredKey[] {
  return all.filter((key) => key.tenant === tenant && key.environment === environment && key.revokedAt === undefined);
}

/** What a set-up says of a key, but for its name and the key itself. */
export function keyForm({ role, expiresAt, rateLimit }: KeyChange): JsonObject {
  const expires = toIsoOrNull(expiresAt);
  return {
    role,
    ...(expires === null ? {} : { expires }),
    ...(rateLimit === undefined ? {} : { rate_limit: rateLimit }),
  };
}

/** @throws HooksError that names the place in the set-up */
export async function planKeys(
  entries: readonly SetupKey[],
  all: readonly StoredKey[],
  context: Context,
): Promise<SectionPlan> {
  const { scope, membership, prune, parts } = context;
  checkNames(
    "keys",
    entries.map(({ name }) => name),
  );
  const plan = emptyPlan();
  const ours = keysOf(all, scope);
  for (const [at, entry] of entries.entries()) {
    await inEntry(`keys[${at}]`, `key ${quoted(entry.name)}`, async () => {
      const planned = planKey(entry, keyNamed(ours, entry.name, parts.now()), all, context);
      if (planned === undefined) plan.unchanged += 1;
      else plan.changes.push(planned);
    });
  }
  const named = new Set(entries.map(({ name }) => name));
  for (const { resource } of membership.ofSet("key")) {
    const key = ours.find(({ id }) => id === resource);
    if (key === undefined || named.has(key.name)) continue;
    if (!prune) plan.left.push({ kind: "key", name: key.name });
    else {
      refuseOwn(key, context, "deleted");
      plan.changes.push({
        change: { action: "delete", kind: "key", name: key.name, id: key.id, changes: [] },
        async write(to) {
          to.revokedKeys.push(revocation(key, context));
          to.members.removed.push({ kind: "key", resource });
        },
      });
    }
  }
  return plan;
}

/** One that has ended stands for its name where none is good. */
function keyNamed(ours: readonly StoredKey[], name: string, now: number): StoredKey | undefined {
  const named = ours.filter((key) => key.name === name);
  const usable = named.filter((key) => isUsable(key, now));
  if (1 < usable.length) {
    throw new HooksError("conflict", `${usable.length} keys have this name, and which one is meant cannot be known`, {
      field: "name",
      hint: `revoke all but one: hooks key revoke ${usable[0]!.id}`,
    });
  }
  return usable[0] ?? named.at(-1);
}

function planKey(
  entry: SetupKey,
  found: StoredKey | undefined,
  all: readonly StoredKey[],
  context: Context,
): PlannedChange | undefined {
  const { parts, actor, membership } = context;
  const name = checkKeyName(entry.name);
  const role = checkRole(entry.role);
  const rateLimit =
    entry.rate_limit === undefined || entry.rate_limit === null
      ? undefined
      : formatRateLimit(parseRateLimit(entry.rate_limit, "rate_limit"));
  const given = entry.key === undefined || entry.key === null ? undefined : textOf(entry.key);
  const reference = referenceOf(entry.key);
  const references = reference === undefined ? {} : { key: reference };
  const expiresAt = expiry(entry, found, actor, parts.now());
  // Whoever had one that has ended must not have it again because of its name.
  const isOver = found !== undefined && !isUsable(found, parts.now()) && expiresAt !== found.expiresAt;
  const before = isOver ? undefined : found;
  const isSameKey = given === undefined || (before !== undefined && timingSafeEqual(hashOf(given), before.hash));
  const change: KeyChange = { role, rateLimit, expiresAt };
  if (before !== undefined && isSameKey) {
    const changes = fieldDiff(keyForm(before), keyForm(change));
    const ofSet = membership.changes("key", before.id, references);
    const action = actionOf(changes, ofSet);
    if (action === undefined) return undefined;
    if (0 < changes.length) refuseOwn(before, context, "changed");
    return {
      change: { action, kind: "key", name, id: before.id, changes: joined(changes, ofSet) },
      async write(to) {
        to.members.put.push(membership.member("key", before.id, references));
        if (0 < changes.length) to.changedKeys.push(changed(before, change, context));
      },
    };
  }
  if (given !== undefined) checkGiven(given, all);
  if (before !== undefined) refuseOwn(before, context, "replaced");
  const shown: FieldChange[] = fieldDiff(before === undefined ? {} : keyForm(before), keyForm(change));
  if (given !== undefined)
    shown.push({ field: "key", ...(before === undefined ? {} : { before: before.hint }), after: reference ?? "***" });
  const shownChange: PlannedChange["change"] = {
    action: before === undefined ? "create" : "update",
    kind: "key",
    name,
    id: null,
    changes: shown,
  };
  return {
    change: shownChange,
    async write(to) {
      const text = given ?? `${KEY_PREFIX}${Buffer.from(parts.random(KEY_BYTES)).toString("base64url")}`;
      const key: NewKey = {
        id: parts.newId("key"),
        ...context.scope,
        name,
        ...change,
        hash: hashOf(text),
        hint: hintOf(text),
        createdAt: parts.now(),
      };
      shownChange.id = key.id;
      if (given === undefined) shownChange.secret = text;
      const audit = auditEntry(parts, actor, key, { action: "key.create", id: key.id, after: auditedKey(key) });
      to.newKeys.push({ key, audit });
      to.members.put.push(membership.member("key", key.id, references));
      if (before === undefined) return;
      to.revokedKeys.push(revocation(before, context));
      to.members.removed.push({ kind: "key", resource: before.id });
    },
  };
}

/** A time that is there already may be in the past; nobody is asked to take it out of the file on that day. */
function expiry(entry: SetupKey, before: StoredKey | undefined, actor: Actor, now: number): number | undefined {
  const text = entry.expires ?? undefined;
  const at = text === undefined ? undefined : parseInstant(text);
  if (text !== undefined && at === undefined) {
    throw invalid(
      "expires",
      `expires must be an ISO 8601 time, got ${quoted(text)}: a duration would mean another time whenever it is applied`,
      "2027-01-31T12:00:00Z",
    );
  }
  if (before !== undefined && at === before.expiresAt) return at;
  return expiryOf(actor, text, now);
}

function checkGiven(text: string, all: readonly StoredKey[]): void {
  const fault = faultOfKey(text);
  if (fault !== undefined) {
    throw invalid(
      "key",
      `key ${fault}`,
      `leave it out for one that is made here, or: ${KEY_PREFIX}$(openssl rand -hex 32)`,
    );
  }
  const digest = hashOf(text);
  const other = all.find(({ hash }) => timingSafeEqual(hash, digest));
  if (other === undefined) return;
  throw new HooksError("conflict", "key is that of another key, or of one that was revoked", { field: "key" });
}

/** Whoever changes what lets him in may not come in again to mend it. */
function refuseOwn(key: StoredKey, { actor }: Context, what: string): void {
  if (actor.keyId !== key.id) return;
  throw new HooksError("conflict", `key ${quoted(key.name)} would be ${what}, and is the one that this is done with`, {
    field: "keys",
    hint: "use another key for it",
  });
}

function changed(before: StoredKey, change: KeyChange, { parts, actor }: Context) {
  const { before: was, after: is } = changesBetween(auditedKey(before), auditedKey({ ...before, ...change }));
  const audit = auditEntry(parts, actor, before, { action: "key.update", id: before.id, before: was, after: is });
  return { rowId: before.rowId, change, audit };
}

function revocation(key: StoredKey, { parts, actor }: Context) {
  const audit = auditEntry(parts, actor, key, { action: "key.revoke", id: key.id, before: auditedKey(key) });
  return { rowId: key.rowId, audit };
}
