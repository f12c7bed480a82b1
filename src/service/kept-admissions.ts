import type { Principal } from "../core/key.ts";
import type { KeyTable } from "./key-table.ts";

/** Within a second of its end nobody works with a key any more. */
const LOOK_EVERY_MS = 500;

/**
 * Connections that go on after they were let in: they end when the key does that they were let in with. Requests need
 * none of this, they are judged one by one.
 */
export class KeptAdmissions {
  readonly #keys: KeyTable;
  readonly #kept = new Map<symbol, { keyId: string; end: () => void }>();
  #looking: NodeJS.Timeout | undefined;

  constructor(keys: KeyTable) {
    this.#keys = keys;
    keys.onChange(() => this.#look());
  }

  /** `end` is called when the key ends; not after the function that is returned was called. */
  keep({ keyId }: Principal, end: () => void): () => void {
    if (keyId === undefined) return () => {};
    const mark = Symbol(keyId);
    this.#kept.set(mark, { keyId, end });
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
    return () => this.#forget(mark);
  }

  stop(): void {
    clearInterval(this.#looking);
  }

  #look(): void {
    for (const [mark, { keyId, end }] of this.#kept) {
      if (this.#keys.isValid(keyId)) continue;
      this.#forget(mark);
      end();
    }
  }

  #forget(mark: symbol): void {
    this.#kept.delete(mark);
    if (0 < this.#kept.size) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}
