import { nearest } from "../nearest.ts";
import { quoted } from "../quoted.ts";
import type { CompiledScheme } from "./compiled-scheme.ts";
import { isRecord } from "./define-record.ts";
import type { DefinedScheme, SchemeName } from "./options.ts";
import { prepared } from "./prepared-scheme.ts";
import type { Scheme } from "./scheme.ts";
import { BODY_ONLY_SCHEMES } from "./schemes/body-only.ts";
import { CODED_SCHEMES } from "./schemes/coded.ts";
import { STANDARD_SCHEMES } from "./schemes/standard-webhooks.ts";
import { TIMED_HEADER_SCHEMES } from "./schemes/timed-header.ts";
import { TIMED_LIST_SCHEMES } from "./schemes/timed-list.ts";
import { UNUSUAL_SCHEMES } from "./schemes/unusual.ts";

/** In the order of the documentation. */
export const SCHEMES: readonly Scheme[] = [
  ...STANDARD_SCHEMES,
  ...TIMED_LIST_SCHEMES,
  ...TIMED_HEADER_SCHEMES,
  ...BODY_ONLY_SCHEMES,
  ...UNUSUAL_SCHEMES,
  ...CODED_SCHEMES,
];

const byName = new Map(
  SCHEMES.flatMap((scheme) => [scheme.name, ...(scheme.aliases ?? [])].map((name) => [name, scheme])),
);

/** By name or alias; undefined when there is none. Prepared on first use: a program uses one or two of many. */
export function findScheme(name: string): CompiledScheme | undefined {
  const scheme = byName.get(name);
  return scheme === undefined ? undefined : prepared(scheme);
}

/** @throws TypeError for a name that is none: that is a caller's mistake, not a fault of a message. */
export function schemeNamed(name: string): CompiledScheme {
  const scheme = typeof name === "string" ? findScheme(name) : undefined;
  if (scheme === undefined) {
    const near = typeof name === "string" ? nearest(name, byName.keys()) : undefined;
    const meant = near === undefined ? "docs/schemes.md lists them" : `did you mean ${quoted(near)}?`;
    throw new TypeError(`unknown signature scheme ${typeof name === "string" ? quoted(name) : typeof name}; ${meant}`);
  }
  return scheme;
}

/** @throws TypeError for an unknown name, and for an object that nobody has checked. */
export function schemeOf(scheme: SchemeName | DefinedScheme): CompiledScheme {
  if (typeof scheme !== "object" || scheme === null) return schemeNamed(scheme);
  if (!isRecord(scheme)) {
    throw new TypeError("a scheme must be a name, one of hooks-relay/schemes, or what defineScheme answers");
  }
  return prepared(scheme);
}
