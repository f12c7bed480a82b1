import { decodeStrictly } from "./byte-text.ts";
import { headersOf } from "./compiled-scheme.ts";
import { readMessage } from "./message.ts";
import { prepared } from "./prepared-scheme.ts";
import { SCHEMES } from "./registry.ts";
import type { Scheme } from "./scheme.ts";
import { HeaderFinder, type WebhookRequest } from "./webhook-request.ts";

/**
 * Schemes that a message looks like, by its headers and by what of its signature stands in the body; it may be none,
 * and it may be several, because providers use each other's headers. A suggestion, never a decision.
 * @param own the caller's: each that fits is among them, and one of ours with the same name is not.
 */
export function suggestSchemes(request: WebhookRequest, own: readonly Scheme[] = []): Scheme[] {
  const ofCaller = own.filter((scheme) => fits(scheme, request));
  const names = new Set(own.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  return [...ofCaller, ...suggestOurs(request).filter(({ name }) => !names.has(name))];
}

function suggestOurs(request: WebhookRequest): Scheme[] {
  const fitting = SCHEMES.filter((scheme) => fits(scheme, request));
  const marked = fitting.filter(({ marks = [] }) => marks.some((mark) => hasHeader(request, mark)));
  const chosen = marked.length > 0 ? marked : fitting.filter(({ basedOn }) => basedOn === undefined);
  const names = new Set(chosen.map(({ name }) => name));
  const first = chosen.filter(({ basedOn }) => basedOn === undefined || !names.has(basedOn));
  // Its own header says more than one that it takes besides, and any of them more than a token in Authorization.
  const own = first.filter(({ signature }) => "json" in signature || hasHeader(request, signature.headers[0]!));
  const withOwn = own.length > 0 ? own : first;
  const signed = withOwn.filter(
    ({ signature }) => !("headers" in signature && signature.headers[0] === "authorization"),
  );
  return signed.length > 0 ? signed : withOwn;
}

function fits(scheme: Scheme, request: WebhookRequest): boolean {
  const compiled = prepared(scheme);
  if (scheme.code !== undefined) {
    if (!("json" in scheme.signature)) return headersOf(scheme).every((name) => hasHeader(request, name));
    const read = scheme.code.read(request, compiled.headers.find(request.headers));
    return read.some((message) => !("reason" in message));
  }
  const message = readMessage(compiled, request);
  if ("reason" in message) return message.reason === "timestamp_malformed";
  const { signatureBytes } = compiled;
  return message.signatures.some((text) => {
    if (scheme.algorithm === "token") return true;
    const bytes = decodeStrictly(text, scheme.encoding);
    return signatureBytes === undefined ? bytes !== undefined && bytes.length > 0 : bytes?.length === signatureBytes;
  });
}

function hasHeader(request: WebhookRequest, name: string): boolean {
  return new HeaderFinder([name]).find(request.headers)(name) !== undefined;
}
