import type { Hint } from "./hint.ts";
import { jsonSpellings } from "./json-spellings.ts";
import type { Trials } from "./trials.ts";

/** Bodies above this are not parsed and printed again. */
const REPRINT_MAX_BYTES = 1024 * 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export interface BodyChange extends Hint {
  body: Buffer;
}

/** What may have happened to the body between the sender and here: the body as it may have been, likeliest first. */
export function* bodyChanges(body: Buffer): Generator<BodyChange> {
  if (body.at(-1) === 0x0a) {
    yield {
      code: "trailing_newline",
      text: "It matches when the line break at the end of the body is left out: the file ends with one that was not part of the request.",
      body: body.subarray(0, body.at(-2) === 0x0d ? -2 : -1),
    };
  }
  for (const end of ["\n", "\r\n"]) {
    yield {
      code: "missing_newline",
      text: "It matches when a line break is added at the end of the body: somebody trimmed it.",
      body: Buffer.concat([body, Buffer.from(end)]),
    };
  }
  const latin = body.toString("latin1");
  if (latin.includes("\r\n")) {
    yield {
      code: "line_endings",
      text: "It matches with LF instead of CRLF: somebody changed the line endings of the body.",
      body: Buffer.from(latin.replaceAll("\r\n", "\n"), "latin1"),
    };
  } else if (latin.includes("\n")) {
    yield {
      code: "line_endings",
      text: "It matches with CRLF instead of LF: somebody changed the line endings of the body.",
      body: Buffer.from(latin.replaceAll("\n", "\r\n"), "latin1"),
    };
  }
  if (body.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
    yield {
      code: "byte_order_mark",
      text: "It matches without the byte order mark (EF BB BF) that the body begins with.",
      body: body.subarray(3),
    };
  } else {
    yield {
      code: "byte_order_mark",
      text: "It matches with a byte order mark (EF BB BF) before the body: something on the way took it off.",
      body: Buffer.concat([BYTE_ORDER_MARK, body]),
    };
  }
  const trimmed = latin.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  if (trimmed !== latin) {
    yield {
      code: "outer_whitespace",
      text: "It matches without the blanks around the body: they were not part of the request.",
      body: Buffer.from(trimmed, "latin1"),
    };
  }
  const text = body.toString("utf8");
  if (/[\u0080-\u00ff]/.test(text) && !/[\u0100-\uffff]/.test(text)) {
    yield {
      code: "body_encoding",
      text: "It matches when the body is read as UTF-8 and written as Latin-1: on the way its bytes were taken for Latin-1 and encoded once more.",
      body: Buffer.from(text, "latin1"),
    };
  }
  if (/[\u0080-\u00ff]/.test(latin)) {
    yield {
      code: "body_encoding",
      text: "It matches when the body is taken for Latin-1 and written as UTF-8: the sender encoded it twice, or a decoder on the way undid it.",
      body: Buffer.from(latin, "utf8"),
    };
  }
  if (body.length <= REPRINT_MAX_BYTES) yield* jsonSpellings(text);
}

/** The first change after which the message matches. */
export function explainBody(trials: Trials): Hint[] {
  for (const { code, text, body } of bodyChanges(trials.body)) {
    if (trials.matches({ body })) return [{ code, text }];
  }
  return [];
}
