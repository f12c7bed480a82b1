// A receiver is asked whether it wants deliveries before it gets the first. Source: CloudEvents 1.0.2, "HTTP 1.1 Web
// Hooks for Event Delivery", 4: Abuse protection.

import type { HeaderPairs, SendResult } from "./attempt.ts";
import { invalid } from "./errors.ts";
import { quoted } from "./quoted.ts";
import type { RateLimit } from "./subscription.ts";

/** What is asked: whether the sender of this name may send, and how often a minute. */
export interface HandshakeRequest {
  /** `events.example.com`: the sending system, not one of its machines. */
  origin: string;
  /** Requests a minute; undefined: nothing is said of it. */
  rate?: number | undefined;
}

/** `pending`: not asked yet. `refused`: its answer allows nothing. `failed`: it gave none. */
export type HandshakeState = "pending" | "allowed" | "refused" | "failed";

/** What is asked, and what became of it. */
export interface Handshake extends HandshakeRequest {
  state: HandshakeState;
  /** Requests a minute that are allowed; undefined: as many as there are. */
  allowedRate?: number | undefined;
  /** Unix ms. */
  checkedAt?: number | undefined;
  /** Why it is not allowed, for people. */
  why?: string | undefined;
}

export const ORIGIN_HEADER = "webhook-request-origin";

/** RFC 1123 names, with a port or without. */
export const ORIGIN =
  /^(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*(?::\d{1,5})?$/;
const MAX_RATE = 100_000;
const MINUTE_MS = 60_000;

/** @throws HooksError `invalid_request` naming `field` or what is in it */
export function parseHandshake(value: unknown, field: string): HandshakeRequest {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(field, `${field} must be an object with origin and rate, or null`);
  }
  const { origin, rate } = value as { origin?: unknown; rate?: unknown };
  const name = typeof origin === "string" ? origin.toLowerCase() : undefined;
  if (name === undefined || !ORIGIN.test(name)) {
    throw invalid(
      `${field}.origin`,
      `${field}.origin must be the DNS name of the sending system, got ${quoted(origin ?? null)}`,
      "for example: events.example.com",
    );
  }
  if (rate === undefined || rate === null) return { origin: name };
  if (typeof rate !== "number" || !Number.isInteger(rate) || rate < 1 || MAX_RATE < rate) {
    throw invalid(`${field}.rate`, `${field}.rate must be a whole number of requests a minute from 1 to ${MAX_RATE}`);
  }
  return { origin: name, rate };
}

/** Headers of the question: name, value, name, value … */
export function handshakeHeaders({ origin, rate }: HandshakeRequest, userAgent: string): string[] {
  const headers = ["user-agent", userAgent, ORIGIN_HEADER, origin];
  return rate === undefined ? headers : [...headers, "webhook-request-rate", String(rate)];
}

/** What an answer allows; its status says nothing about that, but that it may be worth asking again soon. */
export function judgeHandshake(asked: HandshakeRequest, result: SendResult, at: number): Handshake | undefined {
  const { origin, rate } = asked;
  const request = rate === undefined ? { origin } : { origin, rate };
  const no = (state: "refused" | "failed", why: string): Handshake => ({ ...request, state, checkedAt: at, why });
  if (result.kind === "not_sent") return undefined;
  if (result.kind === "error") return no("failed", `${result.code}: ${result.message}`);
  const { status, responseHeaders } = result;
  const allowed = headerText(responseHeaders, "webhook-allowed-origin");
  if (allowed === undefined) {
    const isPassing = 500 <= status || status === 408 || status === 429;
    return no(isPassing ? "failed" : "refused", `it answered ${status}, and no WebHook-Allowed-Origin`);
  }
  if (allowed !== "*" && allowed.toLowerCase() !== origin) {
    return no("refused", `its WebHook-Allowed-Origin is ${quoted(allowed)}, not ${quoted(origin)}`);
  }
  const given = headerText(responseHeaders, "webhook-allowed-rate");
  const granted = { ...request, state: "allowed" as const, checkedAt: at };
  if (given === "*") return granted;
  // It has to answer with a rate where it was asked for one: then at least no more is sent than that.
  if (given === undefined) return rate === undefined ? granted : { ...granted, allowedRate: rate };
  if (!/^[1-9]\d{0,8}$/.test(given)) {
    return no("refused", `its WebHook-Allowed-Rate is ${quoted(given)}, neither a number above 0 nor *`);
  }
  return { ...granted, allowedRate: Number(given) };
}

/** The stricter of a subscription's own limit and what its receiver allows. */
export function allowedLimit(own: RateLimit | undefined, handshake: Handshake | undefined): RateLimit | undefined {
  const perMinute = handshake?.allowedRate;
  if (perMinute === undefined) return own;
  const allowed = { count: perMinute, perMs: MINUTE_MS };
  return own !== undefined && own.count / own.perMs <= allowed.count / allowed.perMs ? own : allowed;
}

/** Of several lines of one name none is more right than the others. */
function headerText(headers: HeaderPairs, name: string): string | undefined {
  const values = headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value.trim());
  return values.length === 0 ? undefined : values.join(", ");
}
