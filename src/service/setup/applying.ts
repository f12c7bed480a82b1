import { hash } from "node:crypto";
import { HooksError, invalid, isHooksError } from "../../core/errors.ts";
import { MAX_EVENT_TYPES } from "../../core/event-type.ts";
import { canonicalJson } from "../../core/json-value.ts";
import type { Actor } from "../../core/key.ts";
import type { Scope } from "../../core/scope.ts";
import {
  DEFAULT_SET,
  SET_NAME_PATTERN,
  type SetupDocument,
  type SetupRequest,
  type SetupResult,
} from "../../core/setup/setup.ts";
import { problemsOfSetup } from "../../core/setup/setup-form.ts";
import type { StoredEventType } from "../../store/catalogue-store.ts";
import type { StoredSource } from "../../store/source-store.ts";
import type { StoredSubscription } from "../../store/store.ts";
import type { Cleaning } from "../cleaning.ts";
import { checkCatalogueSize } from "../event-types.ts";
import type { KeyTable } from "../key-table.ts";
import { sealedTexts } from "../opened-subscription.ts";
import { wakeOperationalTakers } from "../operational-takers.ts";
import { parseGrace } from "../secret-rotations.ts";
import { dropAll, endedSecrets, sealed } from "../secrets.ts";
import type { ServiceParts } from "../service-parts.ts";
import { readContent } from "../stored-event-type.ts";
import { replacedTexts } from "../subscription-columns.ts";
import { emptyPlan, inEntry, Membership, type SectionPlan, SetupWrites } from "./plan.ts";
import { planEnvironment } from "./plan-environment.ts";
import { type FutureType, planEventTypes, refusePinned } from "./plan-event-types.ts";
import { planKeys } from "./plan-keys.ts";
import { planSources } from "./plan-sources.ts";
import { pinOfStored, planSubscriptions } from "./plan-subscriptions.ts";

const MOST_TRIES = 10;

interface Cases {
  parts: ServiceParts;
  keyTable: KeyTable;
  cleaning: Cleaning;
}

/**
 * Makes an environment what a set-up says: all of it in one transaction, or nothing.
 * @throws HooksError that names the place in the set-up; `conflict` when the plan is another than the one that was shown
 */
export async function applySetup(
  { parts, keyTable, cleaning }: Cases,
  scope: Scope,
  request: SetupRequest,
  actor: Actor,
): Promise<SetupResult> {
  const { setup, dry_run: dryRun = false, plan: shown } = request;
  checkForm(setup);
  const graceMs = parseGrace(request.grace);
  const context = { parts, scope, actor, prune: request.prune === true, graceMs };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const planned = await planOf(setup, context);
    const result = resultOf(planned, setup.set ?? DEFAULT_SET, dryRun);
    if (shown !== undefined && shown !== result.plan) throw otherPlan(shown, result.plan);
    if (dryRun || planned.changes.length === 0) return result;
    const at = parts.now();
    let writes = new SetupWrites(MAX_EVENT_TYPES);
    const isDone = await sealed(parts.secrets, async (put) => {
      writes = new SetupWrites(MAX_EVENT_TYPES);
      for (const { write } of planned.changes) await write(writes, put);
      return parts.store.setup.applySetup(scope, writes, at);
    });
    if (!isDone) continue;
    await tell(parts, keyTable, scope, writes);
    await drop(parts, scope, planned, writes, at);
    if (0 < writes.deletedSources.length) await cleaning.eraseDeleted();
    // What was only known once it was made stands in it now.
    return resultOf(planned, setup.set ?? DEFAULT_SET, dryRun);
  }
  throw new HooksError("conflict", "the environment is being changed by others all the time: nothing was changed", {
    hint: "try again",
  });
}

/** @throws HooksError `invalid_request` naming the first place that is not in its form, and saying all */
function checkForm(setup: SetupDocument): void {
  const [first, ...others] = problemsOfSetup(setup, "request");
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    throw invalid(
      first.field === "" ? "setup" : first.field,
      `${first.field || "setup"} ${first.message}${more}`,
      first.hint,
    );
  }
  if (setup.set !== undefined && !SET_NAME_PATTERN.test(setup.set)) {
    throw invalid("set", 'set must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_" and "-"');
  }
}

interface Planned extends SectionPlan {
  subscriptions: readonly StoredSubscription[];
  sources: readonly StoredSource[];
}

async function planOf(
  setup: SetupDocument,
  context: { parts: ServiceParts; scope: Scope; actor: Actor; prune: boolean; graceMs: number },
): Promise<Planned> {
  const { parts, scope } = context;
  const { store } = parts;
  const [members, subscriptions, types, environments, sources, keys] = await Promise.all([
    store.setup.loadMembers(scope),
    store.loadSubscriptions(scope),
    store.catalogue.loadEventTypes(scope),
    store.catalogue.loadEnvironments(scope),
    // A source's name is the whole server's.
    setup.sources === undefined ? [] : store.sources.load(),
    setup.keys === undefined ? [] : store.admin.loadKeys(),
  ]);
  const inSet = { ...context, membership: new Membership(members, setup.set ?? DEFAULT_SET) };
  const ofEnvironment = await inEnvironment(async () => planEnvironment(setup, environments[0], inSet));
  const ofTypes =
    setup.event_types === undefined
      ? { plan: emptyPlan(), future: [] }
      : await planEventTypes(setup.event_types, types, inSet);
  const future = catalogueAfter(types, ofTypes.future);
  const ofSubscriptions =
    setup.subscriptions === undefined
      ? { plan: emptyPlan(), pins: subscriptions.flatMap(pinOfStored) }
      : await planSubscriptions(setup.subscriptions, subscriptions, { ...inSet, types: future });
  refusePinned(ofTypes.future, ofSubscriptions.pins);
  const ofSources = setup.sources === undefined ? emptyPlan() : await planSources(setup.sources, sources, inSet);
  const ofKeys = setup.keys === undefined ? emptyPlan() : await planKeys(setup.keys, keys, inSet);
  const plans = [ofEnvironment, ofTypes.plan, ofSubscriptions.plan, ofSources, ofKeys];
  return {
    changes: plans.flatMap(({ changes }) => changes),
    unchanged: plans.reduce((sum, { unchanged }) => sum + unchanged, 0),
    left: plans.flatMap(({ left }) => left),
    warnings: plans.flatMap(({ warnings }) => warnings),
    subscriptions,
    sources,
  };
}

/** Rules have a section of their own. */
async function inEnvironment<T>(judge: () => Promise<T>): Promise<T> {
  return inEntry("settings", "settings", judge).catch((error: unknown) => {
    if (!isHooksError(error) || error.field?.startsWith("settings.alerts") !== true) throw error;
    const field = error.field.slice("settings.".length);
    throw new HooksError(error.code, error.message.slice("settings: ".length), { field, hint: error.hint });
  });
}

/** @throws HooksError `conflict` when it becomes larger than a catalogue may be */
function catalogueAfter(stored: readonly StoredEventType[], future: readonly FutureType[]) {
  const contents = new Map(stored.map((one) => [one.name, one.content]));
  for (const { name, content } of future) {
    if (content === undefined) contents.delete(name);
    else contents.set(name, JSON.stringify(content));
  }
  checkCatalogueSize(stored, contents);
  return [...contents].map(([name, content]) => ({ name, versions: readContent({ content }).versions }));
}

function resultOf(planned: SectionPlan, set: string, dryRun: boolean): SetupResult {
  const changes = planned.changes.map(({ change }) => change);
  const seen = changes.map(({ action, kind, name, changes: fields }) => ({ action, kind, name, fields }));
  return {
    dry_run: dryRun,
    plan: `pln_${hash("sha256", canonicalJson({ set, seen })).slice(0, 24)}`,
    set,
    changes: changes.map((change) => ({ ...change })),
    unchanged: planned.unchanged,
    left: planned.left,
    warnings: [...new Set(planned.warnings)],
  };
}

function otherPlan(shown: string, now: string): HooksError {
  return new HooksError("conflict", `the plan is not ${shown} any more, it is ${now}: nothing was changed`, {
    field: "plan",
    hint: "look at it again: hooks apply --plan",
  });
}

/** What is in memory is read anew, and whoever takes news of subscriptions gets it. */
async function tell(parts: ServiceParts, keyTable: KeyTable, scope: Scope, writes: SetupWrites): Promise<void> {
  const { catalogue, directory } = parts;
  if (0 < writes.eventTypes.changes.length || writes.environment !== undefined) await catalogue.reloadIfLoaded();
  if (writes.environment !== undefined) parts.retentionSweep?.wake();
  const { newSubscriptions, changedSubscriptions, deletedSubscriptions, rotations } = writes;
  if (0 < newSubscriptions.length + changedSubscriptions.length + deletedSubscriptions.length + rotations.length) {
    await directory.reloadIfLoaded();
    wakeOperationalTakers(parts, scope);
  }
  if (0 < writes.newSources.length + writes.changedSources.length + writes.deletedSources.length) {
    await parts.sources.reloadIfLoaded();
  }
  if (0 < writes.newKeys.length + writes.changedKeys.length + writes.revokedKeys.length) await keyTable.reload();
}

/** What is kept elsewhere, and named by no row any more. */
async function drop(
  { secrets, store }: ServiceParts,
  scope: Scope,
  before: Pick<Planned, "subscriptions" | "sources">,
  { changedSubscriptions, deletedSubscriptions, rotations, changedSources, deletedSources }: SetupWrites,
  at: number,
): Promise<void> {
  const byRowId = new Map(before.subscriptions.map((stored) => [stored.rowId, stored]));
  for (const { rowId } of deletedSubscriptions) await dropAll(secrets, sealedTexts(byRowId.get(rowId)!));
  for (const { rowId } of changedSubscriptions) {
    const was = byRowId.get(rowId)!;
    await dropAll(secrets, replacedTexts(was, await store.findSubscription(scope, was.id)));
  }
  for (const { rotation } of rotations) {
    await dropAll(secrets, endedSecrets(byRowId.get(rotation.subscriptionRowId)!, at));
  }
  const resealed = changedSources.filter((one) => one.sealed !== undefined);
  for (const { rowId } of [...resealed, ...deletedSources]) {
    const { sealed: text, id: ownerId } = before.sources.find((stored) => stored.rowId === rowId)!;
    await dropAll(secrets, [{ sealed: text, ownerId }]);
  }
}
