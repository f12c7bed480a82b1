import { parseNetList } from "../core/egress/net-list.ts";
import type { ReceiverRules } from "../core/egress/policy.ts";
import { findProfile } from "../core/profiles/registry.ts";
import type { Scope } from "../core/scope.ts";
import type { Subscription } from "../core/subscription.ts";
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
 * @throws HooksError `store_unusable` for one that does not open
 */
export function peekSubscription(stored: StoredSubscription, secrets: Peeking): Subscription | undefined {
  const texts: string[] = [];
  for (const { sealed, ownerId } of sealedTexts(stored)) {
    const text = secrets.peek(sealed, ownerId);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return opened(stored, texts);
}

/** @throws HooksError `store_unusable` for what does not open; `unavailable`: try again */
export async function openSubscription(stored: StoredSubscription, secrets: Getting): Promise<Subscription> {
  return opened(
    stored,
    await Promise.all(sealedTexts(stored).map(({ sealed, ownerId }) => secrets.get(sealed, ownerId))),
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

function opened(stored: StoredSubscription, texts: Texts): Subscription {
  const settings = readSettings(stored);
  const profile = findProfile(settings.profile)!;
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
    paused: stored.paused,
    profile: settings.profile,
    headers,
    secrets: stored.secrets
      .map(({ id, createdAt, expiresAt }, index) => ({
        createdAt,
        secret: { id, key: profile.decodeSecret(rest[index]!), expiresAt },
      }))
      .sort((one, other) => other.createdAt - one.createdAt)
      .map(({ secret }) => secret),
    retry: settings.retry,
    retryOn: settings.retryOn,
    on410: settings.on410,
    timeoutMs: settings.timeoutMs,
    concurrency: settings.concurrency,
    rateLimit: settings.rateLimit,
    autoDisable: {
      failures: stored.autoDisableFailures,
      minSpanMs: stored.autoDisableSpanMs,
      reEnable: settings.reEnable,
    },
    hasBreaker: settings.hasBreaker,
    breaker: stored.breaker,
    orderBy: settings.orderBy,
    batch: settings.batch,
    excerptChars: settings.excerptChars,
    metadata: settings.metadata,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
  };
}
