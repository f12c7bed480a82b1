import { MASKED } from "../../core/custom-headers.ts";
import { HooksError, invalid } from "../../core/errors.ts";
import { patternTakes } from "../../core/event-pattern.ts";
import type { Actor } from "../../core/key.ts";
import { quoted } from "../../core/quoted.ts";
import type { Scope } from "../../core/scope.ts";
import { fieldDiff } from "../../core/setup/field-diff.ts";
import { referenceOf, textOf } from "../../core/setup/references.ts";
import type { FieldChange, SetupChange, SetupSubscription } from "../../core/setup/setup.ts";
import type { SubscriptionInput } from "../../core/subscription.ts";
import type { StoredSubscription } from "../../store/store.ts";
import { auditEntry } from "../audit-trail.ts";
import { auditedSubscription } from "../audited-subscription.ts";
import { blank } from "../draft-bases.ts";
import { CheckedReceiver } from "../receiver-check.ts";
import { rotationWarnings } from "../rotation-warning.ts";
import { headerNamesOf } from "../sealed-headers.ts";
import { newSecret, signingSecrets } from "../secrets.ts";
import type { ServiceParts } from "../service-parts.ts";
import { plainColumns, refuseMasked } from "../subscription-columns.ts";
import { checkFilter } from "../subscription-filters.ts";
import { changesOf, changeTo, newSubscription, redrafted } from "../subscription-redraft.ts";
import { readSettings } from "../subscription-resource.ts";
import { draftSubscription, type SubscriptionDraft } from "../subscription-settings.ts";
import { versionWarningsAmong } from "../version-warning.ts";
import { subscriptionForm } from "./forms.ts";
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
import { plannedRotation } from "./plan-rotation.ts";

interface Context {
  parts: ServiceParts;
  scope: Scope;
  actor: Actor;
  membership: Membership;
  prune: boolean;
  /** How long secrets sign on that are replaced, ms. */
  graceMs: number;
  /** The catalogue as it will be. */
  types: readonly { name: string; versions: readonly { version: string }[] }[];
}

/** What one will want, for the catalogue. */
interface Pin {
  name: string;
  version: string;
  takes(type: string): boolean;
}

/** What is judged at once: each may wait for an answer about its receiver's name. */
const AT_ONCE = 16;

/** @throws HooksError that names the place in the set-up */
export async function planSubscriptions(
  entries: readonly SetupSubscription[],
  all: readonly StoredSubscription[],
  context: Context,
): Promise<{ plan: SectionPlan; pins: Pin[] }> {
  const { membership, prune, parts } = context;
  checkNames(
    "subscriptions",
    entries.map(({ name }) => name),
  );
  const plan = emptyPlan();
  const ours = all.filter(({ transport }) => transport === "http");
  const byName = Map.groupBy(ours, ({ name }) => name);
  const planned: (Planned | undefined)[] = [];
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    const some = entries
      .slice(from, from + AT_ONCE)
      .map((entry, at) =>
        inEntry(`subscriptions[${from + at}]`, `subscription ${quoted(entry.name)}`, () =>
          planOne(entry, byName.get(entry.name) ?? [], context),
        ),
      );
    // All of them are waited for, so that none is left behind with an error that nobody hears.
    const settled = await Promise.allSettled(some);
    for (const one of settled) {
      if (one.status === "rejected") throw one.reason;
      planned.push(one.value);
    }
  }
  for (const one of planned) {
    if (one === undefined) plan.unchanged += 1;
    else {
      plan.changes.push(one.planned);
      plan.warnings.push(...one.warnings);
    }
  }
  const named = new Set(entries.map(({ name }) => name));
  const gone = new Set<string>();
  for (const { resource } of membership.ofSet("subscription")) {
    const stored = ours.find(({ id }) => id === resource);
    if (stored === undefined || named.has(stored.name)) continue;
    if (!prune) plan.left.push({ kind: "subscription", name: stored.name });
    else {
      gone.add(stored.id);
      plan.changes.push(deletion(stored, await headerNamesOf(stored, parts.secrets), context));
    }
  }
  const others = ours.filter(({ id, name }) => !named.has(name) && !gone.has(id));
  return { plan, pins: [...entries.flatMap(pinOfEntry), ...others.flatMap(pinOfStored)] };
}

interface Planned {
  planned: PlannedChange;
  warnings: string[];
}

async function planOne(
  entry: SetupSubscription,
  named: readonly StoredSubscription[],
  context: Context,
): Promise<Planned | undefined> {
  if (entry.name === "") throw invalid("name", "name must not be empty: it says which subscription is meant");
  if (1 < named.length) {
    throw new HooksError(
      "conflict",
      `${named.length} subscriptions have this name, and which one is meant cannot be known`,
      {
        field: "name",
        hint: `give the others another: hooks sub update ${named.at(-1)!.id} --name …`,
      },
    );
  }
  const [stored] = named;
  return stored === undefined ? creation(entry, context) : change(entry, stored, context);
}

/** As the other use-cases take it. */
function inputOf({ paused: _paused, secret: _secret, url, headers, ...rest }: SetupSubscription): SubscriptionInput {
  const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, textOf(text)]);
  return { ...rest, url: textOf(url), headers: Object.fromEntries(texts) as Record<string, string> };
}

/** Fields of it that came by a reference. */
function referencesOf({ url, secret, headers }: SetupSubscription): Record<string, string> {
  const found: Record<string, string> = {};
  const note = (field: string, reference: string | undefined): void => {
    if (reference !== undefined) found[field] = reference;
  };
  note("url", referenceOf(url));
  note("secret", referenceOf(secret));
  for (const [name, text] of Object.entries(headers ?? {})) note(`headers.${name.toLowerCase()}`, referenceOf(text));
  return found;
}

async function creation(entry: SetupSubscription, context: Context): Promise<Planned> {
  const { parts, scope, actor, membership } = context;
  const input = inputOf(entry);
  refuseMasked(input.url, undefined);
  await checkFilter(input.filter);
  const profile = parts.profiles.named(input.profile ?? "standard", "profile");
  const draft = draftSubscription(input, blank(profile), parts.profiles);
  const given = entry.secret === undefined || entry.secret === null ? undefined : textOf(entry.secret);
  const secret = newSecret(profile, given, parts.random);
  const checked = new CheckedReceiver(parts);
  await checked.check(scope, draft);
  const references = referencesOf(entry);
  const paused = entry.paused === true;
  const changes = withReferences(fieldDiff({ name: entry.name }, formOf(draft, paused, parts)), references);
  const shown: SetupChange = { action: "create", kind: "subscription", name: entry.name, id: null, changes };
  return {
    warnings: warningsOf(entry, draft, checked.warnings, context),
    planned: {
      change: shown,
      async write(to, put) {
        const id = parts.newId("sub");
        const made = { id, scope, draft, secret, secretId: parts.newId("sec"), at: parts.now(), paused };
        const subscription = await newSubscription(made, put);
        const after = auditedSubscription(subscription, subscription.headerNames ?? []);
        const audit = auditEntry(parts, actor, scope, { action: "subscription.create", id, after });
        shown.id = id;
        if (given === undefined) shown.secret = secret;
        to.newSubscriptions.push({ subscription, audit, most: parts.maxSubscriptions });
        to.members.put.push(membership.member("subscription", id, references));
      },
    },
  };
}

async function change(
  entry: SetupSubscription,
  stored: StoredSubscription,
  context: Context,
): Promise<Planned | undefined> {
  const { parts, scope, actor, membership } = context;
  const input = inputOf(entry);
  const profile = parts.profiles.named(input.profile ?? "standard", "profile");
  const isOtherProfile = profile.name !== readSettings(stored).profile;
  const given = entry.secret === undefined || entry.secret === null ? undefined : textOf(entry.secret);
  const [newest] = given === undefined ? [] : await signingSecrets(stored, parts);
  const secret = given === newest ? undefined : given;
  if (secret !== undefined) profile.decodeSecret(secret);
  const base = { ...blank(profile), url: stored.url, enabled: stored.enabled };
  const drafted = await redrafted(stored, input, base, parts, { getsSecret: secret !== undefined });
  const checked = new CheckedReceiver(parts);
  if (!drafted.keepsUrl || hasOtherNets(drafted.draft, stored)) await checked.check(scope, drafted.draft);

  const references = referencesOf(entry);
  const paused = entry.paused ?? stored.paused;
  const names = await headerNamesOf(stored, parts.secrets);
  const before = subscriptionForm(stored, names, parts.profiles);
  // A URL that is kept may be given masked, or not be known here in the form in which it is stored.
  const kept = drafted.keepsUrl ? { ...drafted.draft, url: stored.url } : drafted.draft;
  const content = withReferences(
    [...fieldDiff(before, formOf(kept, paused, parts)), ...hiddenChanges(stored, drafted)],
    references,
  );
  const isChanged = 0 < content.length;
  if (secret !== undefined) content.push({ field: "secret", before: stored.secrets[0]?.hint ?? MASKED, after: MASKED });
  const ofSet = membership.changes("subscription", stored.id, references);
  const action = actionOf(content, ofSet);
  if (action === undefined) return undefined;
  const graceMs = isOtherProfile ? 0 : context.graceMs;
  return {
    warnings: warningsOf(entry, drafted.draft, checked.warnings, context),
    planned: {
      change: { action, kind: "subscription", name: entry.name, id: stored.id, changes: joined(content, ofSet) },
      async write(to, put) {
        to.members.put.push(membership.member("subscription", stored.id, references));
        if (isChanged) {
          const { columns, hidden } = await changeTo(stored, drafted, put);
          const moved = { ...columns, paused };
          const changes = changesOf(stored, moved, names, hidden);
          const audit =
            changes && auditEntry(parts, actor, scope, { action: "subscription.update", id: stored.id, ...changes });
          to.changedSubscriptions.push({
            rowId: stored.rowId,
            change: { ...moved, updatedAt: parts.now() },
            ifUpdatedAt: stored.updatedAt,
            audit,
          });
        }
        if (secret !== undefined) to.rotations.push(await plannedRotation(stored, secret, graceMs, context, put));
      },
    },
  };
}

function deletion(
  stored: StoredSubscription,
  headerNames: readonly string[],
  { parts, scope, actor }: Context,
): PlannedChange {
  return {
    change: { action: "delete", kind: "subscription", name: stored.name, id: stored.id, changes: [] },
    async write(to) {
      const before = auditedSubscription(stored, headerNames);
      const audit = auditEntry(parts, actor, scope, { action: "subscription.delete", id: stored.id, before });
      to.deletedSubscriptions.push({ rowId: stored.rowId, audit });
      to.members.removed.push({ kind: "subscription", resource: stored.id });
    },
  };
}

function formOf(draft: SubscriptionDraft, paused: boolean, { profiles }: Pick<ServiceParts, "profiles">) {
  const columns = plainColumns(draft);
  return subscriptionForm({ ...columns, paused }, columns.headerNames ?? [], profiles);
}

/** What is masked on both sides and differs all the same. */
function hiddenChanges(
  stored: StoredSubscription,
  { draft, keepsUrl, headersBefore, headersAfter }: Awaited<ReturnType<typeof redrafted>>,
): FieldChange[] {
  const url = plainColumns(draft).url;
  const ofUrl = !keepsUrl && url === stored.url ? [{ field: "url", before: url ?? null, after: url ?? null }] : [];
  const ofHeaders = Object.keys(headersAfter)
    .filter((name) => Object.hasOwn(headersBefore, name) && headersBefore[name] !== headersAfter[name])
    .map((name) => ({ field: `headers.${name}`, before: MASKED, after: MASKED }));
  return [...ofUrl, ...ofHeaders];
}

/** What came by a reference is shown by it. */
function withReferences(changes: readonly FieldChange[], references: Readonly<Record<string, string>>): FieldChange[] {
  return changes.flatMap((one) => {
    if (one.field !== "headers" || one.after === undefined || one.after === null) {
      const reference = one.after === undefined ? undefined : references[one.field];
      return [reference === undefined ? one : { ...one, after: reference }];
    }
    const names = Object.keys(one.after);
    return names.map((name) => ({ field: `headers.${name}`, after: references[`headers.${name}`] ?? MASKED }));
  });
}

function hasOtherNets({ settings }: SubscriptionDraft, stored: StoredSubscription): boolean {
  const { allowNet, denyNet } = readSettings(stored);
  return JSON.stringify([allowNet, denyNet]) !== JSON.stringify([settings.allowNet, settings.denyNet]);
}

function warningsOf(
  { name }: SetupSubscription,
  { settings, events }: SubscriptionDraft,
  ofReceiver: readonly string[],
  { types }: Context,
): string[] {
  const version = settings.eventVersion;
  const ofVersion = version === undefined ? [] : versionWarningsAmong(types, version, events);
  const ofRotation = rotationWarnings(name, settings.rotateEveryMs);
  return [...ofReceiver, ...ofVersion, ...ofRotation].map((warning) => `subscription ${name}: ${warning}`);
}

function pinOfEntry({ name, event_version: version, events }: SetupSubscription): Pin[] {
  return version === undefined || version === null ? [] : [pin(name, version, events)];
}

/** What one that is there wants. */
export function pinOfStored(stored: StoredSubscription): Pin[] {
  const version = readSettings(stored).eventVersion;
  return version === undefined ? [] : [pin(stored.name === "" ? stored.id : stored.name, version, stored.events)];
}

function pin(name: string, version: string, events: readonly string[]): Pin {
  return { name, version, takes: (type) => events.some((pattern) => patternTakes(pattern, type)) };
}
