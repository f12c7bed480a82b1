// Why a signature does not match: tries what senders and receivers usually get wrong, and reports what would match.
// For people at a shell who hold the secret; a verdict is never changed by it.

import { type CompiledScheme, compileScheme } from "./compiled-scheme.ts";
import { readMessage } from "./message.ts";
import type { Secrets } from "./options.ts";
import type { Refusal } from "./verdict.ts";
import { Verifier } from "./verify.ts";
import type { WebhookRequest } from "./webhook-request.ts";

export type HintCode =
  | "trailing_newline"
  | "missing_newline"
  | "line_endings"
  | "byte_order_mark"
  | "body_reserialized"
  | "secret_not_decoded"
  | "timestamp_milliseconds";

export interface Hint {
  code: HintCode;
  /** One sentence for people. */
  text: string;
}

/** Bodies above this are not parsed and printed again. */
const RESERIALIZE_MAX_BYTES = 4 * 1024 * 1024;

/** What may have happened to the body between the sender and here; undefined: this cannot be it. */
const BODY_CHANGES: readonly [HintCode, string, (body: Buffer) => Buffer | undefined][] = [
  [
    "trailing_newline",
    "It matches when the line break at the end of the body is left out: the file ends with one that was not part of the request.",
    (body) => (body.at(-1) === 0x0a ? body.subarray(0, body.at(-2) === 0x0d ? -2 : -1) : undefined),
  ],
  [
    "missing_newline",
    "It matches when a line break is added at the end of the body: somebody trimmed it.",
    (body) => Buffer.concat([body, Buffer.from("\n")]),
  ],
  [
    "line_endings",
    "It matches with LF instead of CRLF: somebody changed the line endings of the body.",
    (body) =>
      body.includes("\r\n") ? Buffer.from(body.toString("latin1").replaceAll("\r\n", "\n"), "latin1") : undefined,
  ],
  [
    "byte_order_mark",
    "It matches without the byte order mark (EF BB BF) that the body begins with.",
    (body) => (body.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? body.subarray(3) : undefined),
  ],
  [
    "body_reserialized",
    "It matches the body printed as compact JSON: these are not the bytes that were sent; keep the raw body, before any JSON parser.",
    (body) => (body.length <= RESERIALIZE_MAX_BYTES ? compactJson(body) : undefined),
  ],
];

/** What would make a refused webhook valid: the likeliest alone, for it explains the others. Empty when nothing does. */
export function diagnose(
  compiled: CompiledScheme,
  request: WebhookRequest,
  secrets: Secrets,
  refusal: Refusal,
): Hint[] {
  if (refusal.reason === "timestamp_in_future") return countsMilliseconds(compiled, request) ? [MILLISECONDS] : [];
  if (refusal.reason !== "signature_mismatch") return [];
  const body = typeof request.body === "string" ? Buffer.from(request.body) : Buffer.from(request.body);
  const matches = (scheme: CompiledScheme, tried: Uint8Array): boolean =>
    // The age was judged before: what is tried here is only the signature.
    new Verifier(scheme, secrets, { tolerance: "none" }).verify({ ...request, body: tried }, 0).valid;

  for (const [code, text, change] of BODY_CHANGES) {
    const changed = change(body);
    if (changed !== undefined && matches(compiled, changed)) return [{ code, text }];
  }
  const { scheme } = compiled;
  if (scheme.secret.decode !== "utf8") {
    const asText = [{ decode: "utf8" as const }, { ...scheme.secret, decode: "utf8" as const }];
    if (asText.some((secret) => matches(compileScheme({ ...scheme, secret }), body))) return [NOT_DECODED];
  }
  return [];
}

const NOT_DECODED: Hint = {
  code: "secret_not_decoded",
  text: "It matches when the secret is taken as text: the sender does not decode its base64 as this scheme asks.",
};

const MILLISECONDS: Hint = {
  code: "timestamp_milliseconds",
  text: "The timestamp counts milliseconds; this scheme counts seconds.",
};

/** 10^11 s is the year 5138; as milliseconds it is 1973. */
function countsMilliseconds(compiled: CompiledScheme, request: WebhookRequest): boolean {
  const message = readMessage(compiled, request.headers);
  return compiled.scheme.timestamp?.unit === "s" && "timestamp" in message && 1e11 < (message.timestamp ?? 0);
}

function compactJson(body: Buffer): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(body.toString("utf8"))));
  } catch {
    return undefined;
  }
}
