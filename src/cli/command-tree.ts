import type { Command, Option } from "commander";
import { type CommandTable, isGroup, type LeafEntry, topLevel } from "./command-table.ts";
import type { CliContext } from "./context.ts";
import { GLOBAL_FLAGS } from "./global-flags.ts";
import { isRepeatable, loadLeaf } from "./leaf-command.ts";

/** The command line as data: `hooks help --json`, and what the completion scripts are made from. */
export interface CommandTree {
  summary: string;
  global_flags: FlagNode[];
  commands: CommandNode[];
}

export interface CommandNode {
  name: string;
  summary: string;
  /** Of a group; empty for a command. */
  commands: CommandNode[];
  arguments: ArgumentNode[];
  flags: FlagNode[];
}

export interface ArgumentNode {
  name: string;
  summary: string;
  required: boolean;
  repeatable: boolean;
  choices: string[];
}

export interface FlagNode {
  /** `--event` */
  name: string;
  short: string | null;
  summary: string;
  /** Name of the value (`duration`); null for a switch. */
  value: string | null;
  /** The value may be left out: `--keep [duration]`. */
  value_optional: boolean;
  repeatable: boolean;
  choices: string[];
  default: string | number | boolean | null;
}

/** Loads every command. */
export async function describeCommands(table: CommandTable, context: CliContext): Promise<CommandTree> {
  const commands: CommandNode[] = [];
  for (const entry of topLevel(table)) {
    if (!isGroup(entry)) {
      if (entry.hidden !== true) commands.push(await describeLeaf([entry.name], entry, context));
      continue;
    }
    const leaves: CommandNode[] = [];
    for (const leaf of entry.commands) leaves.push(await describeLeaf([entry.name, leaf.name], leaf, context));
    commands.push({ name: entry.name, summary: entry.summary, commands: leaves, arguments: [], flags: [] });
  }
  return { summary: table.summary, global_flags: globalFlagNodes(), commands };
}

async function describeLeaf(path: readonly string[], entry: LeafEntry, context: CliContext): Promise<CommandNode> {
  const command: Command = await loadLeaf(path, entry, context);
  return {
    name: entry.name,
    summary: entry.summary,
    commands: [],
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      summary: argument.description,
      required: argument.required,
      repeatable: argument.variadic,
      choices: argument.argChoices ?? [],
    })),
    flags: command.options.filter((option) => !option.hidden).map(describeFlag),
  };
}

function describeFlag(option: Option): FlagNode {
  const { defaultValue } = option;
  const isPlain =
    typeof defaultValue === "string" || typeof defaultValue === "number" || typeof defaultValue === "boolean";
  return {
    name: option.long ?? option.flags,
    short: option.short ?? null,
    summary: option.description,
    value: /[<[]([^\]>]+?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1] ?? null,
    value_optional: option.optional,
    repeatable: isRepeatable(option),
    choices: option.argChoices ?? [],
    default: isPlain ? defaultValue : null,
  };
}

function globalFlagNodes(): FlagNode[] {
  return GLOBAL_FLAGS.map(({ names, flags, description, choices }) => ({
    name: names.at(-1) ?? "",
    short: names.length === 2 ? (names[0] ?? null) : null,
    summary: description,
    value: /<(.+)>/.exec(flags)?.[1] ?? null,
    value_optional: false,
    repeatable: false,
    choices: [...(choices ?? [])],
    default: null,
  }));
}
