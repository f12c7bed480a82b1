import type { CassetteEntry } from "../src/cli/cassette-file.ts";
import type { CliContext } from "../src/cli/context.ts";
import { readSecretValue } from "../src/cli/secret-value.ts";
import type { HeaderPairs } from "../src/core/attempt.ts";
import { REDACTED } from "../src/core/cassette/json-redaction.ts";
import { signatureHeaders } from "../src/core/cassette/redaction.ts";
import type { TargetUrl } from "../src/core/egress/target-url.ts";
import { HooksError } from "../src/core/errors.ts";
import { HOP_BY_HOP } from "../src/core/hop-by-hop.ts";
import type { CompiledScheme } from "../src/core/signing/compiled-scheme.ts";
import { signMessage } from "../src/core/signing/sign.ts";
import { SECRET_VARIABLE } from "./listen-child.ts";
import { readScheme } from "./signing-inputs.ts";
import { ownHeaders } from "./trigger-directly.ts";

/** How recorded requests are made valid again. */
export interface Resigning {
  scheme: CompiledScheme;
  /** Undefined: they go out without a signature. */
  secret: string | undefined;
  /** Set on every request; names in lower case. */
  headers: Readonly<Record<string, string>>;
}

export interface ResigningFlags {
  secret?: string;
  scheme?: string;
  schemeFile?: string;
  header: string[];
}

/** Belong to a connection, to a body, or to a host that is another now. */
const LEFT_OUT = new Set([...HOP_BY_HOP, "host", "content-length"]);

/** @throws HooksError `usage` */
export async function resigning(flags: ResigningFlags, context: CliContext): Promise<Resigning> {
  const scheme = await readScheme({ scheme: flags.scheme, schemeFile: flags.schemeFile }, context);
  const given = context.env[SECRET_VARIABLE];
  const secret =
    flags.secret !== undefined
      ? await readSecretValue(flags.secret, "--secret", context)
      : given === undefined || given === ""
        ? undefined
        : given;
  return { scheme, secret, headers: ownHeaders(flags.header, []) };
}

/** @throws HooksError `usage` when the secret is none of the scheme's, or the body cannot carry a signature */
export function resignedRequest(
  { request, eventId, line }: CassetteEntry,
  target: TargetUrl,
  { scheme: compiled, secret, headers: own }: Resigning,
  now: number,
): { method: string; href: string; headers: string[]; body: Uint8Array } {
  const { method } = request;
  const href = urlBelow(target, request);
  const { scheme } = compiled;
  const old = new Set([
    ...signatureHeaders(),
    ...(scheme.timestamp !== undefined && "headers" in scheme.timestamp ? scheme.timestamp.headers : []),
  ]);
  const kept = request.headers.filter(([name, value]) => {
    const lower = name.toLowerCase();
    return !LEFT_OUT.has(lower) && !old.has(lower) && !Object.hasOwn(own, lower) && value !== REDACTED;
  });
  let { body } = request;
  let signed: Readonly<Record<string, string>> = {};
  if (secret !== undefined) {
    const idNames = scheme.id?.headers ?? [];
    const id = request.headers.find(([name]) => idNames.includes(name.toLowerCase()))?.[1] ?? eventId;
    try {
      const made = signMessage(compiled, { method, url: href, body }, secret, {
        id,
        timestamp: Math.floor(now / 1_000),
      });
      signed = made.headers;
      if (made.body !== undefined) body = Buffer.from(made.body);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new HooksError("usage", `line ${line} cannot be signed as ${scheme.name}: ${error.message}`, {
        field: "--secret",
        cause: error,
      });
    }
  }
  return { method, href, headers: withSignature(kept, signed, own).flat(), body };
}

/** A header that was there before keeps its place and its spelling. */
function withSignature(
  kept: HeaderPairs,
  signed: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): HeaderPairs {
  const left = new Map(Object.entries(signed).filter(([name]) => !Object.hasOwn(own, name)));
  const headers = kept.map(([name, value]): [string, string] => {
    const fresh = left.get(name.toLowerCase());
    if (fresh === undefined) return [name, value];
    left.delete(name.toLowerCase());
    return [name, fresh];
  });
  return [...headers, ...left, ...Object.entries(own)];
}

/** The target's path and, below it, the recorded one; both queries: as the listener forwarded it. */
function urlBelow(target: TargetUrl, { path, query }: CassetteEntry["request"]): string {
  const url = new URL(target.href);
  const below = path === "/" ? url.pathname : url.pathname.replace(/\/$/, "") + path;
  const queries = [url.search.slice(1), query].filter((part) => part !== "").join("&");
  return `${url.origin}${below}${queries === "" ? "" : `?${queries}`}`;
}
