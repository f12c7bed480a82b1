/**
 * SQL: a parameter that the planner does not read. SQLite compiles a statement anew, 5 to 10 µs, each time another value
 * is bound to one that might change its plan: in `column = ?` beside an index that does not use it, and in `LIMIT ?`. Our
 * plans are fixed by their indexes. `(? + 0)` would do as well, for numbers only; the operator costs nothing when it runs.
 */
export const UNREAD = "(? COLLATE BINARY)";
