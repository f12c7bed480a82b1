import { clockText } from "./list-line.ts";
import { inHand, type ListenState } from "./listen-state.ts";
import { type Piece, type StyledLine, widthOf } from "./styled-line.ts";

interface Part {
  pieces: StyledLine;
  /** The highest goes first when there is no room; 0 never. */
  expendable: number;
  /** Belongs to the part before it. */
  isClose?: boolean;
}

const GAP = "   ";

/** Whether it is connected, and what has been. As much of it as fits. */
export function statusLine(state: ListenState, shown: number, width: number): StyledLine {
  let parts = partsOf(state, shown);
  const line = (): StyledLine =>
    parts.flatMap(({ pieces, isClose }, index) =>
      index === 0 ? pieces : [{ text: isClose === true ? " " : GAP }, ...pieces],
    );
  while (width < widthOf(line())) {
    const first = Math.max(...parts.map(({ expendable }) => expendable));
    if (first === 0) break;
    parts = parts.filter(({ expendable }) => expendable !== first);
  }
  return line();
}

function partsOf(state: ListenState, shown: number): Part[] {
  const { session, ok, failed, durations, missed, absent, pausedAt, filter, nextNumber, search } = state;
  const waiting = inHand(state);
  const part = (expendable: number, text: string, style?: Piece["style"]): Part => ({
    pieces: [{ text, style }],
    expendable,
  });
  const median = durations.toSorted((a, b) => a - b)[durations.length >> 1];
  return [
    ...linkParts(state),
    ...(pausedAt === undefined ? [] : [part(0, `paused, ${nextNumber - 1 - pausedAt} new`, "yellow")]),
    ...absent.map((where) => part(2, `○ nothing on ${where}`, "red")),
    ...(missed === undefined ? [] : [part(3, missed.line, "yellow")]),
    ...(filter.trim() === "" ? [] : [part(5, `filter ${filter.trim()} (${shown} of ${state.rows.length})`, "cyan")]),
    ...(search === "" ? [] : [part(8, `/${search}`, "cyan")]),
    ...(session.secretHint === undefined ? [] : [part(9, `secret ${session.secretHint}`)]),
    part(6, `events ${ok + failed}`),
    part(4, `ok ${ok}`, ok === 0 ? undefined : "green"),
    part(1, `failed ${failed}`, failed === 0 ? undefined : "red"),
    ...(waiting === 0 ? [] : [part(5, `in hand ${waiting}`, "yellow")]),
    ...(median === undefined ? [] : [part(7, `p50 ${median} ms`)]),
  ];
}

function linkParts({ link }: ListenState): Part[] {
  switch (link.kind) {
    case "connected":
      return [
        { pieces: [{ text: "●", style: "green" }], expendable: 0 },
        { pieces: [{ text: "connected" }], expendable: 6, isClose: true },
      ];
    case "lost":
      return [
        { pieces: [{ text: "○ reconnecting", style: "yellow" }], expendable: 0 },
        { pieces: [{ text: `since ${clockText(link.since)}`, style: "yellow" }], expendable: 3, isClose: true },
        { pieces: [{ text: link.reason, style: "dim" }], expendable: 7 },
      ];
    case "ending":
      return [{ pieces: [{ text: "○ ending", style: "yellow" }], expendable: 0 }];
  }
}
