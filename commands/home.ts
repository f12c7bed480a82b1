import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { formatRootHelp } from "../src/cli/help.ts";
import { type Standing, standing } from "../src/cli/standing.ts";
import { COMMANDS } from "./index.ts";

/** `hooks` alone: what it is, the commands, and how things stand. */
export function homeCommand(context: CliContext, run = runHome): Command {
  return new Command("hooks").action(() => run(context));
}

export async function runHome(context: CliContext): Promise<void> {
  const { out } = context;
  const now = await standing(context);
  if (out.mode === "json") out.print(jsonLine(now));
  else out.write(formatRootHelp(COMMANDS, out.colors, stateLine(now, context)));
}

function stateLine({ where, daemon, subscriptions, trouble }: Standing, context: CliContext): string {
  const isLocal = context.settings().target.kind === "local";
  const running = isLocal ? [`daemon: ${daemon === null ? "not running" : daemon.url}`] : [];
  const count =
    subscriptions === null
      ? (trouble ?? "")
      : subscriptions === 1
        ? "1 subscription"
        : `${subscriptions} subscriptions`;
  return [...running, `${isLocal ? "store" : "server"}: ${escapeLine(where)} (${escapeLine(count)})`].join(" · ");
}
