import type { HeaderPairs } from "../attempt.ts";
import { SCHEMES } from "../signing/registry.ts";
import type { RecordedAnswer, RecordedExchange, RecordedRequest } from "./exchange.ts";
import { REDACTED, redactJson } from "./json-redaction.ts";
import type { Place } from "./place.ts";

/** What signs somebody in, whoever's it is. */
const CREDENTIALS = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "apikey",
  "x-auth-token",
  "x-access-token",
  "x-amz-security-token",
  "x-hook-secret",
  "webhook-request-callback",
];

/** The parameters under which tokens stand in URLs. */
const QUERY_CREDENTIALS = ["access_token", "api_key", "apikey", "key", "secret", "sig", "signature", "token"];

/**
 * What is never written unless it is asked for: credentials, and signatures. A scheme's header may be the secret itself
 * (GitLab's token), and a signature without a time in it can be sent to the real receiver for ever.
 */
export function defaultPlaces(): Place[] {
  return [
    ...[...new Set([...CREDENTIALS, ...signatureHeaders()])].map((name): Place => ({ kind: "header", name })),
    ...QUERY_CREDENTIALS.map((name): Place => ({ kind: "query", name })),
  ];
}

/** The headers in which the known schemes carry signatures. Lower case. */
export function signatureHeaders(): string[] {
  return SCHEMES.flatMap(({ signature }) =>
    "headers" in signature ? [...signature.headers, ...(signature.also ?? [])] : [],
  );
}

/** An exchange without what stands at these places. */
export function redact(exchange: RecordedExchange, places: readonly Place[]): RecordedExchange {
  const headers = namesOf(places, "header");
  const query = namesOf(places, "query");
  const paths = places.flatMap((place) => (place.kind === "json" ? [place.steps] : []));
  const part = <Part extends RecordedRequest | RecordedAnswer>(given: Part): Part => ({
    ...given,
    headers: given.headers.map(([name, value]) => [
      name,
      headers.has(name.toLowerCase()) ? REDACTED : value,
    ]) satisfies HeaderPairs,
    body: bodyWithout(given.body, paths),
  });
  const { request, answer } = exchange;
  return {
    ...exchange,
    request: { ...part(request), query: queryWithout(request.query, query) },
    answer: answer && part(answer),
  };
}

function namesOf(places: readonly Place[], kind: "header" | "query"): ReadonlySet<string> {
  return new Set(places.flatMap((place) => (place.kind === kind ? [place.name] : [])));
}

/** What looks like JSON and is none (an answer that was cut off) is left out as a whole: the place may be anywhere in it. */
function bodyWithout(body: Uint8Array, paths: readonly (readonly string[])[]): Uint8Array {
  if (paths.length === 0 || body.length === 0) return body;
  const left = redactJson(body, paths);
  if (left !== undefined) return left;
  const looksLikeJson = /^(\ufeff|\s)*[[{]/.test(Buffer.from(body.subarray(0, 64)).toString("utf8"));
  return looksLikeJson ? Buffer.from(REDACTED) : body;
}

/** Every other parameter stays as it is written. */
function queryWithout(query: string, names: ReadonlySet<string>): string {
  if (query === "" || names.size === 0) return query;
  return query
    .split("&")
    .map((pair) => {
      const [name = ""] = pair.split("=", 1);
      return names.has(decoded(name).toLowerCase()) && name.length < pair.length ? `${name}=${REDACTED}` : pair;
    })
    .join("&");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
