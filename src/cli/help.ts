import type { Command, Help, Option } from "commander";
import { type CommandTable, type GroupEntry, isGroup } from "./command-table.ts";
import type { Colors } from "./context.ts";
import { displayWidth, padToWidth } from "./display-width.ts";
import { GLOBAL_FLAGS } from "./global-flags.ts";

/** Text under a command's help: `examples("hooks sub list", …)`. Every command has at least two. */
export function examples(...lines: readonly string[]): string {
  return ["\nEXAMPLES", ...lines.map((line) => `  $ ${line}`)].join("\n");
}

const NAME_WIDTH = 14;
const FLAG_WIDTH = 25;

/** `hooks` alone: what it is, the first commands, how it stands, and where the rest is. */
export function formatHome(table: CommandTable, colors: Colors, state: readonly string[]): string {
  const { bold, dim } = colors;
  const lines = [`${bold("hooks")}  ${table.summary}`, "", ...table.examples.map((example) => `  $ ${example}`), ""];
  for (const section of table.sections) {
    const names = section.commands.flatMap((entry) => (isGroup(entry) || entry.hidden !== true ? [entry.name] : []));
    lines.push(`  ${padToWidth(section.title, HOME_WIDTH)}  ${names.join(" ")}`);
  }
  lines.push("", ...state.map((line) => dim(line)), dim("every command and flag: hooks help"));
  return `${lines.join("\n")}\n`;
}

const HOME_WIDTH = 8;

/** `hooks help`: all from the table, no command is loaded. `columns`: where lines are broken. */
export function formatRootHelp(table: CommandTable, colors: Colors, columns: number): string {
  const { bold } = colors;
  const lines = [`${bold("USAGE")} hooks <command> [flags]`, "", table.summary];
  for (const section of table.sections) {
    lines.push("", bold(section.title.toUpperCase()));
    for (const entry of section.commands) {
      if (isGroup(entry) || entry.hidden !== true) lines.push(row(entry.name, entry.summary, NAME_WIDTH, columns));
    }
  }
  const flags = [
    ...GLOBAL_FLAGS,
    { flags: "--fields <names>", description: "where data is printed: choose columns and JSON keys; help lists them" },
    { flags: "-h, --help", description: "show help for any command" },
    { flags: "-V, --version", description: "show the version" },
  ];
  lines.push("", bold("FLAGS"));
  for (const flag of flags) lines.push(row(alignFlags(flag.flags), flag.description, FLAG_WIDTH, columns));
  lines.push("", bold("EXAMPLES"), ...table.examples.map((example) => `  $ ${example}`));
  const more =
    "hooks <command> --help · hooks help exit-codes · hooks help environment · hooks help filters · hooks help output";
  lines.push("", bold("LEARN MORE"), row("", more, 0, columns));
  return `${lines.join("\n")}\n`;
}

export function formatGroupHelp(group: GroupEntry, colors: Colors, columns: number): string {
  const { bold } = colors;
  const lines = [
    `${bold("USAGE")} hooks ${group.name} <command> [flags]`,
    "",
    `${group.summary}.`,
    "",
    bold("COMMANDS"),
  ];
  for (const entry of group.commands) lines.push(row(entry.name, entry.summary, NAME_WIDTH, columns));
  lines.push("", bold("LEARN MORE"), `  hooks ${group.name} <command> --help · hooks --help`);
  return `${lines.join("\n")}\n`;
}

/** In place of commander's own layout; the examples follow it as text after the help. */
export function formatLeafHelp(command: Command, helper: Help): string {
  const columns = helper.helpWidth ?? Number.POSITIVE_INFINITY;
  const lines = [
    `${helper.styleTitle("USAGE")} ${command.name()} ${usageOf(command)}`,
    "",
    ...wrapText(command.description(), columns),
  ];
  const args = helper.visibleArguments(command);
  if (0 < args.length) {
    const width = Math.max(...args.map((argument) => argument.name().length + 2));
    lines.push("", helper.styleTitle("ARGUMENTS"));
    // Not argumentDescription(): it says the choices, and so does the description.
    for (const argument of args) lines.push(row(`<${argument.name()}>`, argument.description, width, columns));
  }
  const options = helper.visibleOptions(command).filter((option) => option.long !== "--help");
  if (0 < options.length) {
    const width = Math.max(...options.map((option) => alignFlags(option.flags).length));
    lines.push("", helper.styleTitle("FLAGS"));
    for (const option of options) lines.push(row(alignFlags(option.flags), optionText(option), width, columns));
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

/** The text is broken at `columns` and goes on under itself. */
function row(name: string, text: string, width: number, columns: number): string {
  const gap = width === 0 ? "" : "  ";
  const [first = "", ...rest] = wrapText(text, columns - 2 - width - gap.length);
  const indent = " ".repeat(2 + width + gap.length);
  return [`  ${padToWidth(name, width)}${gap}${first}`.trimEnd(), ...rest.map((line) => indent + line)].join("\n");
}

/** No line is made shorter than this, however narrow the terminal. */
const LEAST_WIDTH = 20;

function wrapText(text: string, width: number): string[] {
  const most = Math.max(width, LEAST_WIDTH);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && most < displayWidth(line) + 1 + displayWidth(word)) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
