import { hash } from "node:crypto";
import { atIndex, toErrorResult } from "../core/batch-error.ts";
import type { ClaimedDelivery } from "../core/delivery.ts";
import { HooksError, toHooksError } from "../core/errors.ts";
import {
  BATCH_MAX_EVENTS,
  type BatchOptions,
  type BatchReceipt,
  type BatchResult,
  type EventInput,
  type PublishReceipt,
} from "../core/event.ts";
import { type CheckedEvent, checkEvent } from "../core/event-content.ts";
import type { Scope } from "../core/scope.ts";
import type { AppendedEvent, Lease, NewDelivery, NewEvent } from "../store/store.ts";
import type { Place } from "./backlog.ts";
import type { EventTrace } from "./publish-tracing.ts";
import type { DispatchPort, ServiceParts } from "./service-parts.ts";

/** An event on its way to the store, with the leases that were reserved for it. */
interface Prepared {
  event: NewEvent;
  leased: NewDelivery[];
  warning: string | undefined;
  traceParent?: string | undefined;
}

/** An event that its environment takes. */
interface AdmittedEvent extends CheckedEvent {
  warning?: string | undefined;
  traced?: EventTrace;
}

/**
 * Accepts events: checks, matches, stores. A receipt exists only once event and deliveries are on disk together.
 * What this process has room for is stored already leased to it and goes straight to its lane, never read back.
 */
export class Publishing {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async publish(scope: Scope, input: EventInput): Promise<PublishReceipt> {
    let place: Place | undefined;
    try {
      if (!this.#isLoaded) await this.#load();
      const at = this.#parts.now();
      const checked = this.#check(scope, input, at);
      const admitting = this.#place();
      if (admitting !== undefined) place = await admitting;
      const prepared = this.#prepare(scope, checked, at, this.#parts.dispatch);
      const [appended] = await this.#append([prepared], place);
      const receipt = receiptOf(prepared, appended!);
      if (receipt instanceof HooksError) throw receipt;
      return receipt;
    } catch (error) {
      this.#parts.observer?.refused(scope, error);
      throw error;
    } finally {
      place?.leave();
    }
  }

  /**
   * An event that a source made of a request: `keep` stores both. Known by its id alone: what a sender tries again may
   * differ in what does not matter, and an id that somebody else gave an event is another's.
   */
  async publishReceived(
    scope: Scope,
    input: EventInput,
    keep: (event: NewEvent) => Promise<AppendedEvent>,
  ): Promise<{ id: string; kind: AppendedEvent["kind"] }> {
    let place: Place | undefined;
    try {
      await this.#load();
      const at = this.#parts.now();
      const checked = this.#check(scope, input, at);
      place = await this.#place();
      const prepared = this.#prepare(scope, checked, at, this.#parts.dispatch, true);
      if (input.id !== undefined) prepared.event.fingerprint = hash("sha256", `received ${input.id}`, "buffer");
      const [appended] = await this.#append([prepared], place, async ([event]) => [await keep(event!)]);
      return { id: prepared.event.id, kind: appended!.kind };
    } catch (error) {
      this.#parts.observer?.refused(scope, error);
      throw error;
    } finally {
      place?.leave();
    }
  }

  async publishBatch(
    scope: Scope,
    inputs: readonly EventInput[],
    { atomic = false, dry_run: dryRun = false }: BatchOptions,
  ): Promise<BatchReceipt> {
    // Nobody published anything.
    const observer = dryRun ? undefined : this.#parts.observer;
    let results: (BatchResult | HooksError)[];
    try {
      results = await (dryRun ? this.#tryAll(scope, inputs) : this.#publishAll(scope, inputs, atomic));
      const refused = results.findIndex((result) => result instanceof HooksError);
      if (atomic && refused !== -1) throw atIndex(results[refused] as HooksError, refused);
    } catch (error) {
      observer?.refused(scope, error);
      throw error;
    }
    sayOnce(results);
    return {
      results: results.map((result) => {
        if (!(result instanceof HooksError)) return result;
        observer?.refused(scope, result);
        return toErrorResult(result);
      }),
    };
  }

  async #publishAll(
    scope: Scope,
    inputs: readonly EventInput[],
    atomic: boolean,
  ): Promise<(BatchResult | HooksError)[]> {
    checkCount(inputs);
    await this.#load();
    const at = this.#parts.now();
    const checked = inputs.map((input, index) =>
      orError(() => this.#check(scope, input, at), atomic ? index : undefined),
    );
    const place = await this.#place();
    let prepared: (Prepared | HooksError)[];
    let appended: AppendedEvent[];
    try {
      prepared = checked.map((one) =>
        one instanceof HooksError ? one : this.#prepare(scope, one, at, this.#parts.dispatch),
      );
      const good = prepared.filter((one): one is Prepared => !(one instanceof HooksError));
      appended = await this.#append(good, place, (events) => this.#parts.store.appendEvents(events, { atomic }));
    } finally {
      place?.leave();
    }
    let next = 0;
    return prepared.map((one) => (one instanceof HooksError ? one : receiptOf(one, appended[next++]!)));
  }

  /** What would become of each: all that publishing looks at, and nothing is stored, reserved or counted. */
  async #tryAll(scope: Scope, inputs: readonly EventInput[]): Promise<(BatchResult | HooksError)[]> {
    checkCount(inputs);
    await this.#load();
    const at = this.#parts.now();
    const prepared = inputs.map((input) =>
      orError(() => this.#prepare(scope, this.#check(scope, input, at), at, undefined), undefined),
    );
    const events = prepared.flatMap((one) => (one instanceof HooksError ? [] : [one.event]));
    const foreseen = events.length === 0 ? [] : await this.#parts.store.appendEvents(events, { trial: true });
    let next = 0;
    return prepared.map((one) => {
      if (one instanceof HooksError) return one;
      const { kind } = foreseen[next]!;
      const receipt = receiptOf(one, foreseen[next++]!);
      return kind === "repeated" && !(receipt instanceof HooksError) ? { ...receipt, repeated: true } : receipt;
    });
  }

  /** Then nothing has to be waited for: a promise that is fulfilled takes three turns of the microtasks all the same. */
  get #isLoaded(): boolean {
    return this.#parts.directory.isLoaded && this.#parts.catalogue.isLoaded;
  }

  async #load(): Promise<void> {
    await this.#parts.directory.load();
    await this.#parts.catalogue.load();
  }

  #check(scope: Scope, input: EventInput, at: number): AdmittedEvent {
    const checked = checkEvent(input, at);
    const { catalogue, tracing } = this.#parts;
    const { version, warning } = catalogue.admit(scope, checked);
    if (tracing !== undefined) return { ...checked, version, warning, traced: tracing.begin(input.trace) };
    return warning === undefined && version === checked.version ? checked : { ...checked, version, warning };
  }

  /** `dispatch`: where room is reserved for it; undefined: nowhere. `isReceived`: a source made it of a request. */
  #prepare(
    scope: Scope,
    checked: AdmittedEvent,
    at: number,
    dispatch: DispatchPort | undefined,
    isReceived = false,
  ): Prepared {
    const { directory, catalogue, newId } = this.#parts;
    const { warning, traced, data } = checked;
    const leased: NewDelivery[] = [];
    const event: NewEvent = {
      scope,
      // Ids first: what throws here must not leave room reserved that nobody gives back.
      id: checked.id ?? newId("evt"),
      type: checked.type,
      timestamp: checked.timestamp,
      data,
      metadata: checked.metadata,
      version: checked.version,
      fingerprint: checked.fingerprint,
      createdAt: at,
      deliveries: [],
    };
    if (traced !== undefined) event.trace = traced.trace;
    const takers = catalogue.wanting(directory.takersOfEvent(scope, event, isReceived), scope, event, directory);
    event.deliveries = takers.map((subscriptionRowId): NewDelivery => {
      const deliveryId = newId("dlv");
      const orderKey = directory.orderKeyOf(subscriptionRowId, data);
      // What has an order may have to wait for another one, which only the store knows.
      const lease: Lease | undefined =
        orderKey === undefined ? dispatch?.freshLease(subscriptionRowId, data.length) : undefined;
      const delivery = { id: deliveryId, subscriptionRowId, lease, orderKey };
      if (lease !== undefined) leased.push(delivery);
      return delivery;
    });
    return { event, leased, warning, traceParent: traced?.parentSpanId };
  }

  /** Undefined without a limit to the backlog. @throws HooksError `unavailable` beyond it */
  #place(): Promise<Place> | undefined {
    return this.#parts.backlog?.admit();
  }

  async #append(
    prepared: readonly Prepared[],
    place: Place | undefined,
    append: (events: readonly NewEvent[]) => Promise<AppendedEvent[]> = (events) =>
      this.#parts.store.appendEvents(events),
  ): Promise<AppendedEvent[]> {
    place?.takes(prepared.reduce((sum, { event }) => sum + event.deliveries.length, 0));
    if (prepared.length === 0) return [];
    const { dispatch, observer } = this.#parts;
    const askedAt = observer === undefined ? 0 : performance.now();
    let appended: AppendedEvent[];
    try {
      appended = await append(prepared.map((one) => one.event));
    } catch (error) {
      dispatch?.abandon(prepared.flatMap((one) => one.leased.map((delivery) => delivery.subscriptionRowId)));
      throw error;
    }
    observer?.appended(prepared, appended, performance.now() - askedAt);
    if (dispatch !== undefined) handOn(dispatch, prepared, appended);
    return appended;
  }
}

/** To the dispatcher, which looks once at what came of all of them: a batch has a hundred events for the same few lanes. */
function handOn(dispatch: DispatchPort, prepared: readonly Prepared[], appended: readonly AppendedEvent[]): void {
  const fresh: ClaimedDelivery[] = [];
  const unused: number[] = [];
  let waiting: Set<number> | undefined;
  for (let index = 0; index < prepared.length; index++) {
    const { event, leased } = prepared[index]!;
    const one = appended[index]!;
    if (one.kind !== "stored") {
      for (const { subscriptionRowId } of leased) unused.push(subscriptionRowId);
      continue;
    }
    const { deliveries } = event;
    for (let nth = 0; nth < deliveries.length; nth++) {
      const { id, subscriptionRowId, lease } = deliveries[nth]!;
      if (lease === undefined) {
        waiting ??= new Set();
        waiting.add(subscriptionRowId);
        continue;
      }
      fresh.push({
        rowId: one.deliveryRowIds[nth]!,
        id,
        subscriptionRowId,
        scope: event.scope,
        event,
        attemptCount: 0,
        roundAttempts: 0,
        createdAt: event.createdAt,
        trigger: "auto",
      });
    }
  }
  if (unused.length !== 0) dispatch.abandon(unused);
  if (waiting !== undefined) for (const subscriptionRowId of waiting) dispatch.wake(subscriptionRowId);
  if (fresh.length !== 0) dispatch.offer(fresh);
}

function checkCount(inputs: readonly EventInput[]): void {
  if (inputs.length <= BATCH_MAX_EVENTS) return;
  throw new HooksError("too_large", `a batch must be at most ${BATCH_MAX_EVENTS} events`, { field: "events" });
}

function orError<T>(check: () => T, throwIndex: number | undefined): T | HooksError {
  try {
    return check();
  } catch (error) {
    const known = toHooksError(error);
    if (known.code === "internal") throw error;
    if (throwIndex !== undefined) throw atIndex(known, throwIndex);
    return known;
  }
}

function receiptOf({ event, warning }: Prepared, appended: AppendedEvent): PublishReceipt | HooksError {
  const warnings = warning === undefined ? {} : { warnings: [warning] };
  switch (appended.kind) {
    case "stored":
      return { id: event.id, deliveries: event.deliveries.length, ...warnings };
    case "repeated":
      return { id: event.id, deliveries: appended.deliveryCount, ...warnings };
    case "conflict":
      return new HooksError("conflict", `id ${event.id} was published before with other content`, {
        field: "id",
        hint: "an id names one event for ever: give a new event a new id",
      });
    case "erased":
      return new HooksError("conflict", `the event of id ${event.id} was erased: its id is not taken again`, {
        field: "id",
        hint: "an id names one event for ever: give a new event a new id",
      });
  }
}

/** A thousand events of a deprecated type are told of once. */
function sayOnce(results: readonly (BatchResult | HooksError)[]): void {
  const said = new Set<string>();
  for (const result of results) {
    if (result instanceof HooksError || !("warnings" in result)) continue;
    const fresh = result.warnings.filter((warning) => !said.has(warning));
    for (const warning of fresh) said.add(warning);
    if (fresh.length === 0) delete result.warnings;
    else result.warnings = fresh;
  }
}
