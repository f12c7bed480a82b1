import type { Attempt } from "../core/attempt.ts";
import { batchIdOf } from "../core/batch-id.ts";
import type { ClaimedEvent, PayloadAs } from "../core/delivery.ts";
import { isHooksError } from "../core/errors.ts";
import type { Profile, ProfileRequest, ProfileRequestContext } from "../core/profiles/profile.ts";
import { BUILT_IN_PROFILES } from "../core/profiles/registry.ts";
import type { SigningSecret } from "../core/subscription.ts";
import type { StoredSource } from "../store/source-store.ts";
import type { StoredDelivery, StoredEvent, StoredSubscription } from "../store/store.ts";
import { openSubscription } from "./opened-subscription.ts";
import type { ServiceParts } from "./service-parts.ts";
import { maskedBody } from "./shown-secrets.ts";
import { openSecrets, type SourceSecrets } from "./stored-source.ts";
import { readSettings } from "./subscription-resource.ts";
import type { SubscriptionSettings } from "./subscription-settings.ts";

export interface Payload {
  body: Uint8Array;
  as: PayloadAs;
}

type Parts = Pick<ServiceParts, "store" | "catalogue" | "secrets" | "profiles">;
type Build = (context: ProfileRequestContext, event: ClaimedEvent) => ProfileRequest;

/** Between the moment that a request names and the one at which its attempt began, ms. */
const MOST_APART_MS = 60_000;

/**
 * The body of a delivery's last request. Bodies are not kept with attempts; it is made again from the event and from the
 * subscription as it is now, and it is the one that was sent when a secret gives it the very signature that is on record
 * with the attempt. Without that (settings changed since, the secret is gone, other events went with it) nobody can know.
 */
export async function payloadOf(
  delivery: StoredDelivery,
  event: StoredEvent,
  attempts: readonly Attempt[],
  parts: Parts,
): Promise<Payload> {
  const stored = await parts.store.why.findSubscription(delivery.subscriptionRowId);
  const settings = stored === undefined ? undefined : readSettings(stored);
  const sent = attempts.findLast(({ bytesSent }) => 0 < bytesSent);
  const original = settings?.sources === undefined ? undefined : await originalOf(event, sent, parts);
  if (original !== undefined) return original;
  // One of a profile that is not defined here is shown in the standard form.
  const profile = settings === undefined ? undefined : parts.profiles.find(settings.profile);
  const build = builderOf(delivery, settings, profile ?? BUILT_IN_PROFILES.named("standard", "profile"));
  const context: ProfileRequestContext = {
    subscription: {
      id: delivery.subscriptionId,
      name: stored?.name ?? "",
      scope: delivery.scope,
      headers: {},
      secrets: [],
      url: stored?.url,
    },
    sentAt: sent?.startedAt ?? delivery.lastAttemptAt ?? delivery.createdAt,
    userAgent: "",
  };
  const wanted = await asWanted(event, settings?.eventVersion, parts);
  const rebuilt = build(context, wanted).body;
  if (sent === undefined) return { body: rebuilt, as: "unsent" };
  const subscription = stored === undefined ? undefined : await opened(stored, parts);
  if (subscription === undefined) return { body: rebuilt, as: "rebuilt" };
  const proven = provenBody(sent, subscription.secrets, wanted, (one, sentAt, of) =>
    build({ ...context, sentAt, subscription: { ...context.subscription, url: subscription.url, secrets: one } }, of),
  );
  return proven === undefined ? { body: rebuilt, as: "rebuilt" } : { body: proven, as: "sent" };
}

/** Of a batch its own part: which others went with it is different each time. */
function builderOf(
  { id: deliveryId, createdAt: madeAt }: StoredDelivery,
  settings: SubscriptionSettings | undefined,
  profile: Profile,
): Build {
  return settings?.batch === undefined
    ? (context, event) => profile.build({ event, deliveryId, madeAt, ...context })
    : (context, event) =>
        profile.buildBatch({ id: batchIdOf([deliveryId]), deliveries: [{ event, deliveryId, madeAt }], ...context });
}

/** As it was published where there is no way to that version any more. */
async function asWanted(
  event: StoredEvent,
  eventVersion: string | undefined,
  { catalogue }: Parts,
): Promise<ClaimedEvent> {
  if (eventVersion === undefined) return event;
  await catalogue.load();
  try {
    return catalogue.asWanted(event, { scope: event.scope, eventVersion });
  } catch (error) {
    if (isHooksError(error)) return event;
    throw error;
  }
}

/** Undefined: none of its secrets is there, or they do not open here. */
async function opened(
  stored: StoredSubscription,
  { secrets, profiles }: Parts,
): Promise<{ url: string | undefined; secrets: readonly SigningSecret[] } | undefined> {
  if (stored.secrets.length === 0) return undefined;
  try {
    return await openSubscription(stored, secrets, profiles);
  } catch (error) {
    if (isHooksError(error)) return undefined;
    throw error;
  }
}

/** A third party's own request, which the listener of its source was handed: that never changes. */
async function originalOf(
  { scope, id }: StoredEvent,
  sent: Attempt | undefined,
  { store, secrets }: Parts,
): Promise<Payload | undefined> {
  const row = await store.sources.findOfEvent(scope, id);
  if (row?.body === undefined) return undefined;
  const source = (await store.sources.load(scope)).find(({ rowId }) => rowId === row.sourceRowId);
  if (source === undefined) return undefined;
  const own = await secretsOf(source, secrets);
  // What is secret in it cannot be told from the rest: nothing of it is shown, what else is known of the delivery is.
  if (own === undefined) return { body: new Uint8Array(), as: "rebuilt" };
  const body = maskedBody(row.body, own);
  if (sent === undefined) return { body, as: "unsent" };
  return { body, as: sent.bytesSent === row.body.length && body.equals(row.body) ? "sent" : "rebuilt" };
}

/** Undefined: they do not open here, or where they are kept does not answer. */
async function secretsOf(source: StoredSource, secrets: Parts["secrets"]): Promise<SourceSecrets | undefined> {
  try {
    return await openSecrets(source, secrets);
  } catch (error) {
    if (isHooksError(error)) return undefined;
    throw error;
  }
}

/**
 * The body that has, with one of these secrets, the signature that the attempt has on record. `build` with no secrets
 * makes a preview: whatever headers the secret adds are those of the signature.
 */
function provenBody(
  { startedAt, requestHeaders }: Attempt,
  secrets: readonly SigningSecret[],
  event: ClaimedEvent,
  build: (secrets: readonly SigningSecret[], sentAt: number, event: ClaimedEvent) => ProfileRequest,
): Uint8Array | undefined {
  const recorded = new Set(requestHeaders.flatMap(([, value]) => tokensOf(value)));
  const other: ClaimedEvent = { ...event, data: Buffer.from("null"), metadata: undefined };
  for (const sentAt of momentsOf(startedAt, requestHeaders)) {
    for (const { id, key } of secrets) {
      const one: SigningSecret[] = [{ id, key, expiresAt: undefined }];
      const { headers, body } = build(one, sentAt, event);
      const bare = pairsOf(build([], sentAt, event));
      const added = [...pairsOf({ headers, body })].filter((pair) => !bare.has(pair));
      if (added.length === 0 || !added.every((pair) => tokensOf(writtenIn(pair)).every((token) => recorded.has(token))))
        continue;
      // A scheme may sign no body at all: its signature says nothing of one.
      const ofOther = pairsOf(build(one, sentAt, other));
      if (added.some((pair) => !ofOther.has(pair))) return body;
    }
  }
  return undefined;
}

/** When the request may have been made: as its headers say, in seconds or ms, and just before its attempt began. */
function momentsOf(startedAt: number, headers: Attempt["requestHeaders"]): Set<number> {
  const moments = new Set([startedAt, startedAt - 1, startedAt - 2]);
  for (const [, value] of headers) {
    for (const [digits] of value.matchAll(/(?<!\d)\d{10}(?:\d{3})?(?!\d)/g)) {
      const at = digits.length === 10 ? Number(digits) * 1_000 : Number(digits);
      if (Math.abs(startedAt - at) <= MOST_APART_MS) moments.add(at);
    }
  }
  return moments;
}

/** The parts of a header's value: several signatures stand in one, in any order. */
function tokensOf(value: string): string[] {
  return value.split(/[ ,;]+/).filter((token) => token !== "");
}

function pairsOf({ headers }: ProfileRequest): Set<string> {
  const pairs = new Set<string>();
  for (let at = 0; at + 1 < headers.length; at += 2) pairs.add(`${headers[at]!}:${headers[at + 1]!}`);
  return pairs;
}

function writtenIn(pair: string): string {
  return pair.slice(pair.indexOf(":") + 1);
}
