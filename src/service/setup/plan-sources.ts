import { changesBetween } from "../../core/audit.ts";
import { MASKED } from "../../core/custom-headers.ts";
import { HooksError } from "../../core/errors.ts";
import type { Actor } from "../../core/key.ts";
import { quoted } from "../../core/quoted.ts";
import type { Scope } from "../../core/scope.ts";
import { fieldDiff } from "../../core/setup/field-diff.ts";
import { referenceOf, textOf } from "../../core/setup/references.ts";
import type { FieldChange, SetupChange, SetupInbound } from "../../core/setup/setup.ts";
import { handshakeOf } from "../../core/sources/answer-challenge.ts";
import { MAX_SOURCES, type SourceInput } from "../../core/sources/source.ts";
import {
  blankSettings,
  changedSettings,
  checkSourceScheme,
  checkVerifyToken,
  type SourceSettings,
} from "../../core/sources/source-settings.ts";
import { checkSourceName } from "../../core/sources/source-texts.ts";
import { checkTopics } from "../../core/sources/topic-rule.ts";
import type { NewAuditEntry } from "../../store/admin-store.ts";
import type { StoredSource } from "../../store/source-store.ts";
import { auditEntry } from "../audit-trail.ts";
import type { ServiceParts } from "../service-parts.ts";
import { draftSource, newSource } from "../source-draft.ts";
import { checkSecret, rotated } from "../source-secrets.ts";
import { notInserted } from "../sources.ts";
import { auditedSource, type KeptSettings, openSecrets, readKept, type SourceSecrets } from "../stored-source.ts";
import { sourceForm } from "./forms.ts";
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

interface Context {
  parts: ServiceParts;
  scope: Scope;
  actor: Actor;
  membership: Membership;
  prune: boolean;
  /** How long what replaced secrets signed is taken, ms. */
  graceMs: number;
}

/** Those of this tenant and environment. */
export function sourcesOf(all: readonly StoredSource[], { tenant, environment }: Scope): StoredSource[] {
  return all.filter(({ scope }) => scope.tenant === tenant && scope.environment === environment);
}

/**
 * `all`: of every tenant and environment, since a name is part of a URL of the server.
 * @throws HooksError that names the place in the set-up
 */
export async function planSources(
  entries: readonly SetupInbound[],
  all: readonly StoredSource[],
  context: Context,
): Promise<SectionPlan> {
  const { scope, membership, prune } = context;
  checkNames(
    "sources",
    entries.map(({ name }) => name),
  );
  const plan = emptyPlan();
  const ours = sourcesOf(all, scope);
  const named = new Set(entries.map(({ name }) => name));
  const gone = membership
    .ofSet("source")
    .flatMap(({ resource }) => ours.find(({ id, name }) => id === resource && !named.has(name)) ?? []);
  let count = ours.length - (prune ? gone.length : 0);
  for (const [at, entry] of entries.entries()) {
    await inEntry(`sources[${at}]`, `source ${quoted(entry.name)}`, async () => {
      const stored = ours.find(({ name }) => name === entry.name);
      if (stored === undefined) {
        const planned = creation(entry, context);
        if (all.some(({ name }) => name === entry.name)) throw notInserted("taken", entry.name);
        if (MAX_SOURCES <= count) throw notInserted("full", entry.name);
        count += 1;
        plan.changes.push(planned);
        return;
      }
      const planned = await change(entry, stored, context);
      if (planned === undefined) plan.unchanged += 1;
      else plan.changes.push(planned);
    });
  }
  for (const stored of gone) {
    if (prune) plan.changes.push(deletion(stored, context));
    else plan.left.push({ kind: "source", name: stored.name });
  }
  return plan;
}

/** Its fields that came by a reference. */
function referencesOf(entry: SetupInbound): Record<string, string> {
  const found: Record<string, string> = {};
  for (const field of ["secret", "verify_token"] as const) {
    const reference = referenceOf(entry[field]);
    if (reference !== undefined) found[field] = reference;
  }
  return found;
}

function creation(entry: SetupInbound, { parts, scope, actor, membership }: Context): PlannedChange {
  const { secret, verify_token: token, ...rest } = entry;
  const input: SourceInput = {
    ...rest,
    ...(secret === undefined || secret === null ? {} : { secret: textOf(secret) }),
    ...(token === undefined || token === null ? {} : { verify_token: textOf(token) }),
  };
  const draft = draftSource(input, parts);
  const references = referencesOf(entry);
  const changes = differences(draft.name, undefined, draft.kept);
  for (const field of ["secret", "verify_token"] as const) {
    if (input[field] !== undefined) changes.push({ field, after: references[field] ?? MASKED });
  }
  const shown: SetupChange = { action: "create", kind: "source", name: draft.name, id: null, changes };
  return {
    change: shown,
    async write(to, put) {
      const id = parts.newId("src");
      const after = auditedSource(draft.name, draft.kept);
      const audit = auditEntry(parts, actor, scope, { action: "source.create", id, after });
      shown.id = id;
      if (draft.made !== undefined) shown.secret = draft.made;
      to.newSources.push({ source: await newSource(draft, id, scope, put), most: MAX_SOURCES, audit });
      to.members.put.push(membership.member("source", id, references));
    },
  };
}

async function change(entry: SetupInbound, stored: StoredSource, context: Context): Promise<PlannedChange | undefined> {
  const { parts, membership } = context;
  const kept = readKept(stored);
  const { name: givenName, scheme: givenScheme, secret, verify_token: token, ...patch } = entry;
  const name = checkSourceName(givenName);
  const scheme = checkSourceScheme(givenScheme);
  if (scheme !== kept.scheme) throw otherScheme(name, kept.scheme);
  const blank = blankSettings(name, scheme, handshakeOf(scheme));
  const settings = changedSettings({ ...blank, enabled: kept.enabled }, patch, blank);
  checkTopics(scheme, settings.topics);
  const newSecret = secret === undefined || secret === null ? undefined : checkSecret(scheme, textOf(secret));
  const newToken = token === undefined || token === null ? token : checkVerifyToken(textOf(token));
  const isSecretGiven = newSecret !== undefined || newToken !== undefined;
  const secrets = isSecretGiven ? await openSecrets(stored, parts.secrets) : undefined;
  const isOtherSecret = newSecret !== undefined && newSecret !== secrets?.secrets[0]?.text;
  const isOtherToken = newToken !== undefined && (newToken ?? undefined) !== secrets?.verifyToken;

  const content = differences(name, kept, settings);
  if (isOtherToken) content.push(ofSecret("verify_token", kept.hasVerifyToken ? MASKED : undefined, newToken !== null));
  const isUpdated = 0 < content.length;
  if (isOtherSecret) content.push(ofSecret("secret", kept.secrets[0]?.hint, true));
  const references = referencesOf(entry);
  const ofSet = membership.changes("source", stored.id, references);
  const action = actionOf(content, ofSet);
  if (action === undefined) return undefined;
  const next: Next = {
    kept: { ...kept, ...settings, ...(isOtherToken ? { hasVerifyToken: newToken !== null } : {}) },
    secrets: isOtherToken && secrets !== undefined ? { ...secrets, verifyToken: newToken ?? undefined } : secrets,
    isUpdated,
    isOtherToken,
    newSecret: isOtherSecret ? newSecret : undefined,
  };
  return {
    change: { action, kind: "source", name, id: stored.id, changes: joined(content, ofSet) },
    async write(to, put) {
      to.members.put.push(membership.member("source", stored.id, references));
      if (!isUpdated && !isOtherSecret) return;
      const { kept: after, secrets: others, audit } = changed(stored, kept, next, context);
      to.changedSources.push({
        rowId: stored.rowId,
        settings: JSON.stringify(after),
        sealed: others === undefined ? undefined : await put(JSON.stringify(others), stored.id),
        updatedAt: parts.now(),
        ifUpdatedAt: stored.updatedAt,
        audit,
      });
    },
  };
}

interface Next {
  kept: KeptSettings;
  secrets: SourceSecrets | undefined;
  isUpdated: boolean;
  isOtherToken: boolean;
  /** Undefined: those that it has stay. */
  newSecret: string | undefined;
}

/** What is stored then, and what is said of it: one entry for other settings, and one for another secret. */
function changed(
  stored: StoredSource,
  before: KeptSettings,
  next: Next,
  { parts, scope, actor, graceMs }: Context,
): { kept: KeptSettings; secrets: SourceSecrets | undefined; audit: NewAuditEntry[] } {
  const audit: NewAuditEntry[] = [];
  const note = (
    action: "source.update" | "source.rotate_secret",
    was: KeptSettings,
    is: KeptSettings,
    field: string,
  ) => {
    const hidden = { before: {}, after: field === "" ? {} : { [field]: null } };
    const changes = changesBetween(auditedSource(stored.name, was), auditedSource(stored.name, is), hidden);
    audit.push(auditEntry(parts, actor, scope, { action, id: stored.id, ...changes }));
  };
  if (next.isUpdated) note("source.update", before, next.kept, next.isOtherToken ? "has_verify_token" : "");
  if (next.newSecret === undefined || next.secrets === undefined) {
    return { kept: next.kept, secrets: next.isOtherToken ? next.secrets : undefined, audit };
  }
  const fresh = { id: parts.newId("sec"), text: next.newSecret };
  const after = rotated(next.secrets, next.kept, fresh, graceMs, parts.now());
  note("source.rotate_secret", next.kept, after.kept, "secrets");
  return { ...after, audit };
}

function deletion(stored: StoredSource, { parts, scope, actor }: Context): PlannedChange {
  return {
    change: { action: "delete", kind: "source", name: stored.name, id: stored.id, changes: [] },
    async write(to) {
      const before = auditedSource(stored.name, readKept(stored));
      const audit = auditEntry(parts, actor, scope, { action: "source.delete", id: stored.id, before });
      to.deletedSources.push({ rowId: stored.rowId, audit });
      to.members.removed.push({ kind: "source", resource: stored.id });
    },
  };
}

/** Settings that differ. The first of a map that fits wins: its order is one of them. */
function differences(name: string, before: SourceSettings | undefined, after: SourceSettings): FieldChange[] {
  const changes = fieldDiff(before === undefined ? { name } : sourceForm(name, before), sourceForm(name, after));
  const [was, is] = [before?.map ?? [], after.map].map((map) => map.map(([pattern]) => pattern));
  const isOtherOrder = was!.length === is!.length && JSON.stringify(was) !== JSON.stringify(is);
  const isNoted = changes.some(({ field }) => /^map\b/.test(field));
  return isOtherOrder && !isNoted ? [...changes, { field: "map", before: was!, after: is! }] : changes;
}

function ofSecret(field: string, before: string | undefined, isThere: boolean): FieldChange {
  return { field, ...(before === undefined ? {} : { before }), ...(isThere ? { after: MASKED } : {}) };
}

function otherScheme(name: string, scheme: string): HooksError {
  return new HooksError("conflict", `scheme is ${scheme} of the source that is there, and cannot be changed`, {
    field: "scheme",
    hint: `another name; or, if what came to it is not needed any more, first: hooks source delete ${name}`,
  });
}
