import { checkLimit, parseCursor, toPage } from "../core/cursor.ts";
import { DELIVERY_REASONS, type DeliveryResource, FAILURE_REASONS } from "../core/delivery.ts";
import { HooksError, invalid } from "../core/errors.ts";
import { checkEventPattern } from "../core/event-pattern.ts";
import type { Page, PageQuery } from "../core/hooks-service.ts";
import { parseRange, toIso, toIsoOrNull } from "../core/instant.ts";
import type { Actor } from "../core/key.ts";
import { quoted } from "../core/quoted.ts";
import { formatRateLimit, parseRateLimit } from "../core/rate-limit.ts";
import {
  type DeadLetterFilter,
  type DeadLetterQuery,
  type PurgeReceipt,
  REPLAYED_STATES,
  type ReplayRequest,
  type ReplayResource,
  type ReplayStarted,
} from "../core/replay.ts";
import type { Scope } from "../core/scope.ts";
import type { DeliverySelection, ReplayStep, StoredReplay } from "../store/replay-store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { Cleaning } from "./cleaning.ts";
import { typeFilter } from "./deliveries.ts";
import { toDeliveryResource } from "./delivery-resource.ts";
import { ambiguous, findSubscription, isBeginning, naming } from "./find-by-reference.ts";
import { firstStep } from "./job-runner.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Deliveries re-opened in one transaction: short enough that publishing never waits long behind it. */
export const REPLAY_BATCH = 500;
const CANDIDATES = 6;

/** Sends many ended deliveries again, and looks after those that failed. */
export class Replays {
  readonly #parts: ServiceParts;
  readonly #cleaning: Cleaning;

  constructor(parts: ServiceParts, cleaning: Cleaning) {
    this.#parts = parts;
    this.#cleaning = cleaning;
  }

  /**
   * Begins a job and does its first step; whoever sends from this store does the rest (job-runner.ts). What is few is
   * done at once.
   */
  async start(scope: Scope, request: ReplayRequest, actor: Actor): Promise<ReplayStarted> {
    const { store, now, newId } = this.#parts;
    const selection = this.#closed(await this.#selection(scope, request));
    const rate = request.rate === undefined ? undefined : formatRateLimit(parseRateLimit(request.rate, "rate"));
    const found = await store.replays.countSelected(scope, selection, "sendable");
    const dryRun = request.dry_run === true;
    if (dryRun || found === 0) return { count: found, dry_run: dryRun, id: null, status: "completed" };
    const id = newId("rpl");
    const { dry_run: _, rate: _rate, ...filter } = { ...request, status: selection.state };
    const asked = { ...filter, ...(rate === undefined ? {} : { rate }), found };
    const audit = auditEntry(this.#parts, actor, scope, { action: "delivery.replay", id: undefined, after: asked });
    const replay = { id, scope, selection, asked: JSON.stringify(filter), rate, found, createdAt: now() };
    await store.replays.insert(replay, audit);
    const goesOn = await firstStep(this.#parts.replayRunner, () => this.stepOf(scope, id));
    return { count: found, dry_run: false, id, status: goesOn ? "running" : "completed" };
  }

  /** What was re-opened is due at once, whatever becomes of the next step. */
  async step(rowId: number): Promise<ReplayStep> {
    const { store, now, dispatch } = this.#parts;
    const step = await store.replays.step(rowId, REPLAY_BATCH, now());
    for (const subscriptionRowId of step.subscriptionRowIds) dispatch?.wake(subscriptionRowId);
    return step;
  }

  /** The next step of one, where no runner does it. */
  async stepOf(scope: Scope, reference: string): Promise<ReplayStep> {
    return this.step((await this.#find(scope, reference)).rowId);
  }

  async list(scope: Scope, query: PageQuery): Promise<Page<ReplayResource>> {
    const limit = checkLimit(query.limit);
    const rows = await this.#parts.store.replays.list(scope, limit + 1, parseCursor(query.cursor));
    return toPage(rows, limit, toResource);
  }

  async get(scope: Scope, reference: string): Promise<ReplayResource> {
    return toResource(await this.#find(scope, reference));
  }

  /** What was re-opened goes out. */
  async cancel(scope: Scope, reference: string, actor: Actor): Promise<ReplayResource> {
    const { store, now } = this.#parts;
    const replay = await this.#find(scope, reference);
    const audit = auditEntry(this.#parts, actor, scope, {
      action: "replay.cancel",
      id: replay.id,
      before: { status: replay.state },
      after: { status: "cancelled" },
    });
    if (!(await store.replays.cancel(replay.rowId, now(), audit))) {
      const { state } = await this.#find(scope, replay.id);
      throw new HooksError("conflict", `${replay.id} is ${state}: only one that is running can be cancelled`, {
        field: "id",
      });
    }
    return this.get(scope, replay.id);
  }

  async deadLetters(scope: Scope, query: DeadLetterQuery): Promise<Page<DeliveryResource>> {
    const limit = checkLimit(query.limit);
    const before = parseCursor(query.cursor);
    const { subscriptionRowId, reason, since, until } = await this.#selection(scope, asRequest(query));
    const filter = {
      ...typeFilter(query.type, "type"),
      state: "failed" as const,
      subscriptionRowId,
      reason,
      endedSince: since,
      endedUntil: until,
    };
    const rows = await this.#parts.store.listDeliveries(scope, filter, limit + 1, before);
    return toPage(rows, limit, toDeliveryResource);
  }

  /** Deletes them with their attempts. What was counted of them stays: `counts`, statistics, the audit. */
  async purge(scope: Scope, filter: DeadLetterFilter, dryRun: boolean, actor: Actor): Promise<PurgeReceipt> {
    const { store } = this.#parts;
    const selection = this.#closed(await this.#selection(scope, asRequest(filter)));
    const found = await store.replays.countSelected(scope, selection, "all");
    if (dryRun || found === 0) return { count: found, dry_run: dryRun };
    const after = { ...filter, found };
    const audit = auditEntry(this.#parts, actor, scope, { action: "dead_letter.purge", id: undefined, after });
    const count = await store.replays.purge(scope, selection, audit);
    await this.#cleaning.begin();
    return { count, dry_run: false };
  }

  /** What ends from now on is none of it. */
  #closed(selection: DeliverySelection): DeliverySelection {
    return { ...selection, until: Math.min(selection.until ?? Number.POSITIVE_INFINITY, this.#parts.now() + 1) };
  }

  async #selection(scope: Scope, request: ReplayRequest): Promise<DeliverySelection> {
    const { store, now } = this.#parts;
    const status = request.status ?? "failed";
    const state = REPLAYED_STATES.find((one) => one === status);
    if (state === undefined) {
      throw invalid("status", `status must be ${listed(REPLAYED_STATES)}: what still waits is sent anyway`);
    }
    const { reason } = request;
    if (reason !== undefined && !DELIVERY_REASONS.includes(reason)) {
      throw invalid("reason", `reason must be ${listed(state === "failed" ? FAILURE_REASONS : DELIVERY_REASONS)}`);
    }
    const types = request.types?.map((pattern, index) => {
      checkEventPattern(pattern, `types[${index}]`);
      return typeFilter(pattern, `types[${index}]`);
    });
    const { subscription } = request;
    const found =
      subscription === undefined
        ? undefined
        : await naming("subscription", () => findSubscription(store, scope, subscription));
    return {
      state,
      subscriptionRowId: found?.rowId,
      types,
      reason,
      ...parseRange(request, now()),
    };
  }

  async #find(scope: Scope, reference: string): Promise<StoredReplay> {
    if (reference === "") throw invalid("id", "id must not be empty");
    const { replays } = this.#parts.store;
    const exact = await replays.find(scope, reference);
    if (exact !== undefined) return exact;
    const ids = isBeginning(reference, "rpl_") ? await replays.findIds(scope, reference, CANDIDATES) : [];
    if (1 < ids.length) throw ambiguous("replay", reference, ids);
    const found = ids[0] === undefined ? undefined : await replays.find(scope, ids[0]);
    if (found === undefined) {
      throw new HooksError("not_found", `no replay ${quoted(reference)}`, { field: "id", hint: "hooks replay --list" });
    }
    return found;
  }
}

function asRequest({ type, ...filter }: DeadLetterFilter): ReplayRequest {
  if (type !== undefined) checkEventPattern(type, "type");
  return { ...filter, status: "failed", types: type === undefined ? undefined : [type] };
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)!}`;
}

function toResource(stored: StoredReplay): ReplayResource {
  return {
    id: stored.id,
    status: stored.state,
    filter: JSON.parse(stored.asked) as ReplayResource["filter"],
    rate: stored.rate ?? null,
    count: stored.found,
    reopened: stored.reopened,
    tenant: stored.scope.tenant,
    environment: stored.scope.environment,
    created_at: toIso(stored.createdAt),
    updated_at: toIso(stored.updatedAt),
    ended_at: toIsoOrNull(stored.endedAt),
  };
}
