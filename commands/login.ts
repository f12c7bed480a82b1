import { Command } from "commander";
import { complaint } from "../src/cli/complaint.ts";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { addFieldsFlag } from "../src/cli/pages.ts";
import { printChanged, printsFields } from "../src/cli/print-one.ts";
import { whoIs } from "../src/cli/sign-in.ts";
import { type ListView, sectionLines } from "../src/cli/table.ts";
import { isSameServer, readContexts } from "../src/config/contexts.ts";
import { HooksError } from "../src/core/errors.ts";
import { checkApiKey, parseServer } from "../src/core/setting-rules.ts";
import { shellWord } from "../src/core/shell-word.ts";
import type { Whoami } from "../src/core/whoami.ts";
import { type ContextRow, fileOfContexts, rowOf } from "./context/context-view.ts";
import { readNewContext, storeContext, taken } from "./context/store-context.ts";
import { noteStrongerPlace } from "./context/stronger-place.ts";

export interface LoginOptions {
  url: string | undefined;
  name?: string;
  keychain?: boolean;
  fields?: string[];
  /** Of the global flags. */
  server?: string;
  context?: string;
  tenant?: string;
  env?: string;
}

/** Who was signed in, and how that is kept. Tenant and environment are the key's own; "*": any. */
interface LoginRow extends Whoami {
  context: string;
  server: string;
  key: ContextRow["key"];
}

const VIEW: ListView<LoginRow> = {
  fields: ["context", "server", "name", "role", "tenant", "environment", "key"],
  id: (row) => row.context,
  columns: (["context", "server", "name", "role", "tenant", "environment"] as const).map((field) => ({
    title: field,
    text: (row) => row[field],
  })),
};

const EXAMPLE = "hooks login https://hooks.example.com";

/** Defines `hooks login`. */
export function loginCommand(context: CliContext, run = runLogin): Command {
  return addFieldsFlag(new Command("login"))
    .description(
      "Signs in to a server: asks for the key (nothing of it is shown), checks it there, keeps both as a context, and " +
        "makes that the place where commands work. --tenant and --env are kept with it. The key is kept in a file that " +
        "only you can read, or in the system's keychain.",
    )
    .argument("[url]", "of the server: https://…")
    .option("--name <name>", "what to call the context (default: the server's name)")
    .option("--keychain", "keep the key in the system's keychain (npm install --global @napi-rs/keyring)")
    .addHelpText(
      "after",
      examples(
        EXAMPLE,
        `${EXAMPLE} --name production --tenant acme --env production`,
        `${EXAMPLE} --api-key env:HOOKS_API_KEY`,
        `pass show hooks | ${EXAMPLE} --api-key-file - --keychain`,
      ),
    )
    .action((url: string | undefined, flags: Omit<LoginOptions, "url">) => run({ ...flags, url }, context));
}

/** @throws HooksError `usage`; `unauthenticated`, `forbidden`, `unreachable`: nothing is kept then */
export async function runLogin(options: LoginOptions, context: CliContext): Promise<void> {
  const { out } = context;
  if (printsFields(out, VIEW, options.fields)) return;
  if (options.context !== undefined) {
    throw new HooksError("usage", "--context chooses among those that there are; --name calls a new one", {
      field: "--context",
      hint: `${EXAMPLE} --name ${shellWord(options.context)}`,
    });
  }
  const given = await urlOf(options, context);
  const { name = nameOf(given.url) } = options;
  const added = readNewContext({ ...options, ...given, name }, context);
  const { server } = added;
  const mayReplace = await mayReplaceOther(name, server, context);
  const apiKey = added.apiKey ?? (await askKey(server, context));
  const who = await whoIs({ ...added, apiKey });
  const stored = await storeContext(
    { ...added, apiKey },
    { makeCurrent: true, replaces: (old) => mayReplace || isSameServer(old.server, server) },
    context,
  );
  const row = rowOf(name, stored);
  print({ context: name, server: server.href, ...who, key: row.key }, options.fields, context);
  noteStrongerPlace(row, context);
}

/** Asked before the key is: signing in again is nothing to ask about, another server under an old name is. */
async function mayReplaceOther(name: string, server: URL, context: CliContext): Promise<boolean> {
  const old = readContexts(fileOfContexts(context)).byName.get(name);
  if (old === undefined || isSameServer(old.server, server) || context.yes) return context.yes;
  if (!context.canPrompt) throw taken(name, old);
  if (await context.ask.confirm(`Replace context ${name}, which is ${escapeLine(old.server.href)}?`)) return true;
  throw new HooksError("failed", "not confirmed: nothing was changed");
}

function print(row: LoginRow, fields: string[] | undefined, context: CliContext): void {
  const { out } = context;
  const any = (text: string): string => (text === "*" ? "any" : escapeLine(text));
  const lines = [
    ["context", row.context],
    ["key", `${escapeLine(row.name)}, kept in ${row.key === "keychain" ? "the keychain" : "a file only you can read"}`],
    ["role", escapeLine(row.role)],
    ["tenant", any(row.tenant)],
    ["environment", any(row.environment)],
  ] as const;
  const say = (): string =>
    [`${out.colors.green("✓")} signed in to ${escapeLine(row.server)}\n`, ...sectionLines(out, lines)].join("\n");
  printChanged(out, row, VIEW, { fields, say });
  if (out.mode === "human") out.note("\ncommands work there now; back to this machine: hooks context use local");
}

/** @throws HooksError `usage` when there is none, or two */
async function urlOf(
  { url, server }: LoginOptions,
  context: CliContext,
): Promise<{ url: string; urlName: "<url>" | "--server" }> {
  if (url !== undefined && server !== undefined) {
    throw new HooksError("usage", "<url> and --server cannot be used together: both name the server", { field: "url" });
  }
  if (server !== undefined) return { url: server, urlName: "--server" };
  if (url !== undefined) return { url, urlName: "<url>" };
  if (!context.canPrompt) throw new HooksError("usage", "<url> is missing", { field: "url", hint: EXAMPLE });
  const check = (text: string): string | undefined => complaint(() => parseServer(text.trim(), "the URL"));
  return { url: (await context.ask.text("URL of the server", { check })).trim(), urlName: "<url>" };
}

/** The server's name, as a context can be called. */
function nameOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  const name = host.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name === "" || name === "local" ? "server" : name.slice(0, 64);
}

async function askKey(server: URL, context: CliContext): Promise<string> {
  if (!context.canPrompt) {
    throw new HooksError("usage", "the key is missing, and nobody can be asked for it", {
      field: "--api-key-file",
      hint: `hooks login ${shellWord(server.href)} --api-key-file FILE, or --api-key env:NAME`,
    });
  }
  const check = (text: string): string | undefined => complaint(() => checkApiKey(text.trim(), "a key"));
  return (await context.ask.secret(`Key for ${escapeLine(server.origin)}`, { check })).trim();
}
