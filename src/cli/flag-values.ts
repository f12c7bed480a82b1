import { parseDuration } from "../core/duration.ts";
import { HooksError, isHooksError } from "../core/errors.ts";
import type { RawJson } from "../core/event.ts";
import { checkRawJson } from "../core/json-envelope.ts";
import { quoted } from "../core/quoted.ts";
import type { CliContext } from "./context.ts";
import { readNamedFile } from "./named-file.ts";

// What flags hold. Each of these is told the flag's name, because its error has to name it.

/** For commander: one value a flag. Its `<value...>` would swallow an argument that follows. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** Values of --allow-net and --deny-net as settings; undefined: not given. */
export function netFlags(allow: readonly string[], deny: readonly string[]) {
  const joined = (values: readonly string[]) => (values.length === 0 ? undefined : values.join(","));
  return { allow_net: joined(allow), deny_net: joined(deny) };
}

/** For commander. */
export function wholeNumber(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (least <= number && number <= most) return number;
    throw usage(flag, `${flag} must be a whole number from ${least} to ${most}, got ${quoted(text)}`);
  };
}

/** For commander. Answers ms. */
export function duration(flag: string, bounds: { min?: number; max?: number } = {}): (text: string) => number {
  return (text) => asUsage(flag, () => parseDuration(text, flag, bounds));
}

/** Turns an error of a rule in core into one of the command line that names the flag. */
export function asUsage<T>(flag: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (isHooksError(error)) throw usage(flag, error.message, error.hint);
    throw error;
  }
}

/** `name=value` (or with ":" as for headers), split at the first separator. */
export function pair(flag: string, text: string, separator: "=" | ":"): [name: string, value: string] {
  const at = text.indexOf(separator);
  if (at < 1) {
    const form = separator === "=" ? "name=value" : "'name: value'";
    // A header that is not in its form is not repeated: most likely it is a key.
    const given = separator === "=" ? `, got ${quoted(text)}` : "";
    throw usage(flag, `${flag} must be ${form}${given}`);
  }
  return [text.slice(0, at).trim(), separator === ":" ? text.slice(at + 1).trim() : text.slice(at + 1)];
}

/**
 * The bytes of `TEXT`, `@FILE` or `-` (standard input).
 * @throws HooksError `usage` naming the flag when the file cannot be read.
 */
export async function readValue(context: CliContext, flag: string, value: string): Promise<Uint8Array> {
  if (value === "-") return context.readStdin(`${flag} -`);
  if (!value.startsWith("@")) return Buffer.from(value);
  return readNamedFile(flag, value.slice(1), context);
}

/** JSON from `TEXT`, `@FILE` or `-`, its bytes as they came. @throws HooksError `usage` naming the flag. */
export async function readJson(context: CliContext, flag: string, value: string): Promise<RawJson> {
  const bytes = await readValue(context, flag, value);
  asUsage(flag, () => checkRawJson(bytes, flag));
  return bytes;
}

function usage(flag: string, message: string, hint?: string): HooksError {
  return new HooksError("usage", message, { field: flag, hint });
}
