// What one source (flags, environment, a file, a context) says of the settings, and which of two answers to one
// question counts.

import path from "node:path";
import { type HooksError, isHooksError } from "../core/errors.ts";
import { type SettingRule, usage } from "../core/setting-rules.ts";

export interface Candidate {
  text: string;
  /** `--store`, `HOOKS_STORE`, a file's path, `context prod`. */
  origin: string;
  /** For relative paths. */
  folder: string;
  /** The text is not here: the keychain's entry of this name has it. */
  keychain?: string;
}

/** By key. */
export type Layer = Map<string, Candidate>;

/** `store` and `server` answer one question, and so do a key and the file that holds it. */
const RIVALS = [
  ["store", "server"],
  ["api_key", "api_key_file"],
] as const;

/** The candidate with its path made whole. @throws HooksError `usage` naming `name` */
export function checked(key: string, rule: SettingRule, candidate: Candidate, name: string): Candidate {
  try {
    if (candidate.text === "") throw usage(`${name} must not be empty`, name);
    rule.check?.(candidate.text, name);
  } catch (error) {
    if (isHooksError(error)) throw usage(error.message, key === "api_key" ? key : name, error.hint);
    throw error;
  }
  if (rule.isPath !== true || candidate.text === "-") return candidate;
  return { ...candidate, text: path.resolve(candidate.folder, candidate.text) };
}

/** Strongest first: what a stronger source says of one rival silences the other below it. */
export function dropLosers(layers: readonly Layer[]): void {
  for (const [one, other] of RIVALS) {
    let decided: typeof one | typeof other | undefined;
    for (const layer of layers) {
      if (decided !== undefined) layer.delete(decided === one ? other : one);
      decided ??= layer.has(one) ? one : layer.has(other) ? other : undefined;
    }
  }
}

/** @throws HooksError `usage` when one source names two places to work in, or two keys */
export function refuseRivals(layer: Layer, nameOf: (key: string) => string): void {
  for (const [one, other] of [...RIVALS, ["context", "store"], ["context", "server"]] as const) {
    if (layer.has(one) && layer.has(other)) throw both(nameOf(one), nameOf(other), one);
  }
}

function both(one: string, other: string, key: string): HooksError {
  const why = key === "api_key" ? "each names the key to send" : "hooks works either on a file or on a server";
  return usage(`${one} and ${other} cannot be used together: ${why}`, one);
}
