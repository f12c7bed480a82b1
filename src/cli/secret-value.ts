import { HooksError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import type { CliContext } from "./context.ts";
import { readNamedFile } from "./named-file.ts";

/** A PEM with its chain is smaller. */
const SECRET_MAX_BYTES = 64 * 1024;

/**
 * The secret that a flag's value stands for: `@FILE`, `-` (standard input), `env:NAME`, or the value itself.
 * @throws HooksError `usage` naming the flag, and never the secret, when it cannot be read or is empty.
 */
export async function readSecretValue(value: string, flag: string, context: CliContext): Promise<string> {
  if (value.startsWith("@")) return readSecretFile(value.slice(1), flag, context);
  if (value === "-") return textOf(await context.readStdin(flag, SECRET_MAX_BYTES), `${flag}: standard input`, flag);
  if (value.startsWith("env:")) return readSecretVariable(value.slice("env:".length), flag, context);
  if (value === "") {
    // `--secret "$UNSET"`: an empty key would let everything in.
    throw new HooksError("usage", `${flag} is empty`, { field: flag, hint: "is the variable set that it comes from?" });
  }
  if (context.out.isTty) {
    const name = flag.replace(/^--/, "").toUpperCase().replaceAll("-", "_");
    context.out.note(
      `note: a secret on the command line can be seen by others on this machine; ${flag} env:${name} or @FILE keep it private`,
    );
  }
  return value;
}

/** One line break at the end is the editor's and not the secret's. */
export async function readSecretFile(file: string, flag: string, context: CliContext): Promise<string> {
  return textOf(await readNamedFile(flag, file, context, SECRET_MAX_BYTES), `${flag}: ${file}`, flag);
}

export function readSecretVariable(name: string, flag: string, context: CliContext): string {
  // Not what every object has: process.env answers `__proto__` with one.
  const value = Object.hasOwn(context.env, name) ? context.env[name] : undefined;
  if (value !== undefined && value !== "") return value;
  const state = value === undefined ? "not set" : "empty";
  throw new HooksError("usage", `${flag}: the environment variable ${quoted(name)} is ${state}`, {
    field: flag,
  });
}

function textOf(bytes: Uint8Array, what: string, flag: string): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (text === "") throw new HooksError("usage", `${what} is empty`, { field: flag });
  return text;
}
