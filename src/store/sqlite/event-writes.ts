import { fingerprintOf } from "../../core/event-content.ts";
import type { AppendedEvent, NewDelivery, NewEvent } from "../store.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection, Statement } from "./connection.ts";
import type { DeliveryInserts } from "./delivery-inserts.ts";
import type { Interned } from "./interned.ts";
import { RowInserts } from "./row-inserts.ts";
import type { AppendMode } from "./write-operations.ts";

interface KnownEvent {
  fingerprint: Uint8Array;
  deliveryCount: number;
}

interface EventContent {
  type: string;
  data: Uint8Array;
  metadata: Uint8Array | null;
}

const COLUMNS = [
  "scope_id",
  "public_id",
  "event_type_id",
  "timestamp",
  "version",
  "delivery_count",
  "created_at",
  "fingerprint",
  "metadata",
  "data",
  "trace",
];

/** Appends to the tables `events` and `deliveries`. */
export class EventWrites {
  readonly #interned: Interned;
  readonly #deliveries: DeliveryInserts;
  /** Events that cannot be there. */
  readonly #made: RowInserts;
  readonly #insert: Statement;
  readonly #findKnown: Statement<KnownEvent & { rowId: number }>;
  readonly #findContent: Statement<EventContent>;
  readonly #findScope: Statement<number>;
  readonly #addToCount: Statement;
  readonly #revision: ConfigRevision;
  readonly #hasPurges: Statement<number>;
  readonly #findErased: Statement<number>;
  /** Whether events were ever erased, as of a revision: without any, publishing pays one comparison. */
  #purges = { revision: -1, areThere: false };

  constructor(connection: Connection, interned: Interned, revision: ConfigRevision, deliveries: DeliveryInserts) {
    this.#revision = revision;
    this.#hasPurges = connection.prepare<unknown[], number>("SELECT EXISTS (SELECT 1 FROM purges)").pluck();
    this.#findErased = connection
      .prepare<unknown[], number>("SELECT 1 FROM erased_events WHERE scope_id = ? AND public_id = ?")
      .pluck();
    this.#interned = interned;
    this.#deliveries = deliveries;
    this.#made = new RowInserts(connection, "events", COLUMNS, {});
    this.#insert = connection.prepare(`
      INSERT INTO events (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})
      ON CONFLICT (scope_id, public_id) DO NOTHING
    `);
    this.#findKnown = connection.prepare(
      `SELECT event_id AS rowId, fingerprint, delivery_count AS deliveryCount FROM events
       WHERE scope_id = ? AND public_id = ?`,
    );
    this.#findContent = connection.prepare(
      "SELECT name AS type, data, metadata FROM events JOIN event_types USING (event_type_id) WHERE event_id = ?",
    );
    this.#findScope = connection.prepare<unknown[], number>("SELECT scope_id FROM events WHERE event_id = ?").pluck();
    this.#addToCount = connection.prepare("UPDATE events SET delivery_count = delivery_count + ? WHERE event_id = ?");
  }

  append(mode: AppendMode, events: readonly NewEvent[]): AppendedEvent[] {
    if (mode !== "each") {
      const foreseen = this.#foresee(events);
      if (mode === "trial") return foreseen;
      if (foreseen.some(({ kind }) => kind === "conflict" || kind === "erased")) return foreseen.map(unstored);
    }
    return this.#addAll(events);
  }

  /** Several appends of mode `each` as if they were one. */
  appendEach(appends: readonly (readonly NewEvent[])[]): AppendedEvent[][] {
    const added = this.#addAll(appends.flat());
    let next = 0;
    return appends.map(({ length }) => {
      next += length;
      return added.slice(next - length, next);
    });
  }

  addDeliveries(eventRowId: number, deliveries: readonly NewDelivery[], now: number): number[] {
    const scopeId = this.#findScope.get(eventRowId);
    if (scopeId === undefined) return [];
    const added: number[] = [];
    for (const delivery of deliveries) {
      const rowId = this.#deliveries.addForReplay(scopeId, eventRowId, delivery, now);
      if (rowId !== undefined) added.push(rowId);
    }
    this.#addToCount.run(added.length, eventRowId);
    return added;
  }

  add(event: NewEvent): AppendedEvent {
    return this.#addAll([event])[0]!;
  }

  #addAll(events: readonly NewEvent[]): AppendedEvent[] {
    this.#made.begin();
    this.#deliveries.begin();
    const added = events.map((event) => this.#add(event));
    this.#made.flush();
    this.#deliveries.flush();
    return added;
  }

  /** The row ids of its deliveries are set when those are flushed, after the events. */
  #add(event: NewEvent): AppendedEvent {
    const scopeId = this.#interned.scopeId(event.scope);
    if (this.#isErased(scopeId, event.id)) return { kind: "erased" };
    const row = [
      scopeId,
      event.id,
      this.#interned.eventTypeId(scopeId, event.type),
      event.timestamp,
      event.version ?? null,
      event.deliveries.length,
      event.createdAt,
      event.fingerprint,
      event.metadata ?? null,
      event.data,
      event.trace ?? null,
    ];
    const deliveryRowIds: number[] = [];
    const addDeliveries = (rowId: number): void => {
      this.#deliveries.add(scopeId, rowId, event.deliveries, event.createdAt, deliveryRowIds);
    };
    if (isMadeHere(event)) this.#made.add(row, addDeliveries);
    else {
      // Those before it come before it, and their deliveries before its own.
      this.#made.flush();
      const { changes, lastInsertRowid } = this.#insert.run(row);
      if (changes === 0) return repeatOf(this.#known(scopeId, event.id)!, event);
      addDeliveries(Number(lastInsertRowid));
    }
    return { kind: "stored", deliveryRowIds };
  }

  /** With a fingerprint, also of an event whose id was made here: it is made once its id comes again. */
  #known(scopeId: number, id: string): KnownEvent | undefined {
    const known = this.#findKnown.get(scopeId, id);
    if (known === undefined || 0 < known.fingerprint.length) return known;
    const { type, data, metadata } = this.#findContent.get(known.rowId)!;
    return { ...known, fingerprint: fingerprintOf({ type, data, metadata: metadata ?? undefined }) };
  }

  /** What would become of each, with what is stored and among themselves. Nothing is written for it, no scope either. */
  #foresee(events: readonly NewEvent[]): AppendedEvent[] {
    const seen = new Map<string, KnownEvent>();
    return events.map((event): AppendedEvent => {
      const scopeId = this.#interned.knownScopeId(event.scope);
      if (scopeId !== undefined && this.#isErased(scopeId, event.id)) return { kind: "erased" };
      const key = `${event.scope.tenant}/${event.scope.environment}/${event.id}`;
      const known = seen.get(key) ?? (scopeId === undefined ? undefined : this.#known(scopeId, event.id));
      if (known !== undefined) return repeatOf(known, event);
      seen.set(key, { fingerprint: event.fingerprint, deliveryCount: event.deliveries.length });
      return { kind: "stored", deliveryRowIds: [] };
    });
  }

  #isErased(scopeId: number, id: string): boolean {
    const { current } = this.#revision;
    if (this.#purges.revision !== current) {
      this.#purges = { revision: current, areThere: this.#hasPurges.get() === 1 };
    }
    return this.#purges.areThere && this.#findErased.get(scopeId, id) !== undefined;
  }
}

/** Its id was: nobody can have published it before, and it has no fingerprint. */
function isMadeHere({ fingerprint }: NewEvent): boolean {
  return fingerprint.length === 0;
}

/** Nothing is stored because of another one: whoever asked must not take it for stored. */
function unstored(foreseen: AppendedEvent): AppendedEvent {
  return foreseen.kind === "stored" ? { kind: "repeated", deliveryCount: 0 } : foreseen;
}

function repeatOf(known: KnownEvent, event: NewEvent): AppendedEvent {
  return Buffer.compare(known.fingerprint, event.fingerprint) === 0
    ? { kind: "repeated", deliveryCount: known.deliveryCount }
    : { kind: "conflict" };
}
