import { setImmediate, setTimeout } from "node:timers/promises";
import { checkLimit, formatSpanCursor, parseCursor, parseSpanCursor, type SpanCursor, toPage } from "../core/cursor.ts";
import { HooksError, invalid } from "../core/errors.ts";
import { EVENT_ID_PATTERN } from "../core/event.ts";
import { checkEventPattern, patternTakes } from "../core/event-pattern.ts";
import { FILTER_MAX_LENGTH } from "../core/filter/expression.ts";
import type { Filter } from "../core/filter/filter.ts";
import { FilterSubject } from "../core/filter/filter-subject.ts";
import type { Page, PageQuery } from "../core/hooks-service.ts";
import { parseRange, toIso, toIsoOrNull } from "../core/instant.ts";
import type { Actor } from "../core/key.ts";
import { checkLineText } from "../core/line-text.ts";
import {
  type EventPurge,
  MOST_PURGED_IDS,
  PURGE_REASON_MAX_LENGTH,
  type PurgeFilter,
  type PurgeResource,
  type PurgeStarted,
} from "../core/purge.ts";
import { conditionText, maskedCondition } from "../core/purge-condition.ts";
import { quoted } from "../core/quoted.ts";
import type { Scope } from "../core/scope.ts";
import type { EventBrief, EventSelection, PurgeWork, StoredPurge } from "../store/purge-store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { Cleaning } from "./cleaning.ts";
import { FileCleaning, type JobStep } from "./file-cleaning.ts";
import { ambiguous, isBeginning } from "./find-by-reference.ts";
import { firstStep } from "./job-runner.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readFilter } from "./subscription-filters.ts";

/** Events erased in one transaction: short enough that publishing never waits long behind it. */
const BATCH = 50;
/** Looked at for one transaction, however few of them are meant. */
const MOST_LOOKED_AT = 500;
/** Looked at in one go; of those whose data a condition reads, so many bytes. */
const BRIEFS = 100;
const MOST_BYTES = 512 * 1024;
/** Reading holds up everybody else in this process: after so long they have their turn, ms. */
const LOOK_MS = 2;
/** A page of a count: the client asks for the next, or goes away. */
const PAGE_MS = 1_000;
/** Requests to sources that one transaction erases: some have a body of 64 KiB. */
const REQUESTS = 100;
const CANDIDATES = 6;
const WHERE_HINT = `for example: data.user_id == "u_1"`;

/** What was looked at, and what is to be done with it. */
interface Found {
  chosen: EventBrief[];
  looked: number;
  kept: number;
  undecided: number;
  /** The last that was looked at. */
  to: number;
  isLast: boolean;
}

/** Erases events with all that hangs on them, in jobs that survive crashes. */
export class Purges {
  readonly #parts: ServiceParts;
  readonly #cleaning: Cleaning;
  /** By job: reading a condition takes longer than a step. */
  readonly #filters = new Map<number, Filter>();
  /** Of those that have looked at all events, by job. */
  readonly #cleanings = new Map<number, FileCleaning>();

  constructor(parts: ServiceParts, cleaning: Cleaning) {
    this.#parts = parts;
    this.#cleaning = cleaning;
  }

  /** Begins a job and does its first step; whoever sends from this store does the rest (job-runner.ts). */
  async start(scope: Scope, request: EventPurge, actor: Actor): Promise<PurgeStarted> {
    const { store, now, newId } = this.#parts;
    const { dry_run, cursor, cancel_waiting, reason, ...filter } = request;
    const cancelWaiting = checkFlag(cancel_waiting, "cancel_waiting");
    const text = checkReason(reason);
    const isDryRun = checkFlag(dry_run, "dry_run");
    if (cursor !== undefined && !isDryRun) throw invalid("cursor", "cursor is for counting: only with dry_run");
    const span = parseSpanCursor(cursor) ?? { after: 0, upTo: await store.purges.lastEventRowId(), at: now() };
    const selection = this.#selection(filter, span.at);
    const condition = selection.where === undefined ? undefined : await readFilter(selection.where, "where");
    if (isDryRun) return this.#count(scope, selection, condition, cancelWaiting, span);
    const id = newId("prg");
    const asked = { ...filter, ...(filter.where === undefined ? {} : { where: maskedCondition(selection.where!) }) };
    const after = { ...asked, ...(text === "" ? {} : { reason: text }), cancel_waiting: cancelWaiting };
    const audit = auditEntry(this.#parts, actor, scope, { action: "event.purge", id, after });
    const purge = { id, scope, selection, asked: JSON.stringify(asked), reason: text, cancelWaiting, createdAt: now() };
    await store.purges.insert(purge, audit);
    await firstStep(this.#parts.purgeRunner, () => this.stepOf(scope, id));
    const { state, events, kept, undecided } = (await store.purges.find(scope, id))!;
    return { count: events, kept, undecided, dry_run: false, id, status: state, next_cursor: null };
  }

  /** Looks at some, erases those that are meant; in the end the files are cleaned, and only then it is completed. */
  async step(rowId: number): Promise<JobStep> {
    const { store, now, dispatch } = this.#parts;
    const work = await store.purges.readWork(rowId);
    if (work === undefined) {
      this.#filters.delete(rowId);
      this.#cleanings.delete(rowId);
      return { goesOn: false, nextAt: undefined };
    }
    if (work.selection === undefined) return this.#clean(rowId);
    const found = await this.#search(work, work.selection, await this.#filterOf(rowId, work.selection));
    if (found.isLast && (await store.purges.eraseRequests(rowId, REQUESTS)) === REQUESTS) {
      return { goesOn: true, nextAt: undefined };
    }
    const subscriptionRowIds = await store.purges.erase({
      rowId,
      from: work.cursor,
      to: found.to,
      eventRowIds: found.chosen.map((one) => one.rowId),
      kept: found.kept,
      undecided: found.undecided,
      isLast: found.isLast,
      now: now(),
    });
    // What waited for something that was cancelled is due now.
    for (const subscriptionRowId of subscriptionRowIds) dispatch?.wake(subscriptionRowId);
    return { goesOn: true, nextAt: undefined };
  }

  /** The next step of one, where no runner does it. */
  async stepOf(scope: Scope, reference: string): Promise<JobStep> {
    return this.step((await this.#find(scope, reference)).rowId);
  }

  async list(scope: Scope, query: PageQuery): Promise<Page<PurgeResource>> {
    const limit = checkLimit(query.limit);
    const rows = await this.#parts.store.purges.list(scope, limit + 1, parseCursor(query.cursor));
    return toPage(rows, limit, toResource);
  }

  async get(scope: Scope, reference: string): Promise<PurgeResource> {
    return toResource(await this.#find(scope, reference));
  }

  /** What was erased is gone. */
  async cancel(scope: Scope, reference: string, actor: Actor): Promise<PurgeResource> {
    const { store, now } = this.#parts;
    const purge = await this.#find(scope, reference);
    const audit = auditEntry(this.#parts, actor, scope, {
      action: "purge.cancel",
      id: purge.id,
      before: { status: purge.state },
      after: { status: "cancelled" },
    });
    if (!(await store.purges.cancel(purge.rowId, now(), audit))) {
      const { state } = await this.#find(scope, purge.id);
      throw new HooksError("conflict", `${purge.id} is ${state}: only one that is running can be cancelled`, {
        field: "id",
      });
    }
    this.#filters.delete(purge.rowId);
    this.#cleanings.delete(purge.rowId);
    await this.#cleaning.begin();
    return this.get(scope, purge.id);
  }

  /** For as long as a page may take; between two portions it leaves the process to others for as long as one took. */
  async #count(
    scope: Scope,
    selection: EventSelection,
    condition: Filter | undefined,
    cancelWaiting: boolean,
    { after, upTo, at }: SpanCursor,
  ): Promise<PurgeStarted> {
    const counted = { count: 0, kept: 0, undecided: 0 };
    const until = performance.now() + PAGE_MS;
    let [cursor, isLast, from] = [after, false, performance.now()];
    while (!isLast && performance.now() < until) {
      const found = await this.#look({ scope, cancelWaiting, cursor, lastRowId: upTo }, selection, condition, BATCH);
      counted.count += found.chosen.length;
      counted.kept += found.kept;
      counted.undecided += found.undecided;
      ({ to: cursor, isLast } = found);
      from = await this.#giveWay(from);
    }
    const next_cursor = isLast ? null : formatSpanCursor({ after: cursor, upTo, at });
    return { ...counted, dry_run: true, id: null, status: "completed", next_cursor };
  }

  /** Enough for one transaction. */
  async #search(work: PurgeWork, selection: EventSelection, condition: Filter | undefined): Promise<Found> {
    const found: Found = { chosen: [], looked: 0, kept: 0, undecided: 0, to: work.cursor, isLast: false };
    let from = performance.now();
    while (!found.isLast && found.chosen.length < BATCH && found.looked < MOST_LOOKED_AT) {
      const { chosen, looked, kept, undecided, ...where } = await this.#look(
        { ...work, cursor: found.to },
        selection,
        condition,
        BATCH - found.chosen.length,
      );
      found.chosen.push(...chosen);
      found.looked += looked;
      found.kept += kept;
      found.undecided += undecided;
      Object.assign(found, where);
      from = await this.#giveWay(from);
    }
    return found;
  }

  /** `from`: since when others wait, if that is long; answers the same for what comes next. */
  async #giveWay(from: number): Promise<number> {
    const ms = performance.now() - from;
    if (ms < LOOK_MS) return from;
    // Where nobody is served there is nobody to wait for.
    await (this.#parts.purgeRunner === undefined ? setImmediate() : setTimeout(ms));
    return performance.now();
  }

  async #look(
    { scope, cancelWaiting, cursor, lastRowId }: Omit<PurgeWork, "selection">,
    { since = 0, before = Number.POSITIVE_INFINITY, types, ids }: EventSelection,
    condition: Filter | undefined,
    most: number,
  ): Promise<Found> {
    const { purges } = this.#parts.store;
    const briefs = await purges.listBriefs(scope, ids, { after: cursor, upTo: lastRowId }, BRIEFS);
    const found: Found = { chosen: [], looked: 0, kept: 0, undecided: 0, to: cursor, isLast: false };
    let bytes = 0;
    const until = performance.now() + LOOK_MS;
    for (const brief of briefs) {
      if (found.chosen.length === most || MOST_BYTES < bytes || (0 < found.looked && until < performance.now())) break;
      found.looked += 1;
      found.to = brief.rowId;
      if (brief.createdAt < since || before <= brief.createdAt) continue;
      if (types !== undefined && !types.some((pattern) => patternTakes(pattern, brief.type))) continue;
      if (condition !== undefined) {
        const content = await purges.readContent(brief.rowId);
        if (content === undefined) continue;
        bytes += content.data.length + (content.metadata?.length ?? 0);
        const { kind } = condition.outcomeFor(new FilterSubject({ ...brief, ...content }));
        if (kind === "failed") found.undecided += 1;
        if (kind !== "matched") continue;
      }
      if (brief.isBeingSent || (brief.isWaiting && !cancelWaiting)) found.kept += 1;
      else found.chosen.push(brief);
    }
    found.isLast = found.looked === briefs.length && briefs.length < BRIEFS;
    return found;
  }

  async #filterOf(rowId: number, { where }: EventSelection): Promise<Filter | undefined> {
    if (where === undefined) return undefined;
    const filter = this.#filters.get(rowId) ?? (await readFilter(where, "where"));
    this.#filters.set(rowId, filter);
    return filter;
  }

  async #clean(rowId: number): Promise<JobStep> {
    const { store, now } = this.#parts;
    this.#filters.delete(rowId);
    const cleaning = this.#cleanings.get(rowId) ?? new FileCleaning(this.#parts);
    this.#cleanings.set(rowId, cleaning);
    const step = await cleaning.step();
    if (step.goesOn) return step;
    this.#cleanings.delete(rowId);
    await store.purges.finish(rowId, now());
    return step;
  }

  /** `at`: from when ages count. */
  #selection({ since, before, types, events, where, all }: PurgeFilter, at: number): EventSelection {
    const isAll = checkFlag(all, "all");
    if (!isAll && [since, before, types, events, where].every((one) => one === undefined)) {
      throw invalid("filter", "say which events: before, since, types, events or where", 'every event: "all": true');
    }
    if (types?.length === 0) throw invalid("types", "types must name at least one type or pattern");
    for (const [index, pattern] of (types ?? []).entries()) checkEventPattern(pattern, `types[${index}]`);
    if (events !== undefined) checkIds(events);
    const span = rangeOf(since, before, at);
    if (where !== undefined && (typeof where !== "string" || FILTER_MAX_LENGTH < where.length)) {
      throw invalid("where", `where must be a condition of at most ${FILTER_MAX_LENGTH} characters`, WHERE_HINT);
    }
    return { ...span, types, ids: events, where: where === undefined ? undefined : conditionText(where) };
  }

  async #find(scope: Scope, reference: string): Promise<StoredPurge> {
    if (reference === "") throw invalid("id", "id must not be empty");
    const { purges } = this.#parts.store;
    const exact = await purges.find(scope, reference);
    if (exact !== undefined) return exact;
    const ids = isBeginning(reference, "prg_") ? await purges.findIds(scope, reference, CANDIDATES) : [];
    if (1 < ids.length) throw ambiguous("purge", reference, ids);
    const found = ids[0] === undefined ? undefined : await purges.find(scope, ids[0]);
    if (found === undefined) {
      throw new HooksError("not_found", `no purge ${quoted(reference)}`, { field: "id", hint: "hooks purge --list" });
    }
    return found;
  }
}

function rangeOf(since: string | undefined, before: string | undefined, now: number) {
  try {
    const range = parseRange({ since, until: before }, now);
    return { since: range.since, before: range.until };
  } catch (error) {
    if (!(error instanceof HooksError) || error.field !== "until") throw error;
    throw invalid("before", error.message.replace(/\buntil\b/g, "before"), error.hint);
  }
}

function checkIds(ids: readonly string[]): void {
  if (ids.length === 0 || MOST_PURGED_IDS < ids.length) {
    throw invalid("events", `events must be 1 to ${MOST_PURGED_IDS} ids, got ${ids.length}`);
  }
  for (const [index, id] of ids.entries()) {
    if (typeof id === "string" && EVENT_ID_PATTERN.test(id)) continue;
    throw invalid(`events[${index}]`, `events[${index}] must be a whole id, got ${quoted(id)}`);
  }
}

function checkFlag(value: unknown, field: string): boolean {
  if (value === undefined || typeof value === "boolean") return value === true;
  throw invalid(field, `${field} must be true or false`);
}

function checkReason(reason: unknown): string {
  return reason === undefined ? "" : checkLineText(reason, "reason", PURGE_REASON_MAX_LENGTH);
}

function toResource(stored: StoredPurge): PurgeResource {
  return {
    id: stored.id,
    status: stored.state,
    filter: JSON.parse(stored.asked) as PurgeResource["filter"],
    reason: stored.reason,
    cancel_waiting: stored.cancelWaiting,
    erased: { events: stored.events, deliveries: stored.deliveries, attempts: stored.attempts },
    kept: stored.kept,
    undecided: stored.undecided,
    tenant: stored.scope.tenant,
    environment: stored.scope.environment,
    created_at: toIso(stored.createdAt),
    updated_at: toIso(stored.updatedAt),
    ended_at: toIsoOrNull(stored.endedAt),
  };
}
