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
    ...signatureMembers().map((steps): Place => ({ kind: "json", steps, only: "requests" })),
  ];
}

/** The headers in which the known schemes carry signatures. Lower case. */
export function signatureHeaders(): string[] {
  return SCHEMES.flatMap(({ signature }) =>
    "headers" in signature ? [...signature.headers, ...(signature.also ?? [])] : [],
  );
}

/** Where the known schemes carry them in a body's JSON: `items[].signature` is `items`, `*`, `signature`. */
function signatureMembers(): string[][] {
  const paths = SCHEMES.flatMap(({ signature }) => ("json" in signature ? [signature.json] : []));
  return [...new Set(paths)].map((path) => path.replaceAll("[]", ".*").split("."));
}

type Paths = readonly (readonly string[])[];

/** An exchange without what stands at these places. */
export function redact(exchange: RecordedExchange, places: readonly Place[]): RecordedExchange {
  const headers = namesOf(places, "header");
  const query = namesOf(places, "query");
  const ofBoth = pathsOf(places, undefined);
  const part = <Part extends RecordedRequest | RecordedAnswer>(given: Part, more: Paths = []): Part => ({
    ...given,
    headers: given.headers.map(([name, value]) => [
      name,
      headers.has(name.toLowerCase()) ? REDACTED : value,
    ]) satisfies HeaderPairs,
    body: bodyWithout(given.body, ofBoth, more),
  });
  const { request, answer } = exchange;
  return {
    ...exchange,
    request: { ...part(request, pathsOf(places, "requests")), query: queryWithout(request.query, query) },
    answer: answer && part(answer),
  };
}

function namesOf(places: readonly Place[], kind: "header" | "query"): ReadonlySet<string> {
  return new Set(places.flatMap((place) => (place.kind === kind ? [place.name] : [])));
}

function pathsOf(places: readonly Place[], only: "requests" | undefined): Paths {
  return places.flatMap((place) => (place.kind === "json" && place.only === only ? [place.steps] : []));
}

/**
 * What looks like JSON and is none (an answer that was cut off) is left out as a whole when somebody asked for a place in
 * it, which may be anywhere; not for a signature, which no receiver would find there either.
 */
function bodyWithout(body: Uint8Array, asked: Paths, signatures: Paths): Uint8Array {
  if (asked.length + signatures.length === 0 || body.length === 0) return body;
  const left = redactJson(body, [...asked, ...signatures]);
  if (left !== undefined) return left;
  if (asked.length === 0) return body;
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
