// The other side of ../handshake.ts: somebody asks whether he may send to a source. Source: CloudEvents 1.0.2, "HTTP 1.1
// Web Hooks for Event Delivery", 4: Abuse protection.

import type { HeaderPairs } from "../attempt.ts";
import { ORIGIN, ORIGIN_HEADER } from "../handshake.ts";
import { HeaderFinder } from "../signing/webhook-request.ts";
import { bare, type Handshaker } from "./challenge.ts";

const ASKED = new HeaderFinder([ORIGIN_HEADER, "webhook-request-rate", "webhook-request-callback"]);
const ALLOW: HeaderPairs = [["allow", "POST, OPTIONS"]];
const RATE = /^[1-9]\d{0,8}$/;
/** Of printable characters; longer ones are nothing to show to anybody. */
const CALLBACK = /^https:\/\/[\x21-\x7e]{1,2000}$/;

/**
 * Consent is the header `WebHook-Allowed-Origin` and nothing else: its absence refuses, whatever the status. Whoever is
 * allowed is told so at once. A callback that he names is for those who make up their minds later: it is never called by
 * itself, because a stranger wrote it, but it is kept for the owner of the source, who may (4.1.3).
 */
export const cloudevents: Handshaker = ({ request, origins = [], rate }) => {
  if (request.method !== "OPTIONS") return undefined;
  const [origin, asked, callback] = ASKED.findAll(request.headers);
  if (origin === undefined) return undefined;
  const name = origin[0]?.toLowerCase() ?? "";
  if (origin.length !== 1 || !ORIGIN.test(name)) {
    return { ...bare(200, ALLOW), refused: "WebHook-Request-Origin is no DNS name" };
  }
  if (!origins.includes("*") && !origins.some((one) => one.toLowerCase() === name)) {
    const refusal = { ...bare(200, ALLOW), refused: "its origin is none that the source allows" };
    const [url] = callback ?? [];
    return url !== undefined && CALLBACK.test(url) ? { ...refusal, callbackUrl: url } : refusal;
  }
  const wanted = asked?.length === 1 && RATE.test(asked[0] ?? "") ? Number(asked[0]) : undefined;
  if (asked !== undefined && wanted === undefined) {
    return { ...bare(200, ALLOW), refused: "WebHook-Request-Rate is no number above 0" };
  }
  return bare(200, [
    ...ALLOW,
    ["webhook-allowed-origin", origin[0]!],
    ["webhook-allowed-rate", allowedRate(wanted, rate)],
  ]);
};

/** No more than was asked for, and no more than there is. */
function allowedRate(wanted: number | undefined, limit: number | undefined): string {
  if (limit === undefined) return wanted === undefined ? "*" : String(wanted);
  return String(wanted === undefined ? limit : Math.min(wanted, limit));
}
