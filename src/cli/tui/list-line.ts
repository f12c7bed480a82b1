import { isUtf8 } from "node:buffer";
import { displayWidth } from "../display-width.ts";
import { isOk } from "../forwarded-delivery.ts";
import type { ListenRow } from "./listen-state.ts";
import { type Piece, padPiece, type StyledLine, shownText } from "./styled-line.ts";

/** What a list of this width has room for; the type of the event is always there. */
const DURATION_FROM = 30;
const TIME_FROM = 44;
const TYPE_WIDTH = 18;
const TYPE_WIDEST = 32;

export interface ListLineOptions {
  width: number;
  isSelected: boolean;
  typeWidth: number;
  /** Unix ms. */
  now: number;
}

/** A delivery as a line of the list. */
export function listLine(row: ListenRow, { width, isSelected, typeWidth, now }: ListLineOptions): StyledLine {
  const { delivery, takenAt, isDone } = row;
  const took = isDone ? delivery.durationMs : Math.max(0, now - takenAt);
  return [
    { text: isSelected ? "❯ " : "  ", style: "cyan" },
    ...(TIME_FROM <= width ? [{ text: `${clockText(takenAt)}  `, style: "dim" } as const] : []),
    statusPiece(row),
    ...(DURATION_FROM <= width ? [{ text: durationText(took).padStart(9) }] : []),
    { text: "  " },
    padPiece(delivery.eventType, typeWidth, isSelected ? "bold" : undefined),
    { text: `  ${delivery.eventId}`, style: "dim" },
    ...notesOf(row).map(
      (text): Piece => ({ text: `  ${text}`, style: isDone && isOk(delivery) ? "yellow" : undefined }),
    ),
  ];
}

/** As wide as the longest of these, within reason: the columns behind it stand one under the other. */
export function typeWidthOf(rows: readonly ListenRow[]): number {
  const widths = rows.map(({ delivery }) => displayWidth(shownText(delivery.eventType)));
  return Math.min(TYPE_WIDEST, Math.max(TYPE_WIDTH, ...widths));
}

export function statusPiece({ delivery, isDone }: ListenRow): Piece {
  const { result } = delivery;
  if (!isDone) return { text: "···", style: "yellow" };
  if (result === undefined) return { text: "ERR", style: "red" };
  return { text: String(result.status), style: isOk(delivery) ? "green" : 500 <= result.status ? "red" : "yellow" };
}

/** "14:03:22", in the time zone of this computer. */
export function clockText(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

/** "3 ms", "12.4 s". */
export function durationText(ms: number): string {
  return ms < 10_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function notesOf({ delivery, isDone, isEdited }: ListenRow): string[] {
  const { attempt, replay } = delivery;
  return [
    ...(1 < attempt ? [`try ${attempt}`] : []),
    ...(isEdited ? ["edited"] : replay ? ["replay"] : []),
    ...(isDone && !isOk(delivery) ? [faultText(delivery)] : []),
  ];
}

/** What a local program that did not answer 2xx had to say. */
function faultText({ result, failure }: ListenRow["delivery"]): string {
  if (failure !== undefined) return failure.message;
  if (result === undefined || !isUtf8(result.body)) return "";
  const [line = ""] = new TextDecoder().decode(result.body.subarray(0, 1_000)).trim().split("\n");
  return line.slice(0, 80);
}
