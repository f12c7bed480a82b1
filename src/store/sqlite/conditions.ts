/** The WHERE of a filtered list: conditions and their values, in order. */
export class Conditions {
  readonly #sql: string[] = [];
  readonly values: unknown[] = [];

  get sql(): string {
    return this.#sql.join(" AND ");
  }

  add(sql: string, ...values: unknown[]): this {
    this.#sql.push(sql);
    this.values.push(...values);
    return this;
  }

  /** Only when there is a value. */
  addIf(sql: string, value: unknown): this {
    return value === undefined ? this : this.add(sql, value);
  }
}
