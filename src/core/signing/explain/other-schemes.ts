import { prepared } from "../prepared-scheme.ts";
import { SCHEMES } from "../registry.ts";
import type { HmacAlgorithm, Scheme, SignatureEncoding } from "../scheme.ts";
import { suggestSchemes } from "../suggest-scheme.ts";
import type { Hint } from "./hint.ts";
import type { Trials } from "./trials.ts";

/** The message as it stands, under every other scheme that reads its headers. */
export function explainScheme(trials: Trials): Hint[] {
  const { scheme: own } = trials.compiled;
  for (const scheme of SCHEMES) {
    if (scheme === own || scheme.name === own.name) continue;
    if (trials.matches({ scheme: prepared(scheme) })) {
      return [{ code: "other_scheme", text: `It matches as ${scheme.title}: --scheme ${scheme.name}.` }];
    }
  }
  return [];
}

/** For headers that are not the scheme's at all: whose they are. */
export function explainMissingHeader(trials: Trials): Hint[] {
  const fitting = suggestSchemes(trials.request);
  if (fitting.length === 0 || fitting.some(({ name }) => name === trials.compiled.scheme.name)) return [];
  const names = fitting.map(({ name }) => name).join(" or ");
  return [{ code: "other_scheme", text: `These are the headers of another scheme: --scheme ${names}.` }];
}

const ALGORITHMS: readonly HmacAlgorithm[] = ["hmac-sha256", "hmac-sha1", "hmac-sha512"];
const ENCODINGS: readonly SignatureEncoding[] = ["hex", "base64", "base64url"];
const CONTENTS = [
  "{body}",
  "{timestamp}.{body}",
  "{timestamp}{body}",
  "{timestamp}:{body}",
  "{timestamp},{body}",
  "{timestamp}|{body}",
  "{timestamp}\n{body}",
  "v0:{timestamp}:{body}",
  "{body}{timestamp}",
  "{body}.{timestamp}",
  "{id}.{timestamp}.{body}",
  "{id}{timestamp}{body}",
  "{id}.{body}",
  "{url}{body}",
  "{method}{url}{body}",
  "{method}{url}{body}{timestamp}",
];

/** The same headers with another content, hash or encoding: senders that made a scheme of their own of a known one. */
export function explainContent(trials: Trials): Hint[] {
  const { scheme } = trials.compiled;
  if (scheme.code !== undefined || !scheme.algorithm.startsWith("hmac-") || "json" in scheme.signature) return [];
  const contents = [scheme.content, ...CONTENTS.filter((content) => content !== scheme.content)].filter(
    (content) =>
      (scheme.id !== undefined || !content.includes("{id}")) &&
      (scheme.timestamp !== undefined || !content.includes("{timestamp}")),
  );
  for (const content of contents) {
    for (const algorithm of [scheme.algorithm as HmacAlgorithm, ...ALGORITHMS]) {
      for (const encoding of [scheme.encoding, ...ENCODINGS]) {
        const tried: Scheme = { ...scheme, content, algorithm, encoding };
        if (trials.matches({ scheme: tried })) return [hintFor(tried, scheme)];
      }
    }
  }
  return [];
}

function hintFor(tried: Scheme, scheme: Scheme): Hint {
  const { content, algorithm, encoding } = tried;
  if (content !== scheme.content) {
    const shown = content.replace("\n", "\\n");
    return {
      code: "other_content",
      text: `It matches when "${shown}" is signed (${algorithm}, ${encoding}): this scheme signs "${scheme.content}".`,
    };
  }
  if (algorithm !== scheme.algorithm) {
    return { code: "other_algorithm", text: `It matches with ${algorithm}: this scheme uses ${scheme.algorithm}.` };
  }
  return {
    code: "signature_encoding",
    text: `It matches when the signature is read as ${encoding}: this scheme writes ${scheme.encoding}.`,
  };
}

/** The URL as the sender may have known it, before proxies changed scheme, host or path. */
export function explainUrl(trials: Trials): Hint[] {
  const { url } = trials.request;
  if (url === undefined || !trials.compiled.scheme.content.includes("{url")) return [];
  const header = (wanted: string): string | undefined =>
    trials.headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  for (const tried of urlsLike(url, header)) {
    if (tried !== url && trials.matches({ url: tried })) {
      return [{ code: "other_url", text: `It matches with the URL ${tried}: give it as the sender called it.` }];
    }
  }
  return [];
}

function urlsLike(url: string, header: (name: string) => string | undefined): string[] {
  const parsed = URL.parse(url);
  if (parsed === null) return [];
  const schemes = [parsed.protocol, "https:", "http:"];
  const hosts = [parsed.host, header("x-forwarded-host"), header("x-original-host"), header("host")];
  const { pathname, search } = parsed;
  const paths = [pathname, pathname.endsWith("/") ? pathname.slice(0, -1) : `${pathname}/`];
  const found = new Set<string>();
  for (const scheme of schemes) {
    for (const host of hosts) {
      if (host === undefined) continue;
      for (const path of paths) for (const query of [search, ""]) found.add(`${scheme}//${host}${path}${query}`);
    }
  }
  return [...found];
}
