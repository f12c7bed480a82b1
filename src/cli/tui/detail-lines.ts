import { isOk } from "../forwarded-delivery.ts";
import { bodyLines } from "./body-lines.ts";
import { clockText, durationText, statusPiece } from "./list-line.ts";
import type { ListenRow } from "./listen-state.ts";
import { type Piece, type StyledLine, wrapLine } from "./styled-line.ts";

const INDENT = 2;

/** All that is known of a delivery: the request as it went to the local program, and what that answered. */
export function detailLines(row: ListenRow, width: number, isHex: boolean): StyledLine[] {
  const { delivery } = row;
  const { request, result, failure } = delivery;
  const inner = Math.max(1, width - INDENT);
  const url = row.url ?? request.path + (request.query === "" ? "" : `?${request.query}`);
  const lines: StyledLine[] = [
    [
      { text: "Request", style: "bold" },
      { text: `  ${clockText(row.takenAt)}`, style: "dim" },
    ],
    [{ text: request.method, style: "bold" }, { text: ` ${url}` }],
    ...request.headers.map(headerLine),
    [],
    ...bodyLines(request.body, { width: inner, isHex, truncated: false }),
    [],
    [{ text: "Response", style: "bold" }, ...answerPieces(row)],
  ];
  if (failure !== undefined) {
    const hint = failure.code === "refused" ? " Start your server, then press r." : "";
    lines.push([{ text: `${failure.message}${hint === "" ? "" : "."}${hint}`, style: "red" }]);
  }
  if (result !== undefined) {
    lines.push(
      ...result.headers.map(headerLine),
      [],
      ...bodyLines(result.body, { width: inner, isHex, truncated: result.truncated }),
    );
  }
  return lines.flatMap((line) => inset(line, width));
}

/** What the line above the details says. */
export function detailTitle({ delivery, isEdited }: ListenRow): StyledLine {
  const { eventType, eventId, attempt, replay } = delivery;
  const notes = [...(1 < attempt ? [`try ${attempt}`] : []), ...(isEdited ? ["edited"] : replay ? ["replay"] : [])];
  return [
    { text: eventType, style: "bold" },
    { text: `  ${eventId}`, style: "dim" },
    ...notes.map((text): Piece => ({ text: `  ${text}`, style: "yellow" })),
  ];
}

function answerPieces(row: ListenRow): Piece[] {
  const { delivery, isDone } = row;
  if (!isDone) return [{ text: "  your program has not answered yet", style: "yellow" }];
  const took = ` in ${durationText(delivery.durationMs)}`;
  const colour = isOk(delivery) ? "" : "  recorded as failed";
  return [{ text: "  " }, statusPiece(row), { text: took }, { text: colour, style: "dim" }];
}

function headerLine([name, value]: [string, string]): StyledLine {
  return [{ text: `${name}: `, style: "cyan" }, { text: value }];
}

/** The first line of a section stands at the edge, all else below it. */
function inset(line: StyledLine, width: number): StyledLine[] {
  const [first] = line;
  if (first === undefined) return [[]];
  const isTitle = first.style === "bold" && (first.text === "Request" || first.text === "Response");
  const indented = isTitle || width <= 2 * INDENT ? line : [{ text: " ".repeat(INDENT) }, ...line];
  return wrapLine(indented, width, isTitle ? 0 : INDENT);
}
