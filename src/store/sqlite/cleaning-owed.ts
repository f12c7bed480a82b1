import type { Connection } from "./connection.ts";
import { Statements } from "./statements.ts";

/** Counts erasings whose remains may still be in the files: whoever cleans them, perhaps after a crash, settles it. */
export class CleaningOwed {
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#statements = new Statements(connection);
  }

  /** In the transaction that erases, or the one that begins it. */
  add(): void {
    this.#statements.rows("UPDATE store SET cleaning_owed = cleaning_owed + 1").run();
  }

  /** False when something was erased since so much was owed. */
  settle(owed: number): boolean {
    const { changes } = this.#statements.rows("UPDATE store SET cleaning_owed = 0 WHERE cleaning_owed = ?").run(owed);
    return changes === 1;
  }
}
