import { hasSecretQuery, isMaskedUrl, maskedUrl, maskUrl } from "../core/masked-url.ts";
import type { SubscriptionInput } from "../core/subscription.ts";
import type { Sealed, StoredSubscription, SubscriptionChange } from "../store/store.ts";
import { sealedTexts } from "./opened-subscription.ts";
import { urlOwner } from "./secret-store.ts";
import type { SubscriptionDraft } from "./subscription-settings.ts";

type Put = (text: string, ownerId: string) => Promise<Sealed>;
export type Change = Omit<SubscriptionChange, "updatedAt">;

/** Columns of a draft that hold no secret. */
export function plainColumns(draft: SubscriptionDraft) {
  const headerNames = Object.keys(draft.headers);
  return {
    name: draft.name,
    url: draft.url === undefined ? undefined : maskUrl(draft.url),
    events: draft.events,
    enabled: draft.enabled,
    autoDisableFailures: draft.autoDisable.failures,
    autoDisableSpanMs: draft.autoDisable.minSpanMs,
    headerNames: headerNames.length === 0 ? undefined : headerNames,
    settings: JSON.stringify(draft.settings),
  };
}

/** Those that do. */
export async function secretColumns(id: string, { url, headers }: SubscriptionDraft, put: Put) {
  return {
    urlSealed: url !== undefined && hasSecretQuery(url) ? await put(url, urlOwner(id)) : undefined,
    headers: Object.keys(headers).length === 0 ? undefined : await put(JSON.stringify(headers), id),
  };
}

/** As a reader sees it, also where an earlier version stored it whole. */
export function shownUrl({ url }: Pick<StoredSubscription, "url">): string | undefined {
  return url === undefined ? undefined : maskUrl(url);
}

/**
 * A masked URL keeps the stored one, if that is what it is of: its query must not follow to another host.
 * @throws HooksError `invalid_request`
 */
export function refuseMasked(url: unknown, stored: StoredSubscription | undefined): void {
  if (typeof url !== "string" || !isMaskedUrl(url)) return;
  if (stored === undefined || url !== shownUrl(stored)) throw maskedUrl(url);
}

/** What was kept for it and is not any more. */
export function replacedTexts(
  before: StoredSubscription,
  after: StoredSubscription | undefined,
): ReturnType<typeof sealedTexts> {
  const bytes = (sealed: Sealed): string => Buffer.from(sealed.bytes).toString("base64");
  const kept = new Set(after === undefined ? [] : sealedTexts(after).map((one) => bytes(one.sealed)));
  return sealedTexts(before).filter((one) => !kept.has(bytes(one.sealed)));
}

/** Fields of the input that have columns of their own; all others are in `settings`. */
const COLUMNS_OF: Readonly<Record<string, readonly (keyof SubscriptionChange)[]>> = {
  name: ["name"],
  // Another receiver has not allowed anything yet.
  url: ["url", "urlSealed", "settings"],
  events: ["events"],
  enabled: ["enabled", "disabledReason"],
  headers: ["headers", "headerNames"],
  auto_disable: ["autoDisableFailures", "autoDisableSpanMs", "settings"],
  // Another one brings its rule for disabling.
  profile: ["autoDisableFailures", "autoDisableSpanMs", "settings"],
};

/** Of a patch only what it names is written: whoever changes another field at the same time loses nothing. */
export function onlyGiven(columns: Change, input: Partial<SubscriptionInput>): Change {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const names = new Set(given.flatMap(([field]) => COLUMNS_OF[field] ?? ["settings" as const]));
  return Object.fromEntries(Object.entries(columns).filter(([name]) => names.has(name as keyof SubscriptionChange)));
}
