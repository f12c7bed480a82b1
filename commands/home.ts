import { homedir } from "node:os";
import path from "node:path";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { formatHome } from "../src/cli/help.ts";
import { type Standing, standingWithTrouble } from "../src/cli/standing.ts";
import { COMMANDS } from "./index.ts";

/** `hooks` alone: what it is, the first commands, and how things stand. */
export function homeCommand(context: CliContext, run = runHome): Command {
  return new Command("hooks").action(() => run(context));
}

export async function runHome(context: CliContext): Promise<void> {
  const { out } = context;
  const now = await standingWithTrouble(context);
  if (out.mode === "json") out.print(jsonLine(now));
  else out.write(formatHome(COMMANDS, out.colors, stateLines(now, context)));
}

function stateLines({ where, daemon, subscriptions, trouble }: Standing, context: CliContext): string[] {
  const count =
    subscriptions === null
      ? (trouble ?? "")
      : subscriptions === 1
        ? "1 subscription"
        : `${subscriptions} subscriptions`;
  const state = (what: string, place: string): string => `${what}: ${escapeLine(place)} (${escapeLine(count)})`;
  if (context.settings().target.kind === "remote") return [state("server", where)];
  return [`daemon: ${daemon === null ? "not running" : daemon.url}`, state("store", shortPath(where, context))];
}

/** With ~ for the home folder, as a shell reads it. */
function shortPath(file: string, { env }: CliContext): string {
  const home = env["HOME"] || homedir();
  return file.startsWith(home + path.sep) ? `~${file.slice(home.length)}` : file;
}
