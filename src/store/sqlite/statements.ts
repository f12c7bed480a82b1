import type { Connection, Statement } from "./connection.ts";

/** Statements of a connection, compiled on first use and kept. For the few texts that a filter can put together. */
export class Statements {
  readonly #connection: Connection;
  readonly #known = new Map<string, Statement>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Rows as objects. */
  rows<Row>(sql: string): Statement<Row> {
    return this.#prepare(`rows ${sql}`, sql, (statement) => statement) as Statement<Row>;
  }

  /** The only column of each row. */
  values<Value>(sql: string): Statement<Value> {
    return this.#prepare(`values ${sql}`, sql, (statement) => statement.pluck()) as Statement<Value>;
  }

  #prepare(key: string, sql: string, shape: (statement: Statement) => Statement): Statement {
    let statement = this.#known.get(key);
    if (statement === undefined) {
      statement = shape(this.#connection.prepare(sql));
      this.#known.set(key, statement);
    }
    return statement;
  }
}
