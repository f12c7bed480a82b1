import { type AuditAction, changesBetween } from "../core/audit.ts";
import { checkLimit, formatCursor, parseCursor } from "../core/cursor.ts";
import { parseDuration } from "../core/duration.ts";
import { HooksError, invalid } from "../core/errors.ts";
import { checkEventType, patternTakes } from "../core/event-pattern.ts";
import { healthState } from "../core/health.ts";
import type { Page, SubscriptionQuery, TestResult } from "../core/hooks-service.ts";
import { toIso } from "../core/instant.ts";
import type { Actor } from "../core/key.ts";
import type { Profile } from "../core/profiles/profile.ts";
import { findProfile } from "../core/profiles/registry.ts";
import type { Scope } from "../core/scope.ts";
import type { SubscriptionInput, SubscriptionResource, SubscriptionWithSecret } from "../core/subscription.ts";
import type { StoredSubscription, SubscriptionChange } from "../store/store.ts";
import { auditEntry, type Deed } from "./audit-trail.ts";
import { auditedSubscription } from "./audited-subscription.ts";
import { findSubscription } from "./find-by-reference.ts";
import { wakeOperationalTakers } from "./operational-takers.ts";
import { CheckedReceiver } from "./receiver-check.ts";
import { checkSealingKey, newSecret, sealSecret } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";
import { openHeaders, openSubscription } from "./subscription-directory.ts";
import { readSettings, toSubscriptionResource } from "./subscription-resource.ts";
import {
  AUTO_DISABLE_DEFAULT,
  defaultSettings,
  draftSubscription,
  type SubscriptionDraft,
} from "./subscription-settings.ts";
import { testSubscription } from "./test-subscription.ts";

const GRACE_DEFAULT = "24h";
const GRACE_MAX_MS = 30 * 86_400_000;
/** Of each round of changes at the same time one is stored, so this many must be in flight before the last gives up. */
const MOST_TRIES = 100;

/** Create, change, read and delete subscriptions. */
export class Subscriptions {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async create(scope: Scope, input: SubscriptionInput, actor: Actor): Promise<SubscriptionWithSecret> {
    const { store, newId, now } = this.#parts;
    if (input.url === undefined || input.url === null) throw invalid("url", "url is missing: where the events go");
    if (input.events === undefined)
      throw invalid("events", "events is missing: which event types it wants", 'for example: ["invoice.*"]');
    const profile = findProfile(input.profile ?? "standard");
    const draft = draftSubscription(input, blank(profile));
    const checked = new CheckedReceiver(this.#parts);
    await checked.check(scope, draft);
    await checkSealingKey(this.#parts);
    const at = now();
    const id = newId("sub");
    const text = this.#newSecret(draft.settings.profile, input.secret ?? undefined);
    const secret = sealSecret(text, at, this.#parts);
    const stored = {
      id,
      scope,
      transport: "http" as const,
      ...this.#columns(id, draft),
      disabledReason: draft.enabled ? undefined : ("by_hand" as const),
      paused: false,
      secrets: [secret],
      session: undefined,
      createdAt: at,
      updatedAt: at,
    };
    const after = auditedSubscription(stored, this.#parts.vault).shown;
    const audit = this.#entry(actor, scope, { action: "subscription.create", id, after });
    const rowId = await store.insertSubscription(stored, audit);
    await this.#parts.directory.refresh(scope, id, rowId);
    return withWarnings({ ...(await this.get(scope, id)), secret: text }, checked.warnings);
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
        wanted === undefined || `${one.name}\n${settings.description}\n${one.url ?? ""}`.toLowerCase().includes(wanted)
      );
    });
    const page = found.reverse().slice(0, limit);
    const last = page.at(-1);
    return {
      data: page.map((one) => this.#resource(one)),
      next_cursor: last !== undefined && page.length < found.length ? formatCursor(last.rowId) : null,
    };
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
    const changed = await this.#redraft(scope, reference, actor, "subscription.update", async (stored) => {
      const draft = this.#redrafted(stored, patch, this.#draftOf(stored));
      if (movesReceiver(patch)) await checked.check(scope, draft);
      return onlyGiven(this.#changeTo(stored, draft), patch);
    });
    return withWarnings(changed, checked.warnings);
  }

  /** What is not given goes back to its default; the secret stays (rotate changes it). */
  async replace(
    scope: Scope,
    reference: string,
    input: SubscriptionInput,
    actor: Actor,
  ): Promise<SubscriptionResource> {
    const checked = new CheckedReceiver(this.#parts);
    const changed = await this.#redraft(scope, reference, actor, "subscription.update", async (stored) => {
      if (input.events === undefined) throw invalid("events", "events is missing: which event types it wants");
      if (stored.transport === "http" && (input.url === undefined || input.url === null))
        throw invalid("url", "url is missing: where the events go");
      const profile = findProfile(input.profile ?? "standard");
      const base = { ...blank(profile), headers: openHeaders(stored, this.#parts.vault) };
      const draft = this.#redrafted(stored, input, base, input.headers === undefined);
      await checked.check(scope, draft);
      return this.#changeTo(stored, draft);
    });
    return withWarnings(changed, checked.warnings);
  }

  async delete(scope: Scope, reference: string, actor: Actor): Promise<void> {
    const stored = await findSubscription(this.#parts.store, scope, reference);
    const before = auditedSubscription(stored, this.#parts.vault).shown;
    const audit = this.#entry(actor, scope, { action: "subscription.delete", id: stored.id, before });
    await this.#parts.store.deleteSubscription(stored.rowId, this.#parts.now(), audit);
    await this.#parts.directory.refresh(scope, stored.id, stored.rowId);
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

  async rotateSecret(
    scope: Scope,
    reference: string,
    options: { grace?: string | undefined; secret?: string | undefined },
    actor: Actor,
  ): Promise<SubscriptionWithSecret> {
    const stored = await findSubscription(this.#parts.store, scope, reference);
    await checkSealingKey(this.#parts);
    const graceMs = parseDuration(options.grace ?? GRACE_DEFAULT, "grace", { min: 0, max: GRACE_MAX_MS });
    const at = this.#parts.now();
    const text = this.#newSecret(readSettings(stored).profile, options.secret);
    const secret = sealSecret(text, at, this.#parts);
    const audit = this.#entry(actor, scope, {
      action: "subscription.rotate_secret",
      id: stored.id,
      before: { secrets: stored.secrets.map(({ id, hint }) => ({ id, hint })) },
      after: { secret: { id: secret.id, hint: secret.hint }, old_end_at: toIso(at + graceMs) },
    });
    await this.#parts.store.rotateSecret(stored.rowId, secret, at + graceMs, at, audit);
    await this.#parts.directory.refresh(scope, stored.id, stored.rowId);
    return { ...(await this.get(scope, stored.id)), secret: text };
  }

  async test(
    scope: Scope,
    reference: string,
    options: { type?: string | undefined; data?: Uint8Array | undefined },
  ): Promise<TestResult> {
    const stored = await findSubscription(this.#parts.store, scope, reference);
    return testSubscription(openSubscription(stored, this.#parts.vault), options, this.#parts);
  }

  /** The secrets that sign now, newest first: for the owner of the store file only, never over HTTP. */
  async secretsOf(scope: Scope, reference: string): Promise<string[]> {
    const stored = await findSubscription(this.#parts.store, scope, reference);
    const at = this.#parts.now();
    return stored.secrets
      .filter((secret) => secret.expiresAt === undefined || at < secret.expiresAt)
      .toSorted((one, other) => other.createdAt - one.createdAt)
      .map((secret) => this.#parts.vault.open(secret.sealed, secret.id));
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
    return this.#redraft(scope, reference, actor, action, async () => change);
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
    change: (stored: StoredSubscription) => Promise<Omit<SubscriptionChange, "updatedAt">>,
  ): Promise<SubscriptionResource> {
    let stored = await findSubscription(this.#parts.store, scope, reference);
    for (let tries = 1; !(await this.#store(stored, await change(stored), actor, action)); tries++) {
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
      stored = await findSubscription(this.#parts.store, scope, stored.id);
    }
    return this.get(scope, stored.id);
  }

  #redrafted(
    stored: StoredSubscription,
    input: Partial<SubscriptionInput>,
    base: SubscriptionDraft,
    dropHeaders = false,
  ): SubscriptionDraft {
    if (stored.transport === "tunnel" && input.url !== undefined && input.url !== null) {
      throw invalid("url", "url may not be set: this subscription goes through a listener's tunnel");
    }
    if (stored.transport === "tunnel" && input.batch !== undefined && input.batch !== null) {
      throw invalid("batch", "batch may not be set: a listener gets its events one by one");
    }
    if (input.secret !== undefined && input.secret !== null) {
      throw invalid("secret", "secret may not be changed here", `hooks sub rotate-secret ${stored.id} --secret …`);
    }
    const { url, ...rest } = input;
    const draft = draftSubscription(url === undefined || url === null ? rest : input, base);
    if (dropHeaders) draft.headers = {};
    return draft;
  }

  #changeTo(stored: StoredSubscription, draft: SubscriptionDraft): Omit<SubscriptionChange, "updatedAt"> {
    const turnsOff = stored.enabled && !draft.enabled;
    const disabledReason = draft.enabled ? undefined : turnsOff ? "by_hand" : stored.disabledReason;
    return { ...this.#columns(stored.id, draft), disabledReason };
  }

  /** False when it was changed since it was read: nothing is stored then. */
  async #store(
    stored: StoredSubscription,
    change: Omit<SubscriptionChange, "updatedAt">,
    actor: Actor,
    action: AuditAction,
  ): Promise<boolean> {
    const { store, now, directory, vault } = this.#parts;
    const was = auditedSubscription(stored, vault);
    const is = auditedSubscription({ ...stored, ...change }, vault);
    const changes = changesBetween(was.shown, is.shown, { before: was.hidden, after: is.hidden });
    const audit = this.#entry(actor, stored.scope, { action, id: stored.id, ...changes });
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

  #draftOf(stored: StoredSubscription): SubscriptionDraft {
    return {
      url: stored.url,
      events: stored.events,
      name: stored.name,
      enabled: stored.enabled,
      headers: openHeaders(stored, this.#parts.vault),
      autoDisable: { failures: stored.autoDisableFailures, minSpanMs: stored.autoDisableSpanMs },
      settings: readSettings(stored),
    };
  }

  #columns(id: string, draft: SubscriptionDraft) {
    return {
      name: draft.name,
      url: draft.url,
      events: draft.events,
      enabled: draft.enabled,
      autoDisableFailures: draft.autoDisable.failures,
      autoDisableSpanMs: draft.autoDisable.minSpanMs,
      headers:
        Object.keys(draft.headers).length === 0 ? undefined : this.#parts.vault.seal(JSON.stringify(draft.headers), id),
      settings: JSON.stringify(draft.settings),
    };
  }

  #resource(stored: StoredSubscription): SubscriptionResource {
    const headerNames = Object.keys(openHeaders(stored, this.#parts.vault));
    return toSubscriptionResource(stored, headerNames, this.#parts.now(), this.#parts.healthThresholds);
  }

  /** @throws HooksError `invalid_request` (field `secret`) when the given one is not in the profile's form. */
  #newSecret(profileName: string, given: string | undefined): string {
    return newSecret(findProfile(profileName)!, given, this.#parts.random);
  }
}

/** Whether a patch says anew who is sent to. Null only takes a list of the subscription's own away. */
function movesReceiver({ url, allow_net: allow, deny_net: deny }: Partial<SubscriptionInput>): boolean {
  return [url, allow, deny].some((given) => given !== undefined && given !== null);
}

function withWarnings<T extends SubscriptionResource>(resource: T, warnings: readonly string[]): T {
  return warnings.length === 0 ? resource : { ...resource, warnings: [...warnings] };
}

function blank(profile: Profile | undefined): SubscriptionDraft {
  const settings = defaultSettings(profile ?? findProfile("standard")!);
  return {
    url: undefined,
    events: [],
    name: "",
    enabled: true,
    headers: {},
    autoDisable: AUTO_DISABLE_DEFAULT,
    settings,
  };
}

/** Fields of the input that have columns of their own; all others are in `settings`. */
const COLUMNS_OF: Readonly<Record<string, readonly (keyof SubscriptionChange)[]>> = {
  name: ["name"],
  url: ["url"],
  events: ["events"],
  enabled: ["enabled", "disabledReason"],
  headers: ["headers"],
  auto_disable: ["autoDisableFailures", "autoDisableSpanMs", "settings"],
};

/** Of a patch only what it names is written: whoever changes another field at the same time loses nothing. */
function onlyGiven(
  columns: Omit<SubscriptionChange, "updatedAt">,
  input: Partial<SubscriptionInput>,
): Omit<SubscriptionChange, "updatedAt"> {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const names = new Set(given.flatMap(([field]) => COLUMNS_OF[field] ?? ["settings" as const]));
  return Object.fromEntries(Object.entries(columns).filter(([name]) => names.has(name as keyof SubscriptionChange)));
}
