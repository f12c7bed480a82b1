import type { AppendedEvent } from "../store.ts";

// What became of appended events, as one flat list of numbers (see packed-events.ts): for each its kind, then how many
// numbers follow, then these: the row ids of its deliveries, or how many there were.

const KINDS = ["stored", "repeated", "conflict", "erased"] as const;

export function packAppended(into: number[], appended: readonly AppendedEvent[]): void {
  for (const one of appended) {
    into.push(KINDS.indexOf(one.kind));
    if (one.kind === "stored") {
      into.push(one.deliveryRowIds.length);
      for (const rowId of one.deliveryRowIds) into.push(rowId);
    } else if (one.kind === "repeated") into.push(1, one.deliveryCount);
    else into.push(0);
  }
}

/** So many events from place `at` on. */
export function unpackAppended(
  values: readonly number[],
  at: number,
  count: number,
): { appended: AppendedEvent[]; next: number } {
  const appended: AppendedEvent[] = [];
  let next = at;
  for (let n = 0; n < count; n++) {
    const kind = KINDS[values[next]!]!;
    const length = values[next + 1]!;
    next += 2;
    if (kind === "stored") appended.push({ kind, deliveryRowIds: values.slice(next, next + length) });
    else if (kind === "repeated") appended.push({ kind, deliveryCount: values[next]! });
    else appended.push({ kind });
    next += length;
  }
  return { appended, next };
}
