// Servers by name, each with its key: what `hooks login` keeps and `--context` chooses.

import path from "node:path";
import { isHooksError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/quoted.ts";
import { checkScopeName } from "../core/scope.ts";
import { checkApiKey, checkContextName, LOCAL_CONTEXT, parseServer, usage } from "../core/setting-rules.ts";
import { changePrivateFile, readPrivateFile } from "./private-file.ts";

/** A server, and as whom to work there. */
export interface ServerContext {
  server: URL;
  /** Undefined: it has none, or the keychain has it. */
  apiKey: string | undefined;
  /** The key is in the system's keychain. */
  inKeychain: boolean;
  tenant: string | undefined;
  environment: string | undefined;
}

export interface Contexts {
  /** Where they are kept; it need not exist. */
  file: string;
  /** Name of the one that is worked with when nothing else says where; undefined: the local store. */
  current: string | undefined;
  byName: Map<string, ServerContext>;
}

/** `contexts.json` beside the user's `config.json`. */
export function contextsFile(configFile: string): string {
  return path.join(path.dirname(configFile), "contexts.json");
}

/** @throws HooksError `usage` naming the file: it is not private, or not as it must be */
export function readContexts(file: string): Contexts {
  return parse(readPrivateFile(file), file);
}

/** Reads, changes and writes them in one step; answers them as they are then. @throws HooksError as above */
export function changeContexts(file: string, change: (contexts: Contexts) => void): Contexts {
  let changed: Contexts | undefined;
  changePrivateFile(file, (text) => {
    changed = parse(text, file);
    change(changed);
    return format(changed);
  });
  return changed!;
}

/** What the keychain calls the entry of a context. */
export function keychainAccount(name: string, { server }: Pick<ServerContext, "server">): string {
  return `${name} ${server.href}`;
}

/** Both lead to the same place, and a key of the one is a key of the other. */
export function isSameServer(one: URL, other: URL): boolean {
  const place = ({ origin, pathname }: URL): string => origin + pathname.replace(/\/+$/, "");
  return place(one) === place(other);
}

/** For an error about a name that is none. */
export function nearestContext(name: string, { byName }: Contexts): string {
  const near = nearest(name, [...byName.keys(), LOCAL_CONTEXT]);
  return near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
}

function parse(text: string | undefined, file: string): Contexts {
  const contexts: Contexts = { file, current: undefined, byName: new Map() };
  if (text === undefined) return contexts;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // Not what V8 says: it quotes the text, in which there are keys.
    throw usage(`${file} is not JSON`, file, "correct it, or remove it and log in again: hooks login URL");
  }
  const { current, contexts: entries } = members(content, ["current", "contexts"], file, file);
  for (const [name, entry] of Object.entries(members(entries ?? {}, undefined, "contexts", file))) {
    const at = `contexts.${name}`;
    checkContextName(name, `${file}: ${at}`);
    if (name === LOCAL_CONTEXT) throw usage(`${file}: ${at}: ${name} means the store on this machine`, at);
    contexts.byName.set(name, parseContext(members(entry, CONTEXT_MEMBERS, at, file), at, file));
  }
  if (current !== undefined && current !== null) {
    if (typeof current !== "string" || !contexts.byName.has(current)) {
      throw usage(`${file}: current names no context: ${quoted(current)}`, "current", "hooks context use NAME");
    }
    contexts.current = current;
  }
  return contexts;
}

const CONTEXT_MEMBERS = ["server", "api_key", "keychain", "tenant", "environment"] as const;

function parseContext(entry: Record<string, unknown>, at: string, file: string): ServerContext {
  const text = (name: string, check: (text: string, field: string) => unknown): string | undefined => {
    const value = entry[name];
    if (value === undefined) return undefined;
    const field = `${file}: ${at}.${name}`;
    if (typeof value !== "string") throw usage(`${field} must be a string`, `${at}.${name}`);
    try {
      check(value, field);
    } catch (error) {
      throw isHooksError(error) ? usage(error.message, `${at}.${name}`, error.hint) : error;
    }
    return value;
  };
  const server = text("server", parseServer);
  if (server === undefined) throw usage(`${file}: ${at}.server is missing`, `${at}.server`);
  return {
    server: parseServer(server, at),
    apiKey: text("api_key", checkApiKey),
    inKeychain: entry["keychain"] === true,
    tenant: text("tenant", checkScopeName),
    environment: text("environment", checkScopeName),
  };
}

/** Of a JSON object; `known`: no others are taken. A prototype cannot be reached: the result has none. */
function members(
  value: unknown,
  known: readonly string[] | undefined,
  at: string,
  file: string,
): Record<string, unknown> {
  const what = at === file ? file : `${file}: ${at}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw usage(`${what} must be an object`, at);
  for (const name of Object.keys(value)) {
    if (known === undefined || known.includes(name)) continue;
    const near = nearest(name, known);
    const guess = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
    throw usage(`${what}: unknown key ${quoted(name)}${guess}`, name, `the keys: ${known.join(", ")}`);
  }
  return Object.assign(Object.create(null) as Record<string, unknown>, value);
}

function format({ current, byName }: Contexts): string {
  const contexts = Object.fromEntries(
    [...byName].map(([name, { server, apiKey, inKeychain, tenant, environment }]) => [
      name,
      // What is undefined is left out.
      { server: server.href, api_key: apiKey, keychain: inKeychain ? true : undefined, tenant, environment },
    ]),
  );
  return `${JSON.stringify({ current: current ?? null, contexts }, undefined, 2)}\n`;
}
