// What `hooks sign` and `hooks verify` have in common: the flags of scheme and secrets, and how their values are read.

import type { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { collect } from "../src/cli/flag-values.ts";
import { readNamedFile } from "../src/cli/named-file.ts";
import { readSecretFile, readSecretValue, readSecretVariable } from "../src/cli/secret-value.ts";
import { HooksError } from "../src/core/errors.ts";
import { nearest } from "../src/core/nearest.ts";
import { quoted } from "../src/core/quoted.ts";
import type { CompiledScheme } from "../src/core/signing/compiled-scheme.ts";
import { findScheme, SCHEME_NAMES } from "../src/core/signing/registry.ts";

/** Where the secrets come from; several may be given. */
export interface SecretFlags {
  /** `VALUE`, `@FILE`, `-` or `env:NAME`. */
  secret: string[];
  secretEnv: string[];
  secretFile: string[];
  /** A stored subscription. */
  sub?: string | undefined;
}

export function addSecretFlags(command: Command): Command {
  return command
    .option("--secret <value>", "the secret: a value, @FILE, - (standard input) or env:NAME", collect, [])
    .option("--secret-env <name>", "environment variable that holds a secret", collect, [])
    .option("--secret-file <file>", "file that holds a secret", collect, [])
    .option("--sub <id>", "the secrets of a stored subscription (local store only)");
}

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
    // Whoever reads a secret is in the audit, which is written.
    const local = await context.local("--sub");
    secrets.push(...(await local.secretsOf(context.scope(), flags.sub)));
  }
  if (secrets.length > 0) return secrets;
  throw new HooksError("usage", "no secret is given", {
    field: "--secret",
    hint: "name it with --secret env:NAME, --secret @FILE or --sub ID",
  });
}

/** @throws HooksError `usage` naming the known schemes. */
export function readScheme(name: string): CompiledScheme {
  const scheme = findScheme(name);
  if (scheme !== undefined) return scheme;
  const near = nearest(name, [
    ...SCHEME_NAMES,
    ...SCHEME_NAMES.flatMap((one) => findScheme(one)?.scheme.aliases ?? []),
  ]);
  const meant = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
  throw new HooksError("usage", `--scheme: there is no scheme ${quoted(name)}${meant}`, {
    field: "--scheme",
    hint: `the schemes: ${SCHEME_NAMES.join(", ")}`,
  });
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
