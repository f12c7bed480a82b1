import { HooksError, invalid } from "../core/errors.ts";
import { toIso } from "../core/instant.ts";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/quoted.ts";
import { renamingField } from "../core/renaming-fields.ts";
import type { Scope } from "../core/scope.ts";
import { idsOfUuid } from "../core/uuid.ts";
import type { ErasedEvent } from "../store/purge-store.ts";
import type { Store, StoredDelivery, StoredEvent, StoredSubscription } from "../store/store.ts";

// People give ids whole or by a unique beginning, and subscriptions also by name. Whatever is not there in this scope
// is `not_found`, another tenant's row included.

const CANDIDATES_SHOWN = 5;
/** Prefix, "_" and a digit: less would be everything. */
const SHORTEST_BEGINNING = 5;

/** What is looked up is called `id` here; with whoever asks it is a field or parameter of this name. */
export function naming<T>(field: string, find: () => Promise<T>): Promise<T> {
  return renamingField("id", field, find);
}

export async function findSubscription(store: Store, scope: Scope, reference: string): Promise<StoredSubscription> {
  // An unset variable of a script: it must not name the subscriptions that have no name.
  if (reference === "") throw invalid("id", "id must not be empty");
  const exact = await store.findSubscription(scope, reference);
  if (exact !== undefined) return exact;
  const all = await store.loadSubscriptions(scope);
  const named = all.filter((one) => one.name === reference);
  const found =
    named.length !== 0 ? named : all.filter((one) => isBeginning(reference, "sub_") && one.id.startsWith(reference));
  if (1 < found.length)
    throw ambiguous(
      "subscription",
      reference,
      found.map((one) => one.id),
    );
  if (found[0] === undefined) {
    const near = nearest(
      reference,
      all.map((one) => one.name),
    );
    throw notFound("subscription", reference, near);
  }
  return found[0];
}

export async function findEvent(store: Store, scope: Scope, reference: string): Promise<StoredEvent> {
  if (reference === "") throw invalid("id", "id must not be empty");
  const event =
    (await store.findEvent(scope, reference)) ??
    (await findByBeginning(
      reference,
      "event",
      "evt_",
      (limit) => store.findEventIds(scope, reference, limit),
      (id) => store.findEvent(scope, id),
    )) ??
    (await findByUuid("evt", reference, (id) => store.findEvent(scope, id)));
  if (event !== undefined) return event;
  const erased = await store.purges.findErased(scope, reference);
  throw erased === undefined ? notFound("event", reference) : erasedEvent(reference, erased);
}

/** It is not there, as one that never was; but whoever asks is told why. */
function erasedEvent(id: string, { at, purge, reason }: ErasedEvent): HooksError {
  const why = reason === "" ? "" : `: ${reason}`;
  return new HooksError("not_found", `event ${quoted(id)} was erased at ${toIso(at)} (${purge})${why}`, {
    field: "id",
    hint: `hooks purge --watch ${purge}`,
  });
}

export async function findDelivery(store: Store, scope: Scope, reference: string): Promise<StoredDelivery> {
  if (reference === "") throw invalid("id", "id must not be empty");
  const delivery =
    (await store.findDelivery(scope, reference)) ??
    (await findByBeginning(
      reference,
      "delivery",
      "dlv_",
      (limit) => store.findDeliveryIds(scope, reference, limit),
      (id) => store.findDelivery(scope, id),
    )) ??
    (await findByUuid("dlv", reference, (id) => store.findDelivery(scope, id)));
  if (delivery === undefined) throw notFound("delivery", reference);
  return delivery;
}

/** As some profiles send ids (core/uuid.ts). */
async function findByUuid<T>(
  prefix: "evt" | "dlv",
  reference: string,
  find: (id: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const id of idsOfUuid(prefix, reference)) {
    const found = await find(id);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function findByBeginning<T>(
  reference: string,
  noun: string,
  prefix: string,
  idsOf: (limit: number) => Promise<string[]>,
  find: (id: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  if (!isBeginning(reference, prefix)) return undefined;
  const ids = await idsOf(CANDIDATES_SHOWN + 1);
  if (1 < ids.length) throw ambiguous(noun, reference, ids);
  return ids[0] === undefined ? undefined : find(ids[0]);
}

/** Of an id that we made: a publisher's own `order-1` is never taken for the beginning of `order-10`. */
export function isBeginning(reference: string, prefix: string): boolean {
  return SHORTEST_BEGINNING <= reference.length && reference.startsWith(prefix) && /^[a-z0-9_]+$/.test(reference);
}

export function notFound(noun: string, reference: string, near?: string, field = "id"): HooksError {
  const guess = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
  return new HooksError("not_found", `no ${noun} ${quoted(reference)}${guess}`, {
    field,
    hint: noun === "subscription" ? "hooks sub list" : `hooks ${noun} list`,
  });
}

export function ambiguous(noun: string, reference: string, ids: readonly string[]): HooksError {
  const more = CANDIDATES_SHOWN < ids.length ? " …" : "";
  return invalid(
    "id",
    `${quoted(reference)} names more than one ${noun}`,
    `one of: ${ids.slice(0, CANDIDATES_SHOWN).join(", ")}${more}`,
  );
}
