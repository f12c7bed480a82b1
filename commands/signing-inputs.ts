// Reads what the flags of `hooks sign` and `hooks verify` name.

import type { CliContext } from "../src/cli/context.ts";
import { readNamedFile } from "../src/cli/named-file.ts";
import { readSecretFile, readSecretValue, readSecretVariable } from "../src/cli/secret-value.ts";
import { HooksError } from "../src/core/errors.ts";
import { nearest } from "../src/core/nearest.ts";
import { quoted } from "../src/core/quoted.ts";
import type { CompiledScheme } from "../src/core/signing/compiled-scheme.ts";
import { prepared } from "../src/core/signing/prepared-scheme.ts";
import { findScheme } from "../src/core/signing/registry.ts";
import { parseSchemes } from "../src/core/signing/scheme-file.ts";
import { SCHEME_NAMES_AND_ALIASES } from "../src/core/signing/scheme-names.ts";
import type { SchemeFlags, SecretFlags } from "./signing-flags.ts";

const SCHEME_FILE_MAX_BYTES = 1024 * 1024;

/**
 * All of them, in the order: --secret, --secret-env, --secret-file, --sub.
 * @throws HooksError `usage` when there is none or one cannot be read; `not_found` for an unknown subscription.
 */
export async function readSecrets(flags: SecretFlags, context: CliContext): Promise<string[]> {
  const secrets: string[] = [];
  for (const value of flags.secret) secrets.push(await readSecretValue(value, "--secret", context));
  for (const name of flags.secretEnv) secrets.push(readSecretVariable(name, "--secret-env", context));
  for (const file of flags.secretFile) secrets.push(await readSecretFile(file, "--secret-file", context));
  if (flags.sub !== undefined) {
    const local = await context.local("--sub", { readOnly: true });
    secrets.push(...(await local.secretsOf(context.scope(), flags.sub)));
  }
  if (secrets.length > 0) return secrets;
  throw new HooksError("usage", "no secret is given", {
    field: "--secret",
    hint: "name it with --secret env:NAME, --secret @FILE or --sub ID",
  });
}

/**
 * The scheme that is named, of the user's file or ours; the file's only one when none is named.
 * @throws HooksError `usage` naming the nearest scheme, or the field of the file that is wrong.
 */
export async function readScheme(flags: SchemeFlags, context: CliContext): Promise<CompiledScheme> {
  const own = await readOwnSchemes(flags, context);
  if (flags.scheme === undefined && own.length > 1) {
    throw new HooksError("usage", `--scheme-file has ${own.length} schemes: name one with --scheme`, {
      field: "--scheme",
      hint: `--scheme ${own[0]?.scheme.name}`,
    });
  }
  if (flags.scheme === undefined) return own[0] ?? findScheme("standard-webhooks")!;
  const { scheme: name } = flags;
  const found = own.find(({ scheme }) => scheme.name === name || scheme.aliases?.includes(name)) ?? findScheme(name);
  if (found !== undefined) return found;
  const near = nearest(name, [...own.map(({ scheme }) => scheme.name), ...SCHEME_NAMES_AND_ALIASES.flat()]);
  const meant = near === undefined ? "" : `\n  did you mean ${quoted(near)}?`;
  throw new HooksError("usage", `--scheme: there is no scheme ${quoted(name)}${meant}`, {
    field: "--scheme",
    hint: "hooks verify --list-schemes lists them",
  });
}

/** Those of --scheme-file; none without it. */
export async function readOwnSchemes({ schemeFile }: SchemeFlags, context: CliContext): Promise<CompiledScheme[]> {
  return schemeFile === undefined ? [] : await readSchemeFile(schemeFile, context);
}

async function readSchemeFile(file: string, context: CliContext): Promise<CompiledScheme[]> {
  const text = Buffer.from(await readBytes("--scheme-file", file, context, SCHEME_FILE_MAX_BYTES)).toString("utf8");
  return parseSchemes(text, `--scheme-file: ${file}`).map(prepared);
}

/** The bytes of a file or, for "-", of standard input, exactly as they are. */
export function readBytes(what: string, file: string, context: CliContext, maxBytes?: number): Promise<Uint8Array> {
  return file === "-" ? context.readStdin(what, maxBytes) : readNamedFile(what, file, context, maxBytes);
}

/** @throws HooksError `usage`: a whole number of seconds that a clock can show. */
export function readSeconds(flag: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new HooksError("usage", `${flag} must be a whole number of seconds from 0 up, got ${quoted(text)}`, {
    field: flag,
  });
}
