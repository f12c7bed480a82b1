/** Gives names of types in TypeScript, each once. */
export class TypeNames {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** `invoice.payment_failed` → `InvoicePaymentFailed`, and a number behind it when that is given already. */
  give(words: string): string {
    const parts = words.split(/[^A-Za-z0-9]+/).filter((part) => part !== "");
    const joined = parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
    const base = /^[A-Za-z]/.test(joined) ? joined : `Type${joined}`;
    let name = base;
    for (let count = 2; this.#taken.has(name); count++) name = `${base}${/\d$/.test(base) ? "_" : ""}${count}`;
    this.#taken.add(name);
    return name;
  }
}
