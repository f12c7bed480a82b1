import type { Command, Help, Option } from "commander";
import { type CommandTable, type GroupEntry, isGroup } from "./command-table.ts";
import type { Colors } from "./context.ts";
import { padToWidth } from "./display-width.ts";
import { GLOBAL_FLAGS } from "./global-flags.ts";

/** Text under a command's help: `examples("hooks sub list", …)`. Every command has at least two. */
export function examples(...lines: readonly string[]): string {
  return ["\nEXAMPLES", ...lines.map((line) => `  $ ${line}`)].join("\n");
}

const NAME_WIDTH = 14;
const FLAG_WIDTH = 25;

/** `hooks` and `hooks help`: all from the table, no command is loaded. `state`: a line about store and daemon. */
export function formatRootHelp(table: CommandTable, colors: Colors, state?: string): string {
  const { bold, dim } = colors;
  const lines = [`${bold("USAGE")} hooks <command> [flags]`, "", table.summary];
  if (state !== undefined) lines.push(dim(state));
  for (const section of table.sections) {
    lines.push("", bold(section.title.toUpperCase()));
    for (const entry of section.commands) {
      if (isGroup(entry) || entry.hidden !== true) lines.push(row(entry.name, entry.summary, NAME_WIDTH));
    }
  }
  lines.push("", bold("FLAGS"));
  for (const { flags, description } of GLOBAL_FLAGS) lines.push(row(alignFlags(flags), description, FLAG_WIDTH));
  lines.push(row(alignFlags("-h, --help"), "show help for any command", FLAG_WIDTH));
  lines.push(row(alignFlags("-V, --version"), "show the version", FLAG_WIDTH));
  lines.push("", bold("EXAMPLES"), ...table.examples.map((example) => `  $ ${example}`));
  lines.push(
    "",
    bold("LEARN MORE"),
    "  hooks <command> --help · hooks help exit-codes · hooks help environment · hooks help output",
  );
  return `${lines.join("\n")}\n`;
}

export function formatGroupHelp(group: GroupEntry, colors: Colors): string {
  const { bold } = colors;
  const lines = [
    `${bold("USAGE")} hooks ${group.name} <command> [flags]`,
    "",
    `${group.summary}.`,
    "",
    bold("COMMANDS"),
  ];
  for (const entry of group.commands) lines.push(row(entry.name, entry.summary, NAME_WIDTH));
  lines.push("", bold("LEARN MORE"), `  hooks ${group.name} <command> --help · hooks --help`);
  return `${lines.join("\n")}\n`;
}

/** In place of commander's own layout; the examples follow it as text after the help. */
export function formatLeafHelp(command: Command, helper: Help): string {
  const lines = [`${helper.styleTitle("USAGE")} ${command.name()} ${usageOf(command)}`, "", command.description()];
  const args = helper.visibleArguments(command);
  if (0 < args.length) {
    const width = Math.max(...args.map((argument) => argument.name().length + 2));
    lines.push("", helper.styleTitle("ARGUMENTS"));
    for (const argument of args) lines.push(row(`<${argument.name()}>`, helper.argumentDescription(argument), width));
  }
  const options = helper.visibleOptions(command).filter((option) => option.long !== "--help");
  if (0 < options.length) {
    const width = Math.max(...options.map((option) => alignFlags(option.flags).length));
    lines.push("", helper.styleTitle("FLAGS"));
    for (const option of options) lines.push(row(alignFlags(option.flags), optionText(option), width));
  }
  lines.push("", "Global flags (--json, --quiet, --store, --server …): hooks --help");
  return `${lines.join("\n")}\n`;
}

function usageOf(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "…" : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [...args, "[flags]"].join(" ");
}

function optionText(option: Option): string {
  const facts: string[] = [];
  if (option.argChoices !== undefined && option.argChoices.length <= 8) facts.push(option.argChoices.join(", "));
  const { defaultValue } = option;
  if (typeof defaultValue === "string" || typeof defaultValue === "number") facts.push(`default: ${defaultValue}`);
  if (Array.isArray(defaultValue) && !option.description.includes("repeatable")) facts.push("repeatable");
  return facts.length === 0 ? option.description : `${option.description} (${facts.join("; ")})`;
}

/** `--json` → `    --json`, so that long names stand under each other. */
function alignFlags(flags: string): string {
  return flags.startsWith("--") ? `    ${flags}` : flags;
}

function row(name: string, text: string, width: number): string {
  return `  ${padToWidth(name, width)}  ${text}`.trimEnd();
}
