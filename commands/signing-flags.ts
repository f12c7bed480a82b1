// The flags that `hooks sign` and `hooks verify` have in common. What reads them is loaded when the command runs.

import type { Command } from "commander";
import { collect } from "../src/cli/flag-values.ts";

/** Where the secrets come from; several may be given. */
export interface SecretFlags {
  /** `VALUE`, `@FILE`, `-` or `env:NAME`. */
  secret: string[];
  secretEnv: string[];
  secretFile: string[];
  /** A stored subscription. */
  sub?: string | undefined;
}

export interface SchemeFlags {
  /** Undefined: the one of the file, or Standard Webhooks. */
  scheme?: string | undefined;
  /** A file with schemes of the user's own. */
  schemeFile?: string | undefined;
  method?: string | undefined;
  url?: string | undefined;
}

export function addSchemeFlags(command: Command, more: string): Command {
  return command
    .option("--scheme <name>", `signature scheme${more} (default: standard-webhooks)`)
    .option("--scheme-file <file>", "JSON file with schemes of your own (docs/schemes.md)")
    .option("--method <method>", "request method, for schemes that sign it")
    .option("--url <url>", "request URL as the sender uses it, for schemes that sign it");
}

export function addSecretFlags(command: Command): Command {
  return command
    .option("--secret <value>", "the secret: a value, @FILE, - (standard input) or env:NAME", collect, [])
    .option("--secret-env <name>", "environment variable that holds a secret", collect, [])
    .option("--secret-file <file>", "file that holds a secret", collect, [])
    .option("--sub <id>", "the secrets of a stored subscription (local store only)");
}
