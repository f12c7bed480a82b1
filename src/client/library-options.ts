import { HooksError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import type { ConnectionOptions } from "./server-connection.ts";

/** Which server a program of somebody's talks to, and as whom. */
export interface ServerOptions {
  /** Default: the variable HOOKS_SERVER, else http://127.0.0.1:4680. */
  server?: string | URL | undefined;
  /** Default: the variable HOOKS_API_KEY. */
  apiKey?: string | undefined;
  /** For a key of any tenant or environment. */
  tenant?: string | undefined;
  environment?: string | undefined;
  /** For one request from start to end; default 30,000. */
  timeoutMs?: number | undefined;
}

const DEFAULT_SERVER = "http://127.0.0.1:4680";

/** @throws TypeError for an address or a time that is none; HooksError `usage` for one that a key must not be sent to. */
export function connectionOf(options: ServerOptions): ConnectionOptions {
  const given = options.server ?? nonEmpty(process.env["HOOKS_SERVER"]) ?? DEFAULT_SERVER;
  const server = typeof given === "string" ? parseServer(given) : given;
  return {
    server,
    apiKey: options.apiKey ?? nonEmpty(process.env["HOOKS_API_KEY"]),
    tenant: options.tenant,
    environment: options.environment,
    userAgent: `hooks-relay/${VERSION}`,
    timeoutMs: wholeNumber("timeoutMs", options.timeoutMs, 1, 24 * 60 * 60 * 1000),
  };
}

function parseServer(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new TypeError(`server must be an address such as ${DEFAULT_SERVER}`);
  return url;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** @throws TypeError that names the option */
export function wholeNumber(name: string, value: number | undefined, least: number, most: number): number | undefined {
  if (value === undefined || (Number.isInteger(value) && least <= value && value <= most)) return value;
  throw new TypeError(`${name} must be a whole number from ${least} to ${most}, got ${value}`);
}

/** Names of flags, where the same error is read by somebody who gave options. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/--server\b/g, "server"],
  [/--api-key-file\b/g, "apiKey"],
  [/--api-key\b/g, "apiKey"],
  [/--tenant\b/g, "tenant"],
  [/--env\b/g, "environment"],
];

/** The error as a program's author knows its parts. */
export function inWordsOfLibrary(error: unknown): unknown {
  if (!(error instanceof HooksError)) return error;
  const { code, message, field, hint, retryAfterMs, cause } = error;
  return new HooksError(code, reworded(message), {
    field: field === undefined ? undefined : reworded(field),
    hint: hint === undefined ? undefined : reworded(hint),
    retryAfterMs,
    cause,
  });
}

function reworded(text: string): string {
  return WORDS.reduce((before, [flag, option]) => before.replace(flag, option), text);
}
