import type { Connection, Statement } from "./connection.ts";

/** Rows of one statement, the largest first. */
const SIZES = [16, 4, 1] as const;

export type RowValue = string | number | Uint8Array | null;
/** What every row has in a column, and is written into the statement. */
type Constants = Readonly<Record<string, string | number | null>>;

/**
 * Rows that are gathered and then inserted some at a time, within one transaction. To run a statement costs as much as to
 * hand it ten values, so one for many rows, with what they have in common written into it, takes half the time.
 */
export class RowInserts {
  readonly #connection: Connection;
  readonly #sql: (rows: number) => string;
  readonly #constants: readonly [place: number, value: unknown][];
  /** Places of the others. */
  readonly #given: readonly number[];
  /** By their number of rows; compiled on first use. */
  readonly #statements = new Map<number, Statement>();
  /** Of the rows that are not inserted yet, one after the other. */
  #values: RowValue[] = [];
  #onInserted: (((rowId: number) => void) | undefined)[] = [];

  constructor(connection: Connection, table: string, columns: readonly string[], constants: Constants) {
    this.#connection = connection;
    const row = columns.map((column) => (column in constants ? literal(constants[column]!) : "?"));
    const insert = `INSERT INTO ${table} (${columns.join(", ")}) VALUES `;
    this.#sql = (rows) => insert + Array.from({ length: rows }, () => `(${row.join(", ")})`).join(", ");
    this.#constants = Object.entries(constants).map(([column, value]) => [columns.indexOf(column), value]);
    this.#given = columns.flatMap((column, place) => (column in constants ? [] : [place]));
  }

  /** Whether this row has what every row has. */
  fits(row: readonly RowValue[]): boolean {
    for (const [place, value] of this.#constants) if (row[place] !== value) return false;
    return true;
  }

  /** Forgets what an operation that failed has left behind. */
  begin(): void {
    this.#values = [];
    this.#onInserted = [];
  }

  /** A value for each column, in their order. `onInserted` is called by `flush`. */
  add(row: readonly RowValue[], onInserted?: (rowId: number) => void): void {
    for (const place of this.#given) this.#values.push(row[place]!);
    this.#onInserted.push(onInserted);
  }

  /** Inserts what was added since the last time. */
  flush(): void {
    const width = this.#given.length;
    let done = 0;
    for (const rows of SIZES) {
      for (; rows <= this.#onInserted.length - done; done += rows) {
        const { lastInsertRowid } = this.#statement(rows).run(this.#values.slice(done * width, (done + rows) * width));
        // Each row gets the id after the largest that there is.
        const first = Number(lastInsertRowid) - rows + 1;
        for (let n = 0; n < rows; n++) this.#onInserted[done + n]?.(first + n);
      }
    }
    this.begin();
  }

  #statement(rows: number): Statement {
    let statement = this.#statements.get(rows);
    if (statement === undefined) {
      statement = this.#connection.prepare(this.#sql(rows));
      this.#statements.set(rows, statement);
    }
    return statement;
  }
}

function literal(value: string | number | null): string {
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}
