import { isUtf8 } from "node:buffer";
import { indentJson } from "../../core/indent-json.ts";
import type { Piece, StyledLine } from "./styled-line.ts";

/** What of a body is shown; `b` copies all of it. */
const SHOWN_TEXT_BYTES = 256 * 1024;
const SHOWN_HEX_BYTES = 64 * 1024;

export interface BodyOptions {
  /** Columns there are. */
  width: number;
  isHex: boolean;
  /** There was more of it, which nobody has. */
  truncated: boolean;
}

/** A body: JSON indented and coloured, other text as it is, everything else as bytes. */
export function bodyLines(body: Uint8Array, { width, isHex, truncated }: BodyOptions): StyledLine[] {
  if (body.length === 0) return [[{ text: "no body", style: "dim" }]];
  const asHex = isHex || isBinary(body);
  const shown = body.subarray(0, asHex ? SHOWN_HEX_BYTES : SHOWN_TEXT_BYTES);
  const lines = asHex ? hexLines(shown, width) : textLines(shown);
  const hidden = body.length - shown.length;
  if (0 < hidden) lines.push([{ text: `… ${hidden.toLocaleString("en-US")} bytes more`, style: "dim" }]);
  if (truncated) lines.push([{ text: "… cut: it had more", style: "dim" }]);
  return lines;
}

/** No text: it cannot be edited as one either. */
export function isBinary(body: Uint8Array): boolean {
  return body.includes(0) || !isUtf8(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}

function textLines(bytes: Uint8Array): StyledLine[] {
  // What is cut may end within a character.
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/\ufffd$/, "");
  const pretty = indentJson(text);
  const lines = (pretty ?? text).split(/\r\n|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (pretty === undefined ? [{ text: line }] : jsonPieces(line)));
}

/** A name with its colon, a string, or another scalar. */
const TOKENS = /("(?:[^"\\]|\\.)*")(:)|("(?:[^"\\]|\\.)*")|(true|false|null|-?\d[\d.eE+-]*)/g;

/** One line of indented JSON. */
function jsonPieces(line: string): StyledLine {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of line.matchAll(TOKENS)) {
    const [token, name, colon, string, scalar] = match;
    if (end < match.index) pieces.push({ text: line.slice(end, match.index) });
    if (name !== undefined) pieces.push({ text: name, style: "cyan" }, { text: colon ?? "" });
    else if (string !== undefined) pieces.push({ text: string, style: "green" });
    else if (scalar !== undefined) pieces.push({ text: scalar, style: "yellow" });
    end = match.index + token.length;
  }
  if (end < line.length) pieces.push({ text: line.slice(end) });
  return pieces;
}

/** `000000  7b 22 69 64  22 3a 31 7d  |{"id":1}|`, with as many bytes to a line as it has room for. */
function hexLines(bytes: Uint8Array, width: number): StyledLine[] {
  // Offset, gap, bytes in groups of four with gaps between them, gap, and as text between two bars.
  const count = [16, 8, 4].find((most) => 6 + 2 + (most / 4) * 13 - 2 + 2 + most + 2 <= width) ?? 2;
  const lines: StyledLine[] = [];
  for (let at = 0; at < bytes.length; at += count) {
    const row = bytes.subarray(at, at + count);
    const groups: string[] = [];
    for (let group = 0; group < count; group += 4) {
      groups.push(
        Array.from(row.subarray(group, group + 4), hex)
          .join(" ")
          .padEnd(Math.min(4, count) * 3 - 1),
      );
    }
    const text = Array.from(row, (byte) => (0x20 <= byte && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push([
      { text: at.toString(16).padStart(6, "0"), style: "dim" },
      { text: `  ${groups.join("  ")}  ` },
      { text: `|${text}|`, style: "cyan" },
    ]);
  }
  return lines;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
