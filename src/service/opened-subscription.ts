import { parseNetList } from "../core/egress/net-list.ts";
import type { ReceiverRules } from "../core/egress/policy.ts";
import { HooksError, isHooksError } from "../core/errors.ts";
import { allowedLimit } from "../core/handshake.ts";
import type { Profile } from "../core/profiles/profile.ts";
import { BUILT_IN_PROFILES, type Profiles } from "../core/profiles/registry.ts";
import { quoted } from "../core/quoted.ts";
import type { Scope } from "../core/scope.ts";
import type { StatementKey } from "../core/signing/statement.ts";
import type { SigningSecret, Subscription } from "../core/subscription.ts";
import type { Sealed, StoredSubscription } from "../store/store.ts";
import { parseHeaders } from "./sealed-headers.ts";
import { type SecretStore, urlOwner } from "./secret-store.ts";
import { readSettings } from "./subscription-resource.ts";
import type { SubscriptionSettings } from "./subscription-settings.ts";

type Peeking = Pick<SecretStore, "peek">;
type Getting = Pick<SecretStore, "get">;

/** The secret texts of a subscription, in the order of `sealedTexts`. */
type Texts = readonly string[];

/**
 * With its secrets and headers, so far as they are at hand; undefined: something of it has to be asked for.
 * @throws HooksError `store_unusable` for one that does not open, `conflict` for a profile that this process has not
 */
export function peekSubscription(
  stored: StoredSubscription,
  secrets: Peeking,
  profiles: Profiles = BUILT_IN_PROFILES,
): Subscription | undefined {
  const texts: string[] = [];
  for (const { sealed, ownerId } of sealedTexts(stored)) {
    const text = secrets.peek(sealed, ownerId);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return opened(stored, texts, profiles);
}

/** @throws HooksError `store_unusable` for what does not open; `unavailable`: try again */
export async function openSubscription(
  stored: StoredSubscription,
  secrets: Getting,
  profiles: Profiles = BUILT_IN_PROFILES,
): Promise<Subscription> {
  return opened(
    stored,
    await Promise.all(sealedTexts(stored).map(({ sealed, ownerId }) => secrets.get(sealed, ownerId))),
    profiles,
  );
}

/** Everything of it that is kept secret. */
export function sealedTexts({ id, urlSealed, headers, secrets }: StoredSubscription): SealedText[] {
  return [
    ...(urlSealed === undefined ? [] : [{ sealed: urlSealed, ownerId: urlOwner(id) }]),
    ...(headers === undefined ? [] : [{ sealed: headers, ownerId: id }]),
    ...secrets.map((secret) => ({ sealed: secret.sealed, ownerId: secret.id })),
  ];
}

export interface SealedText {
  sealed: Sealed;
  ownerId: string;
}

/** Who a subscription's receiver may be. */
export function receiverRules(
  { environment }: Scope,
  { allowNet, denyNet }: Pick<SubscriptionSettings, "allowNet" | "denyNet">,
): ReceiverRules {
  return {
    environment,
    allow: parseNetList(allowNet, "allow", "allow_net"),
    deny: parseNetList(denyNet, "deny", "deny_net"),
  };
}

function opened(stored: StoredSubscription, texts: Texts, profiles: Profiles): Subscription {
  const settings = readSettings(stored);
  const profile = profiles.find(settings.profile);
  if (profile === undefined) throw unknownProfile(settings.profile);
  const { handshake } = settings;
  const rest = [...texts];
  const url = stored.urlSealed === undefined ? stored.url : rest.shift();
  const headers = stored.headers === undefined ? {} : parseHeaders(rest.shift()!);
  return {
    rowId: stored.rowId,
    id: stored.id,
    scope: stored.scope,
    name: stored.name,
    description: settings.description,
    url,
    egress: receiverRules(stored.scope, settings),
    transport: stored.transport,
    events: stored.events,
    enabled: stored.enabled,
    disabledReason: stored.disabledReason,
    // What is not allowed yet waits, as that of a paused one does.
    paused: stored.paused || (handshake !== undefined && handshake.state !== "allowed"),
    profile: settings.profile,
    headers,
    secrets: stored.secrets
      .map(({ id, createdAt, expiresAt }, index) => ({
        createdAt,
        secret: { id, key: keyOf(profile, rest[index]!, expiresAt), expiresAt },
      }))
      .filter((one): one is { createdAt: number; secret: SigningSecret } => one.secret.key !== undefined)
      .sort((one, other) => other.createdAt - one.createdAt)
      .map(({ secret }) => secret),
    retry: settings.retry,
    retryOn: settings.retryOn,
    on410: settings.on410,
    timeoutMs: settings.timeoutMs,
    concurrency: settings.concurrency,
    rateLimit: allowedLimit(settings.rateLimit, handshake),
    requestOrigin: handshake?.origin,
    autoDisable: {
      failures: stored.autoDisableFailures,
      minSpanMs: stored.autoDisableSpanMs,
      reEnable: settings.reEnable,
    },
    hasBreaker: settings.hasBreaker,
    breaker: stored.breaker,
    orderBy: settings.orderBy,
    eventVersion: settings.eventVersion,
    batch: settings.batch,
    excerptChars: settings.excerptChars,
    metadata: settings.metadata,
    sources: settings.sources,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
  };
}

/** Undefined: of an earlier profile, and of no use in this one; such a secret has ended, or no other profile was let in. */
function keyOf(profile: Profile, text: string, expiresAt: number | undefined): StatementKey | undefined {
  try {
    return profile.decodeSecret(text);
  } catch (error) {
    if (expiresAt === undefined || !isHooksError(error)) throw error;
    return undefined;
  }
}

/** Its deliveries wait, as those of one whose secrets do not open. */
function unknownProfile(name: string): HooksError {
  return new HooksError("conflict", `profile ${quoted(name)} is not defined here`, {
    field: "profile",
    hint: "name the file that defines it: hooks serve --profiles FILE, or HOOKS_PROFILES",
  });
}
