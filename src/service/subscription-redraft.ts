// A subscription that is stored, as it is to be: what creating, changing and setting up from a file have in common.

import { type AuditedFields, changesBetween } from "../core/audit.ts";
import { invalid } from "../core/errors.ts";
import { maskUrl } from "../core/masked-url.ts";
import type { Scope } from "../core/scope.ts";
import type { SubscriptionInput } from "../core/subscription.ts";
import type { NewSubscription, Sealed, StoredSubscription } from "../store/store.ts";
import { auditedSubscription } from "./audited-subscription.ts";
import { keptHandshake } from "./handshakes.ts";
import { checkNewProfile } from "./profile-change.ts";
import { openHeaders } from "./sealed-headers.ts";
import { urlOwner } from "./secret-store.ts";
import { putSecret } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";
import { type Change, plainColumns, refuseMasked, secretColumns, shownUrl } from "./subscription-columns.ts";
import { checkFilter } from "./subscription-filters.ts";
import { readSettings } from "./subscription-resource.ts";
import { draftSubscription, type SubscriptionDraft } from "./subscription-settings.ts";

/** Keeps a text that is secret, for its owner. */
export type Put = (text: string, ownerId: string) => Promise<Sealed>;

/** A draft of what is stored, with what tells whether it changes what is masked. */
export interface Redrafted {
  draft: SubscriptionDraft;
  keepsUrl: boolean;
  headersBefore: Record<string, string>;
  headersAfter: Record<string, string>;
}

/** What `changesBetween` compares besides what is shown. */
export interface HiddenChange {
  before: AuditedFields;
  after: AuditedFields;
}

/** What a subscription is made of. */
interface Made {
  id: string;
  scope: Scope;
  draft: SubscriptionDraft;
  secret: string;
  secretId: string;
  at: number;
  paused?: boolean;
}

/** One that is new, as it is stored. */
export async function newSubscription(
  { id, scope, draft, secret, secretId, at, paused = false }: Made,
  put: Put,
): Promise<NewSubscription> {
  return {
    id,
    scope,
    transport: "http" as const,
    ...plainColumns(draft),
    ...(await secretColumns(id, draft, put)),
    disabledReason: draft.enabled ? undefined : ("by_hand" as const),
    paused,
    secrets: [await putSecret(secret, secretId, at, put)],
    session: undefined,
    createdAt: at,
    updatedAt: at,
  };
}

/**
 * `input` applied to `base`: the subscription as it is, or the defaults. `getsSecret`: it is given another secret besides,
 * in the form of its new profile.
 * @throws HooksError `invalid_request` naming the field
 */
export async function redrafted(
  stored: StoredSubscription,
  input: Partial<SubscriptionInput>,
  base: SubscriptionDraft,
  parts: Pick<ServiceParts, "profiles" | "secrets" | "now">,
  { getsSecret = false }: { getsSecret?: boolean } = {},
): Promise<Redrafted> {
  if (stored.transport === "tunnel" && input.url !== undefined && input.url !== null) {
    throw invalid("url", "url may not be set: this subscription goes through a listener's tunnel");
  }
  if (stored.transport === "tunnel" && input.batch !== undefined && input.batch !== null) {
    throw invalid("batch", "batch may not be set: a listener gets its events one by one");
  }
  if (input.secret !== undefined && input.secret !== null) {
    throw invalid("secret", "secret may not be changed here", `hooks sub rotate-secret ${stored.id} --secret …`);
  }
  refuseMasked(input.url, stored);
  await checkFilter(input.filter);
  const { url, ...rest } = input;
  const isKept = url === undefined || url === null || url === stored.url || url === shownUrl(stored);
  // Values that came back masked are looked up; without headers there is nothing to open.
  const headers = input.headers === undefined ? {} : await openHeaders(stored, parts.secrets);
  const draft = draftSubscription(isKept ? rest : input, { ...base, headers }, parts.profiles);
  if (draft.settings.profile !== readSettings(stored).profile && !getsSecret) {
    await checkNewProfile(stored, draft.settings.profile, input.headers === undefined, parts);
  }
  const keepsUrl = isKept || (await isUrlOf(stored, draft.url, parts));
  draft.settings.handshake = keptHandshake(draft.settings.handshake, readSettings(stored).handshake, {
    keepsUrl,
    isWhole: base.settings.handshake === undefined,
  });
  return {
    draft,
    keepsUrl,
    headersBefore: headers,
    headersAfter: input.headers === undefined ? headers : draft.headers,
  };
}

/** Its columns. A URL that is not given, or given as it is, is not written: it would be sealed for nothing. */
export async function changeTo(
  stored: StoredSubscription,
  { draft, keepsUrl, headersBefore, headersAfter }: Redrafted,
  put: Put,
): Promise<{ columns: Change; hidden: HiddenChange }> {
  const turnsOff = stored.enabled && !draft.enabled;
  const disabledReason = draft.enabled ? undefined : turnsOff ? ("by_hand" as const) : stored.disabledReason;
  const texts = await secretColumns(stored.id, keepsUrl ? { ...draft, url: undefined } : draft, put);
  const { url: shown, ...plain } = plainColumns(draft);
  const { urlSealed, ...others } = texts;
  const columns = { ...plain, ...others, ...(keepsUrl ? {} : { url: shown, urlSealed }), disabledReason };
  return {
    columns,
    hidden: {
      before: { headers: headersBefore, url: "as it was" },
      after: { headers: headersAfter, url: keepsUrl ? "as it was" : "another" },
    },
  };
}

/** What of it somebody will read in the audit; undefined: it is as it was already, and nobody changed it. */
export function changesOf(
  stored: StoredSubscription,
  change: Change,
  names: readonly string[],
  hidden?: HiddenChange,
): { before: AuditedFields; after: AuditedFields } | undefined {
  const was = auditedSubscription(stored, names);
  const is = auditedSubscription({ ...stored, ...change }, "headers" in change ? (change.headerNames ?? []) : names);
  const changes = changesBetween(was, is, hidden);
  const isOtherReason = "disabledReason" in change && change.disabledReason !== stored.disabledReason;
  return isOtherReason || 0 < Object.keys({ ...changes.before, ...changes.after }).length ? changes : undefined;
}

/** Given whole as it is already. */
async function isUrlOf(
  stored: StoredSubscription,
  url: string | undefined,
  { secrets }: Pick<ServiceParts, "secrets">,
): Promise<boolean> {
  if (url === undefined) return false;
  if (stored.urlSealed === undefined) return url === stored.url;
  if (maskUrl(url) !== stored.url) return false;
  return (await secrets.get(stored.urlSealed, urlOwner(stored.id))) === url;
}
