import { stat } from "node:fs/promises";
import { Command } from "commander";
import { simulationCandidates } from "../src/cli/completion/simulations.ts";
import {
  adminCandidates,
  type Candidate,
  type Completing,
  candidates,
  completing,
} from "../src/cli/completion/words.ts";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { COMMANDS } from "./index.ts";

/** A person waits between the key and the list. On a busy machine the program alone needs a third of it to start. */
const LIMIT_MS = 1_500;

/** Defines hidden `hooks __complete -- WORDS…`: a value, a tab and a description a line. */
export function completeCommand(context: CliContext, run = runComplete): Command {
  return new Command("__complete")
    .description("Answers the completion scripts; not for people.")
    .argument("[words...]", "the command line without the program's name; the last word is being typed")
    .addHelpText("after", examples("hooks __complete -- sub get ''", "hooks __complete -- trigger ord"))
    .action((words: string[]) => run(words, context));
}

/** Silent whatever happens: an error message in the middle of a command line helps nobody. */
export async function runComplete(words: readonly string[], context: CliContext): Promise<void> {
  const limit = Promise.withResolvers<readonly string[]>();
  const timer = setTimeout(() => limit.resolve([]), LIMIT_MS);
  const lines = await Promise.race([answer(words, context).catch(() => []), limit.promise]);
  clearTimeout(timer);
  for (const line of lines) context.out.print(line);
}

async function answer(words: readonly string[], context: CliContext): Promise<string[]> {
  const wanted = await completing(words, COMMANDS, context);
  if (wanted === undefined) return [];
  if (wanted.kind === "context") return contextLines(wanted.typed, context);
  const isTrigger = wanted.command === "trigger" && !wanted.isFlag;
  const simulations = isTrigger ? lines(await simulationCandidates(wanted.typed)) : [];
  // No store has a type with a colon in it.
  if (isTrigger && wanted.typed.includes(":")) return simulations;
  return [...(await storeLines(wanted, context).catch(() => [])), ...simulations];
}

async function storeLines(wanted: Completing, context: CliContext): Promise<string[]> {
  const { target } = context.settings(wanted.settings);
  if (target.kind === "local" && !(await stat(target.storePath)).isFile()) return [];
  // Read-only: a key on the keyboard never makes or migrates a store.
  const local = target.kind === "local" ? await context.local("", { readOnly: true }) : undefined;
  if (wanted.kind === "key" || wanted.kind === "tenant")
    return lines(await adminCandidates(wanted, local?.adminFor() ?? (await context.admin())));
  const service = local?.serviceFor(context.scope()) ?? (await context.service());
  return lines(await candidates(wanted, service));
}

/** Read from a file of the user, without asking any store. */
async function contextLines(typed: string, context: CliContext): Promise<string[]> {
  const { contextRows } = await import("./context/context-view.ts");
  const rows = contextRows(context, undefined).filter(({ name }) => name.startsWith(typed));
  return lines(rows.map(({ name, server }) => ({ value: name, description: server ?? "the store on this machine" })));
}

function lines(found: readonly Candidate[]): string[] {
  return found.map(({ value, description }) => `${escapeLine(value)}\t${escapeLine(description)}`);
}
