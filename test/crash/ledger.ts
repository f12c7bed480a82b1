import { closeSync, openSync, writeSync } from "node:fs";
import { isAccepted, type PublishTry, type SentEvent } from "./history.ts";

/** Lines gathered before they are written: one write for each would cost more than the line. */
const LINES_A_WRITE = 200;

/** A file of JSON lines that is written as things happen, so that it is there whatever becomes of the campaign. */
export class JsonLines {
  readonly #file: number;
  #lines: string[] = [];

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  add(value: object): void {
    this.#lines.push(JSON.stringify(value));
    if (LINES_A_WRITE <= this.#lines.length) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (0 < this.#lines.length) writeSync(this.#file, `${this.#lines.join("\n")}\n`);
    this.#lines = [];
  }
}

/** What was sent to the daemon and what it answered: every answer as it came, kept where no crash of it can reach. */
export class Ledger {
  readonly events = new Map<string, SentEvent>();
  readonly tries: PublishTry[] = [];
  readonly accepted = new Set<string>();
  readonly #lines: JsonLines;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(path: string) {
    this.#lines = new JsonLines(path);
  }

  /** Before its first try. */
  sent(id: string, event: SentEvent): void {
    this.events.set(id, event);
    this.#lines.add({ kind: "sent", id, ...event });
  }

  answered(one: PublishTry): void {
    this.tries.push(one);
    this.#lines.add({ kind: "try", ...one });
    if (!isAccepted(one)) return;
    this.accepted.add(one.id);
    const reached = this.#waiting.filter(({ count }) => count <= this.accepted.size);
    if (reached.length === 0) return;
    this.#waiting = this.#waiting.filter(({ count }) => this.accepted.size < count);
    for (const { resolve } of reached) resolve();
  }

  /** Resolves when so many events are accepted. */
  reaches(count: number): Promise<void> {
    if (count <= this.accepted.size) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  close(): void {
    this.#lines.close();
  }
}
