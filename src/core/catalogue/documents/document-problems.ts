import { HooksError } from "../../errors.ts";
import { formatFragment } from "../../json-schema/json-pointer.ts";

const MOST_SHOWN = 10;
const MOST_KEPT = 100;

/** A document to import types from, as it was parsed. */
export interface TypeDocument {
  /** Of its file, for messages and for a schema that names itself nowhere. */
  name: string;
  value: unknown;
}

/** What is wrong with one place of a document. */
export class DocumentProblem extends Error {
  readonly place: string;

  constructor(document: TypeDocument, path: readonly string[], message: string) {
    super(message);
    this.place = `${document.name}${formatFragment(path)}`;
  }
}

/** What is wrong with documents, collected: who corrects one wants to know of all. */
export class DocumentProblems {
  readonly #found: DocumentProblem[] = [];
  #count = 0;

  add(problem: DocumentProblem): void {
    this.#count++;
    if (this.#found.length < MOST_KEPT) this.#found.push(problem);
  }

  /** Notes a problem, and passes on what is none. @throws whatever else */
  take(error: unknown): undefined {
    if (!(error instanceof DocumentProblem)) throw error;
    this.add(error);
    return undefined;
  }

  /** What `read` answers; undefined when it found something wrong, which is noted. */
  noting<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      return this.take(error);
    }
  }

  /** @throws HooksError `invalid_request` that names every place (the first ten), and the first one as its field. */
  throwIfAny(): void {
    const [first] = this.#found;
    if (first === undefined) return;
    const shown = this.#found.slice(0, MOST_SHOWN).map(({ place, message }) => `${place}: ${message}`);
    const rest = this.#count - shown.length;
    const text = rest === 0 ? shown.join("; ") : `${shown.join("; ")}; and ${rest} more`;
    throw new HooksError("invalid_request", text, { field: first.place, hint: "nothing was imported" });
  }
}
