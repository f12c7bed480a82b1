import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowInserts } from "../../src/store/sqlite/row-inserts.ts";

const COLUMNS = ["name", "kind", "note"];

function openTable(): { connection: Database.Database; rows(): unknown[]; statements: string[] } {
  const statements: string[] = [];
  const connection = new Database(":memory:", { verbose: (sql) => statements.push(String(sql)) });
  connection.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, kind TEXT, note TEXT)");
  statements.length = 0;
  return { connection, statements, rows: () => connection.prepare("SELECT * FROM t ORDER BY id").all() };
}

describe("rows that are inserted some at a time", () => {
  it("are all there in their order, and each is told its id, however many there are and were before", () => {
    const counts = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 5 }), (turns, before) => {
        const { connection, rows } = openTable();
        for (let n = 0; n < before; n++) connection.exec(`INSERT INTO t (name) VALUES ('before ${n}')`);
        const inserts = new RowInserts(connection, "t", COLUMNS, { kind: "it's", note: null });
        const expected: unknown[] = rows();
        for (const [turn, count] of turns.entries()) {
          const ids: number[] = [];
          for (let n = 0; n < count; n++) inserts.add([`${turn}.${n}`, "it's", null], (rowId) => ids.push(rowId));
          expect(ids).toEqual([]);
          inserts.flush();
          for (let n = 0; n < count; n++) expected.push({ id: ids[n], name: `${turn}.${n}`, kind: "it's", note: null });
        }
        expect(rows()).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("take one statement for sixteen, or four, or the one that is left", () => {
    const { connection, statements } = openTable();
    const inserts = new RowInserts(connection, "t", COLUMNS, {});
    for (let n = 0; n < 37; n++) inserts.add([String(n), "a", "b"]);
    inserts.flush();
    inserts.flush();
    expect(statements.filter((sql) => sql.startsWith("INSERT")).map((sql) => sql.split("), (").length)).toEqual([
      16, 16, 4, 1,
    ]);
  });

  it("go with others that have the same in a column; a text is another one than a number", () => {
    const { connection } = openTable();
    const inserts = new RowInserts(connection, "t", COLUMNS, { kind: "1", note: null });
    expect(inserts.fits(["a", "1", null])).toBe(true);
    expect(inserts.fits(["b", "1", null])).toBe(true);
    expect(inserts.fits(["a", "2", null])).toBe(false);
    expect(inserts.fits(["a", 1, null])).toBe(false);
    expect(inserts.fits(["a", "1", "note"])).toBe(false);
  });

  it("are forgotten where the operation failed, and do not go with the next", () => {
    const { connection, rows } = openTable();
    const inserts = new RowInserts(connection, "t", COLUMNS, {});
    inserts.add(["same", "a", null]);
    inserts.add(["same", "a", null]);
    expect(() => inserts.flush()).toThrow(/UNIQUE/);
    inserts.begin();
    inserts.add(["other", "a", null]);
    inserts.flush();
    expect(rows()).toMatchObject([{ name: "same" }, { name: "other" }]);
  });
});
