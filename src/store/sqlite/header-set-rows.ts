import type { HeaderSetSweep } from "../retention-store.ts";
import type { Connection } from "./connection.ts";
import type { HeaderSetText } from "./header-sets.ts";
import { Statements } from "./statements.ts";
import { wiping } from "./wiping.ts";

/** More than a process sends to at a time is hardly in use. */
const MAX_REMEMBERED = 10_000;
/** `seen` of a row whose text was wiped: it waits for the next text, and no sweep looks at it. */
const FREE = Number.MAX_SAFE_INTEGER;

interface SetRow {
  id: number;
  seen: number;
}

interface UseRow {
  deliveryRowId: number;
  request: number | null;
  response: number | null;
}

/**
 * The rows of `header_sets`. Belongs to the write connection. A text that no attempt uses any more is wiped, and its row
 * is taken for the next: to delete a row SQLite would look for it in every attempt.
 */
export class HeaderSetRows {
  readonly #connection: Connection;
  readonly #statements: Statements;
  readonly #ids = new Map<HeaderSetText, number>();
  /** As of which the ids are known; undefined: none is. */
  #cycle: number | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = new Statements(connection);
  }

  /** Before the first `idOf` of a transaction. */
  begin(): void {
    const cycle = this.#statements.values<number>("SELECT header_cycle FROM store").get()!;
    if (cycle === this.#cycle) return;
    // A sweep began, perhaps in another process: what is used from now on must be marked for it.
    this.#ids.clear();
    this.#cycle = cycle;
  }

  /** For an attempt that is stored in this transaction. */
  idOf(content: HeaderSetText): number {
    let id = this.#ids.get(content);
    if (id === undefined) {
      id = this.#used(content, this.#cycle!);
      if (MAX_REMEMBERED <= this.#ids.size) this.#ids.clear();
      this.#ids.set(content, id);
    }
    return id;
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#ids.clear();
    this.#cycle = undefined;
  }

  /**
   * The next step of a sweep, newest attempts first: those that are in use are found soon, and when all are, it ends.
   * At its end what was not found is wiped, `limit` in a step. Answers where it stands; undefined: it is done.
   */
  sweep(from: HeaderSetSweep | undefined, limit: number): HeaderSetSweep | undefined {
    const { cycle, below } = from ?? this.#beginCycle();
    const { used, last, isDone } = this.#usedBelow(below, limit);
    this.#statements
      .rows(`
        UPDATE header_sets SET seen = @cycle
        WHERE seen < @cycle AND header_set_id IN (SELECT value FROM json_each(@ids))
      `)
      .run({ cycle, ids: JSON.stringify([...used]) });
    const unseen = this.#statements
      .values<number>("SELECT header_set_id FROM header_sets INDEXED BY header_sets_by_seen WHERE seen < ? LIMIT ?")
      .all(cycle, limit);
    if (unseen.length === 0) return undefined;
    if (!isDone) return { cycle, below: last };
    wiping(this.#connection, () =>
      this.#statements
        .rows(`
          UPDATE header_sets SET content = '~' || header_set_id, seen = ${FREE}
          WHERE header_set_id IN (SELECT value FROM json_each(?))
        `)
        .run(JSON.stringify(unseen)),
    );
    return unseen.length < limit ? undefined : { cycle, below: 0 };
  }

  #beginCycle(): HeaderSetSweep {
    const cycle = this.#statements
      .values<number>("UPDATE store SET header_cycle = header_cycle + 1 RETURNING header_cycle")
      .get()!;
    return { cycle, below: Number.MAX_SAFE_INTEGER };
  }

  /** Sets that attempts of deliveries below this row use; of `limit` attempts, and the rest of the last delivery. */
  #usedBelow(below: number, limit: number): { used: Set<number>; last: number; isDone: boolean } {
    const rows = this.#statements.rows<UseRow>(`
      SELECT delivery_id AS deliveryRowId, request_set_id AS request, response_set_id AS response
      FROM attempts WHERE delivery_id < ? ORDER BY delivery_id DESC
    `);
    const used = new Set<number>();
    let last = below;
    let looked = 0;
    for (const { deliveryRowId, request, response } of rows.iterate(below)) {
      if (limit <= looked && deliveryRowId !== last) return { used, last, isDone: false };
      looked += 1;
      last = deliveryRowId;
      if (request !== null) used.add(request);
      if (response !== null) used.add(response);
    }
    return { used, last, isDone: true };
  }

  #used(content: HeaderSetText, cycle: number): number {
    const known = this.#statements
      .rows<SetRow>("SELECT header_set_id AS id, seen FROM header_sets WHERE content = ?")
      .get(content);
    if (known === undefined) return this.#add(content, cycle);
    if (known.seen < cycle) {
      this.#statements.rows("UPDATE header_sets SET seen = ? WHERE header_set_id = ?").run(cycle, known.id);
    }
    return known.id;
  }

  #add(content: HeaderSetText, cycle: number): number {
    // Free ones are called "~" and their number, which is behind everything that JSON begins with.
    const free = this.#statements
      .values<number>("SELECT header_set_id FROM header_sets WHERE content >= '~' LIMIT 1")
      .get();
    const values = { content, cycle, free: free ?? null };
    const { lastInsertRowid } = this.#statements
      .rows(`
        INSERT INTO header_sets (header_set_id, content, seen) VALUES (@free, @content, @cycle)
        ON CONFLICT (header_set_id) DO UPDATE SET content = excluded.content, seen = excluded.seen
      `)
      .run(values);
    return free ?? Number(lastInsertRowid);
  }
}
