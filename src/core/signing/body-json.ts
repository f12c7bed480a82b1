const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A webhook's body as JSON, of which only own properties and only scalars are read; undefined: it is none. */
export class BodyJson {
  readonly #value: unknown;

  private constructor(value: unknown) {
    this.#value = value;
  }

  /** Strict: bytes that are no UTF-8, and a byte order mark, are no JSON. */
  static parse(body: Uint8Array | string): BodyJson | undefined {
    try {
      return new BodyJson(JSON.parse(typeof body === "string" ? body : decoder.decode(body)) as unknown);
    } catch {
      return undefined;
    }
  }

  /** Text or number at a path of names with dots between them, as text; undefined: there is nothing of the kind. */
  text(path: string): string | undefined {
    let value = this.#value;
    for (const name of path.split(".")) {
      if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
        return undefined;
      }
      value = (value as Record<string, unknown>)[name];
    }
    if (typeof value === "string") return value;
    return Number.isSafeInteger(value) ? String(value) : undefined;
  }
}
