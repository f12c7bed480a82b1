import { parseDuration } from "../core/duration.ts";
import { invalid } from "../core/errors.ts";
import { toIso } from "../core/instant.ts";
import type { Actor } from "../core/key.ts";
import type { RotationReason } from "../core/operational-event.ts";
import type { Scope } from "../core/scope.ts";
import {
  ROTATION_GRACE_MAX_MS,
  type SecretsRotated,
  type SecretsRotation,
  type SubscriptionWithSecret,
} from "../core/subscription.ts";
import type { NewAuditEntry } from "../store/admin-store.ts";
import type { SecretRotation, StoredSubscription } from "../store/store.ts";
import { auditEntry } from "./audit-trail.ts";
import { findSubscription, naming } from "./find-by-reference.ts";
import { wakeOperationalTakers } from "./operational-takers.ts";
import { dropAll, endedSecrets, newSecret, putSecret, sealed } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readSettings, subscriptionResource } from "./subscription-resource.ts";

const GRACE_DEFAULT = "24h";
/** In one commit. */
const MAX_NAMED = 10_000;

/** Who rotates what is too old. */
const DAEMON: Actor = { keyId: undefined, name: "daemon", from: "rotate_every" };

/** New signing secrets: the old ones sign beside them until the grace is over. */
export class SecretRotations {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async rotateOne(
    scope: Scope,
    reference: string,
    options: { grace?: string | undefined; secret?: string | undefined },
    actor: Actor,
  ): Promise<SubscriptionWithSecret> {
    const graceMs = parseGrace(options.grace);
    const stored = await findSubscription(this.#parts.store, scope, reference);
    const [rotated] = await this.#rotate([stored], { graceMs, given: options.secret, reason: "by_hand", actor });
    return rotated!;
  }

  /** All that have a URL, or those named. A listener gets its own secrets when it connects: it is named or left alone. */
  async rotate(scope: Scope, { grace, subscriptions }: SecretsRotation, actor: Actor): Promise<SecretsRotated> {
    const graceMs = parseGrace(grace);
    const stored =
      subscriptions === undefined
        ? (await this.#parts.store.loadSubscriptions(scope)).filter(({ transport }) => transport === "http")
        : await this.#named(scope, subscriptions);
    return { data: await this.#rotate(stored, { graceMs, reason: "by_hand", actor }), next_cursor: null };
  }

  /**
   * Because of its age. Nothing is done when another process did it, or somebody by hand, since `stored` was read; then
   * the answer is false.
   */
  async rotateByAge(stored: StoredSubscription, everyMs: number): Promise<boolean> {
    const graceMs = graceOfAge(everyMs);
    const rotated = await this.#rotate([stored], {
      graceMs,
      reason: "age",
      onlyIfNewest: stored.secrets[0]?.id,
      actor: DAEMON,
    });
    return rotated.length === 1;
  }

  async #named(scope: Scope, references: readonly string[]): Promise<StoredSubscription[]> {
    if (references.length === 0 || MAX_NAMED < references.length)
      throw invalid("subscriptions", `subscriptions must name 1 to ${MAX_NAMED.toLocaleString("en")} of them`);
    const found = new Map<number, StoredSubscription>();
    for (const [index, reference] of references.entries()) {
      const stored = await naming(`subscriptions[${index}]`, () =>
        findSubscription(this.#parts.store, scope, reference),
      );
      found.set(stored.rowId, stored);
    }
    return [...found.values()];
  }

  /** Those that were rotated, each with its new secret. */
  async #rotate(
    all: readonly StoredSubscription[],
    how: {
      graceMs: number;
      given?: string | undefined;
      reason: RotationReason;
      onlyIfNewest?: string | undefined;
      actor: Actor;
    },
  ): Promise<SubscriptionWithSecret[]> {
    if (all.length === 0) return [];
    const { store, secrets, profiles, random, newId, now } = this.#parts;
    const texts = all.map((one) => newSecret(profiles.named(readSettings(one).profile, "profile"), how.given, random));
    const at = now();
    const rotated = await sealed(secrets, async (put) => {
      const rotations = await Promise.all(
        all.map(
          async (one, index): Promise<SecretRotation> => ({
            subscriptionRowId: one.rowId,
            secret: await putSecret(texts[index]!, newId("sec"), at, put),
            oldEndsAt: at + how.graceMs,
            reason: how.reason,
            onlyIfNewest: how.onlyIfNewest,
          }),
        ),
      );
      const audit = all.map((one, index) => this.#entry(one, rotations[index]!, how.actor));
      const rowIds = new Set(await store.rotateSecrets(rotations, at, audit));
      const unused = rotations.filter(({ subscriptionRowId }) => !rowIds.has(subscriptionRowId));
      await dropAll(
        secrets,
        unused.map(({ secret }) => ({ sealed: secret.sealed, ownerId: secret.id })),
      );
      return rowIds;
    });
    const answers: SubscriptionWithSecret[] = [];
    for (const [index, one] of all.entries()) {
      if (!rotated.has(one.rowId)) continue;
      await dropAll(secrets, endedSecrets(one, at));
      const answer = await this.#answer(one, texts[index]!);
      if (answer !== undefined) answers.push(answer);
    }
    if (0 < rotated.size) await this.#tell(all.filter((one) => rotated.has(one.rowId)));
    return answers;
  }

  #entry(stored: StoredSubscription, { secret, oldEndsAt }: SecretRotation, actor: Actor): NewAuditEntry {
    return auditEntry(this.#parts, actor, stored.scope, {
      action: "subscription.rotate_secret",
      id: stored.id,
      before: { secrets: stored.secrets.map(({ id, hint }) => ({ id, hint })) },
      after: { secret: { id: secret.id, hint: secret.hint }, old_end_at: toIso(oldEndsAt) },
    });
  }

  async #answer({ scope, id }: StoredSubscription, secret: string): Promise<SubscriptionWithSecret | undefined> {
    const stored = await this.#parts.store.findSubscription(scope, id);
    // Deleted at the same moment.
    if (stored === undefined) return undefined;
    return { ...(await subscriptionResource(stored, this.#parts)), secret };
  }

  async #tell(rotated: readonly StoredSubscription[]): Promise<void> {
    const { directory } = this.#parts;
    if (rotated.length === 1) {
      const [{ scope, id, rowId }] = rotated as [StoredSubscription];
      await directory.refresh(scope, id, rowId);
    } else await directory.reloadIfLoaded();
    wakeOperationalTakers(this.#parts, rotated[0]!.scope);
  }
}

/** Of a rotation by age, ms: never more than two sign at a time, however often they are changed. */
export function graceOfAge(everyMs: number): number {
  return Math.min(parseGrace(undefined), everyMs);
}

/** ms; 24 h where none is given. @throws HooksError `invalid_request` */
export function parseGrace(grace: string | undefined): number {
  return parseDuration(grace ?? GRACE_DEFAULT, "grace", { min: 0, max: ROTATION_GRACE_MAX_MS });
}
