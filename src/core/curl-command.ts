import type { HeaderPairs } from "./attempt.ts";
import { shellWord } from "./shell-word.ts";

export interface CurlRequest {
  method: string;
  url: string;
  headers: HeaderPairs;
  body: Uint8Array;
}

/** What a terminal obeys or hides when the command is pasted into it, and what no argument can hold. */
const NOT_PASTED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]/;
/** curl names these itself, from the URL and the body. */
const OF_THE_CONNECTION = new Set(["host", "content-length", "connection", "transfer-encoding", "expect"]);

/**
 * A request as a command for a POSIX shell that sends its bytes as they are. Nothing in it is obeyed by a terminal that it
 * is pasted into: a body that holds such characters goes through base64.
 */
export function curlCommand({ method, url, headers, body }: CurlRequest): string {
  const text = new TextDecoder().decode(body);
  const isBinary = NOT_PASTED.test(text);
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const parts = ["curl"];
  if (/[{}[\]]/.test(url)) parts[0] = "curl --globoff";
  if (method !== (body.length === 0 ? "GET" : "POST")) parts[0] += ` -X ${shellWord(method)}`;
  parts[0] += ` ${shellWord(url)}`;
  for (const [name, value] of headers) {
    if (OF_THE_CONNECTION.has(name.toLowerCase())) continue;
    // "name:" would leave the header out.
    parts.push(`-H ${headerWord(value === "" ? `${name};` : `${name}: ${value}`)}`);
  }
  // curl would call it a form.
  if (body.length !== 0 && !named.has("content-type")) parts.push("-H content-type:");
  if (body.length === 0) return parts.join(" \\\n  ");
  // Not --data-binary: a body that begins with @ would be taken for the name of a file.
  parts.push(isBinary ? "--data-binary @-" : `--data-raw ${shellWord(text)}`);
  const command = parts.join(" \\\n  ");
  return isBinary ? `printf %s ${Buffer.from(body).toString("base64")} | base64 -d | ${command}` : command;
}

/** Headers are bytes: what is no text is written as octal escapes, which bash, zsh and POSIX of 2024 read. */
function headerWord(header: string): string {
  if (!NOT_PASTED.test(header)) return shellWord(header);
  const escaped = [...Buffer.from(header, "latin1")]
    .map((byte) =>
      0x20 <= byte && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\${byte.toString(8).padStart(3, "0")}`,
    )
    .join("");
  return `$'${escaped}'`;
}
