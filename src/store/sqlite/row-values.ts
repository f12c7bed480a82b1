/** A row as SQLite gives it: null where the program says undefined. */
export type Nullable<Row, Columns extends keyof Row> = Omit<Row, Columns> & {
  [Column in Columns]: Exclude<Row[Column], undefined> | null;
};

/** Texts that begin with `start`: from the first, to before the second. Names and ids are ASCII below DEL. */
export function prefixRange(start: string): [from: string, before: string] {
  return [start, `${start}\x7f`];
}
