import { quoted } from "../quoted.ts";
import { type CompiledScheme, compileScheme } from "./compiled-scheme.ts";
import type { Scheme } from "./scheme.ts";
import { STANDARD_WEBHOOKS } from "./schemes/standard-webhooks.ts";

const SCHEMES: readonly Scheme[] = [STANDARD_WEBHOOKS];

const byName = new Map(
  SCHEMES.flatMap((scheme) => [scheme.name, ...(scheme.aliases ?? [])].map((name) => [name, scheme])),
);
const compiled = new Map<Scheme, CompiledScheme>();

/** Without aliases, in the order of the documentation. */
export const SCHEME_NAMES: readonly string[] = SCHEMES.map((scheme) => scheme.name);

/** By name or alias; undefined when there is none. Prepared on first use: a program uses one or two of many. */
export function findScheme(name: string): CompiledScheme | undefined {
  const scheme = byName.get(name);
  if (scheme === undefined) return undefined;
  let prepared = compiled.get(scheme);
  if (prepared === undefined) {
    prepared = compileScheme(scheme);
    compiled.set(scheme, prepared);
  }
  return prepared;
}

/** @throws TypeError for a name that is none: that is a caller's mistake, not a fault of a message. */
export function schemeNamed(name: string): CompiledScheme {
  const scheme = typeof name === "string" ? findScheme(name) : undefined;
  if (scheme === undefined) {
    throw new TypeError(`unknown signature scheme ${quoted(name)}; known: ${SCHEME_NAMES.join(", ")}`);
  }
  return scheme;
}
