import type { AuditAction } from "../core/audit.ts";
import { checkLimit, parseCursor, toPage } from "../core/cursor.ts";
import { parseDuration } from "../core/duration.ts";
import { HooksError, invalid } from "../core/errors.ts";
import { checkEventType, patternTakes } from "../core/event-pattern.ts";
import { healthState } from "../core/health.ts";
import type { Page, SubscriptionQuery, TestResult } from "../core/hooks-service.ts";
import type { Actor } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import type { SubscriptionInput, SubscriptionResource, SubscriptionWithSecret } from "../core/subscription.ts";
import type { StoredSubscription, SubscriptionChange } from "../store/store.ts";
import { auditEntry, type Deed } from "./audit-trail.ts";
import { auditedSubscription } from "./audited-subscription.ts";
import { cataloguedData } from "./catalogued-data.ts";
import { blank, draftOf } from "./draft-bases.ts";
import { findSubscription } from "./find-by-reference.ts";
import { refusedByReceiver } from "./handshakes.ts";
import { openSubscription, sealedTexts } from "./opened-subscription.ts";
import { wakeOperationalTakers } from "./operational-takers.ts";
import { CheckedReceiver } from "./receiver-check.ts";
import { rotationWarnings } from "./rotation-warning.ts";
import { headerNamesOf } from "./sealed-headers.ts";
import { dropAll, newSecret, sealed, signingSecrets } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";
import { type Change, onlyGiven, refuseMasked, replacedTexts, shownUrl } from "./subscription-columns.ts";
import { checkFilter } from "./subscription-filters.ts";
import {
  changesOf,
  changeTo,
  type HiddenChange,
  newSubscription,
  type Put,
  redrafted,
} from "./subscription-redraft.ts";
import { readSettings, subscriptionResource } from "./subscription-resource.ts";
import { draftSubscription } from "./subscription-settings.ts";
import { limitedSend } from "./test-limit.ts";
import { testSubscription } from "./test-subscription.ts";
import { versionWarnings } from "./version-warning.ts";

/** Of each round of changes at the same time one is stored, so this many must be in flight before the last gives up. */
const MOST_TRIES = 100;
/** It was checked when it was set. */
const ANY_AGE = { min: 0, max: Number.MAX_SAFE_INTEGER };

/** A change, and what `changesBetween` compares of it besides what is shown. */
interface Made {
  change: Change;
  hidden?: HiddenChange | undefined;
}

/** Create, change, read and delete subscriptions. */
export class Subscriptions {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async create(scope: Scope, input: SubscriptionInput, actor: Actor): Promise<SubscriptionWithSecret> {
    const { store, secrets, profiles, random, newId, now, maxSubscriptions } = this.#parts;
    if (input.url === undefined || input.url === null) throw invalid("url", "url is missing: where the events go");
    if (input.events === undefined)
      throw invalid("events", "events is missing: which event types it wants", 'for example: ["invoice.*"]');
    refuseMasked(input.url, undefined);
    await checkFilter(input.filter);
    const profile = profiles.named(input.profile ?? "standard", "profile");
    const draft = draftSubscription(input, blank(profile), profiles);
    const checked = new CheckedReceiver(this.#parts);
    await checked.check(scope, draft);
    const at = now();
    const id = newId("sub");
    const text = newSecret(profile, input.secret ?? undefined, random);
    const rowId = await sealed(secrets, async (put) => {
      const made = { id, scope, draft, secret: text, secretId: newId("sec"), at };
      const stored = await newSubscription(made, put);
      const after = auditedSubscription(stored, stored.headerNames ?? []);
      const entry = this.#entry(actor, scope, { action: "subscription.create", id, after });
      return store.insertSubscription(stored, entry, maxSubscriptions);
    });
    await this.#parts.directory.refresh(scope, id, rowId);
    const created = await this.get(scope, id);
    const ofVersion = await versionWarnings(this.#parts, scope, created);
    return withWarnings({ ...created, secret: text }, [...checked.warnings, ...ofVersion, ...ofRotation(created)]);
  }

  async list(scope: Scope, query: SubscriptionQuery): Promise<Page<SubscriptionResource>> {
    const limit = checkLimit(query.limit);
    const before = parseCursor(query.cursor);
    if (query.event !== undefined) checkEventType(query.event, "event");
    const wanted = query.q?.toLowerCase();
    const found = (await this.#parts.store.loadSubscriptions(scope)).filter((one) => {
      if (before !== undefined && before <= one.rowId) return false;
      if (query.enabled !== undefined && one.enabled !== query.enabled) return false;
      if (query.event !== undefined && !one.events.some((pattern) => patternTakes(pattern, query.event!))) return false;
      if (
        query.health !== undefined &&
        healthState(one.health, one.enabled, this.#parts.healthThresholds) !== query.health
      )
        return false;
      const settings = readSettings(one);
      if (query.profile !== undefined && settings.profile !== query.profile) return false;
      return (
        wanted === undefined ||
        `${one.name}\n${settings.description}\n${shownUrl(one) ?? ""}`.toLowerCase().includes(wanted)
      );
    });
    const { data, next_cursor } = toPage(found.reverse(), limit, (one) => this.#resource(one));
    return { data: await Promise.all(data), next_cursor };
  }

  async get(scope: Scope, reference: string): Promise<SubscriptionResource> {
    return this.#resource(await findSubscription(this.#parts.store, scope, reference));
  }

  async update(
    scope: Scope,
    reference: string,
    patch: Partial<SubscriptionInput>,
    actor: Actor,
  ): Promise<SubscriptionResource> {
    const checked = new CheckedReceiver(this.#parts);
    const changed = await this.#redraft(scope, reference, actor, "subscription.update", async (stored, put) => {
      const drafted = await redrafted(stored, patch, draftOf(stored), this.#parts);
      if (movesReceiver(patch)) await checked.check(scope, drafted.draft);
      const { columns, hidden } = await changeTo(stored, drafted, put);
      return { change: onlyGiven(columns, patch), hidden };
    });
    const ofVersion = patch.event_version === undefined ? [] : await versionWarnings(this.#parts, scope, changed);
    const ofAge = patch.rotate_every === undefined ? [] : ofRotation(changed);
    return withWarnings(changed, [...checked.warnings, ...ofVersion, ...ofAge]);
  }

  /** What is not given goes back to its default; the secret stays (rotate changes it), and what makes it a listener's. */
  async replace(
    scope: Scope,
    reference: string,
    input: SubscriptionInput,
    actor: Actor,
  ): Promise<SubscriptionResource> {
    const checked = new CheckedReceiver(this.#parts);
    const changed = await this.#redraft(scope, reference, actor, "subscription.update", async (stored, put) => {
      if (input.events === undefined) throw invalid("events", "events is missing: which event types it wants");
      if (stored.transport === "http" && (input.url === undefined || input.url === null))
        throw invalid("url", "url is missing: where the events go");
      const profile = this.#parts.profiles.named(input.profile ?? "standard", "profile");
      const defaults = blank(profile);
      const { sources, session } = readSettings(stored);
      const base = { ...defaults, url: stored.url, settings: { ...defaults.settings, sources, session } };
      const drafted = await redrafted(stored, input, base, this.#parts);
      await checked.check(scope, drafted.draft);
      const { columns, hidden } = await changeTo(stored, drafted, put);
      return { change: columns, hidden };
    });
    const ofVersion = await versionWarnings(this.#parts, scope, changed);
    return withWarnings(changed, [...checked.warnings, ...ofVersion, ...ofRotation(changed)]);
  }

  async delete(scope: Scope, reference: string, actor: Actor): Promise<void> {
    const stored = await findSubscription(this.#parts.store, scope, reference);
    const before = auditedSubscription(stored, await headerNamesOf(stored, this.#parts.secrets));
    const audit = this.#entry(actor, scope, { action: "subscription.delete", id: stored.id, before });
    await this.#parts.store.deleteSubscription(stored.rowId, this.#parts.now(), audit);
    await this.#parts.directory.refresh(scope, stored.id, stored.rowId);
    await dropAll(this.#parts.secrets, sealedTexts(stored));
  }

  enable(scope: Scope, reference: string, actor: Actor): Promise<SubscriptionResource> {
    return this.#switch(scope, reference, { enabled: true, disabledReason: undefined }, actor, "subscription.enable");
  }

  disable(scope: Scope, reference: string, actor: Actor): Promise<SubscriptionResource> {
    return this.#switch(scope, reference, { enabled: false, disabledReason: "by_hand" }, actor, "subscription.disable");
  }

  pause(scope: Scope, reference: string, actor: Actor): Promise<SubscriptionResource> {
    return this.#switch(scope, reference, { paused: true }, actor, "subscription.pause");
  }

  resume(scope: Scope, reference: string, actor: Actor): Promise<SubscriptionResource> {
    return this.#switch(scope, reference, { paused: false }, actor, "subscription.resume");
  }

  async test(
    scope: Scope,
    reference: string,
    options: { type?: string | undefined; data?: Uint8Array | undefined },
  ): Promise<TestResult> {
    const parts = this.#parts;
    const stored = await findSubscription(parts.store, scope, reference);
    const limited = { ...parts, send: limitedSend(parts, stored.id) };
    const refused = await refusedByReceiver(stored, limited);
    if (refused !== undefined) return refused;
    const subscription = await openSubscription(stored, parts.secrets, parts.profiles);
    const { type } = options;
    if (type === undefined || options.data !== undefined) return testSubscription(subscription, options, limited);
    const { eventVersion } = readSettings(stored);
    const data = await cataloguedData(parts.catalogue, scope, checkEventType(type, "type"), eventVersion);
    return testSubscription(subscription, { type, data }, limited);
  }

  /** The secrets that sign now, newest first: for the owner of the store file only, never over HTTP. */
  async secretsOf(scope: Scope, reference: string): Promise<string[]> {
    const stored = await findSubscription(this.#parts.store, scope, reference);
    return signingSecrets(stored, this.#parts);
  }

  /** The same for somebody to see. What was shown is never missing in the record: it is written before. */
  async showSecrets(scope: Scope, reference: string, actor: Actor): Promise<string[]> {
    const { id, secrets } = await this.get(scope, reference);
    const texts = await this.secretsOf(scope, id);
    const after = { secrets: secrets.map(({ id: secretId, hint }) => ({ id: secretId, hint })) };
    const audit = this.#entry(actor, scope, { action: "subscription.show_secret", id, after });
    await this.#parts.store.admin.appendAudit(audit);
    return texts;
  }

  async #switch(
    scope: Scope,
    reference: string,
    change: Omit<SubscriptionChange, "updatedAt">,
    actor: Actor,
    action: AuditAction,
  ): Promise<SubscriptionResource> {
    return this.#redraft(scope, reference, actor, action, async () => ({ change }));
  }

  /**
   * A change that is made of what is stored. When somebody else changes that meanwhile, it is made anew of what they left.
   * @throws HooksError `conflict` when others are always faster
   */
  async #redraft(
    scope: Scope,
    reference: string,
    actor: Actor,
    action: AuditAction,
    make: (stored: StoredSubscription, put: Put) => Promise<Made>,
  ): Promise<SubscriptionResource> {
    const { store, secrets } = this.#parts;
    let stored = await findSubscription(store, scope, reference);
    const write = () => sealed(secrets, async (put) => this.#store(stored, await make(stored, put), actor, action));
    for (let tries = 1; !(await write()); tries++) {
      if (MOST_TRIES <= tries) {
        throw new HooksError(
          "conflict",
          "the subscription is being changed by others all the time: nothing was changed",
          {
            field: "id",
            hint: "try again",
          },
        );
      }
      // By its id: its name may be what was changed.
      stored = await findSubscription(store, scope, stored.id);
    }
    await dropAll(secrets, replacedTexts(stored, await store.findSubscription(scope, stored.id)));
    return this.get(scope, stored.id);
  }

  /** False when it was changed since it was read: nothing is stored then. */
  async #store(
    stored: StoredSubscription,
    { change, hidden }: Made,
    actor: Actor,
    action: AuditAction,
  ): Promise<boolean> {
    const { store, now, directory, secrets } = this.#parts;
    const changes = changesOf(stored, change, await headerNamesOf(stored, secrets), hidden);
    const audit =
      changes === undefined ? undefined : this.#entry(actor, stored.scope, { action, id: stored.id, ...changes });
    const moved = { ...change, updatedAt: now() };
    const outcome = await store.updateSubscription(stored.rowId, moved, audit, stored.updatedAt);
    if (outcome === "missing") throw new HooksError("not_found", `no subscription "${stored.id}"`, { field: "id" });
    if (outcome === "overtaken") return false;
    await directory.refresh(stored.scope, stored.id, stored.rowId);
    if (change.enabled !== undefined) wakeOperationalTakers(this.#parts, stored.scope);
    return true;
  }

  #entry(actor: Actor, scope: Scope, deed: Deed) {
    return auditEntry(this.#parts, actor, scope, deed);
  }

  #resource(stored: StoredSubscription): Promise<SubscriptionResource> {
    return subscriptionResource(stored, this.#parts);
  }
}

/** Whether a patch says anew who is sent to. Null only takes a list of the subscription's own away. */
function movesReceiver({ url, allow_net: allow, deny_net: deny }: Partial<SubscriptionInput>): boolean {
  return [url, allow, deny].some((given) => given !== undefined && given !== null);
}

/** A listener gets its secrets when it connects. */
function ofRotation({ id, name, transport, rotate_every: every }: SubscriptionResource): string[] {
  if (every === null || transport !== "http") return [];
  return rotationWarnings(name === "" ? id : name, parseDuration(every, "rotate_every", ANY_AGE));
}

function withWarnings<T extends SubscriptionResource>(resource: T, warnings: readonly string[]): T {
  return warnings.length === 0 ? resource : { ...resource, warnings: [...warnings] };
}
