import type { ListenRow, ListenState } from "./listen-state.ts";
import { rowFilter } from "./row-filter.ts";

/** What of the list is shown. */
export interface ListWindow {
  /** All rows that the filter and a pause leave, oldest first. */
  visible: readonly ListenRow[];
  /** Index in `visible` of the first line's row. */
  top: number;
  /** Index in `visible`; -1 when there is none. */
  selected: number;
}

/** Stays at the newest row until a person moves; then at the row that was chosen, whatever comes. */
export function listWindow(state: ListenState, room: number): ListWindow {
  const { rows, pausedAt, filter } = state;
  const takes = filter.trim() === "" ? undefined : rowFilter(filter);
  const visible = rows.filter((row) => (pausedAt === undefined || row.number <= pausedAt) && takes?.(row) !== false);
  const last = visible.length - 1;
  const selected = state.selected === undefined ? last : nearest(visible, state.selected);
  const lowest = Math.max(0, visible.length - room);
  if (state.selected === undefined) return { visible, top: lowest, selected };
  const stood = Math.min(lowest, nearest(visible, state.top));
  const top = Math.max(Math.min(stood, selected), selected - room + 1, 0);
  return { visible, top, selected };
}

/** Index of the row with that number, else of the next newer one, else of the last. */
function nearest(visible: readonly ListenRow[], number: number): number {
  const index = visible.findIndex((row) => number <= row.number);
  return index === -1 ? visible.length - 1 : index;
}
