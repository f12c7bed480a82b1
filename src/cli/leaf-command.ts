import type { Command, CommanderError, Option } from "commander";
import { HooksError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/quoted.ts";
import { type LeafEntry, unknownFlag } from "./command-table.ts";
import type { CliContext } from "./context.ts";
import { didYouMean } from "./did-you-mean.ts";
import { globalOptions } from "./global-flags.ts";
import { formatLeafHelp } from "./help.ts";

/** Loads one command and makes it ours: the global flags, our help, and no exit, output or suggestion of commander's own. */
export async function loadLeaf(path: readonly string[], entry: LeafEntry, context: CliContext): Promise<Command> {
  const command = (await entry.load())(context);
  command.name(["hooks", ...path].join(" "));
  if (command.description() === "") command.description(`${entry.summary}.`);
  const taken = new Set(command.options.map((option) => option.attributeName()));
  for (const option of globalOptions()) if (!taken.has(option.attributeName())) command.addOption(option);
  command
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .showSuggestionAfterError(false)
    .allowExcessArguments(command.registeredArguments.some((argument) => argument.variadic))
    .configureHelp({ formatHelp: (leaf, helper) => formatLeafHelp(leaf, helper) });
  refuseRepeats(command);
  return command;
}

/** A flag that takes one value and is given twice is a slip, and which one was meant cannot be known (rulings.md 28). */
function refuseRepeats(command: Command): void {
  const seen = new Set<string>();
  for (const option of command.options) {
    if (isRepeatable(option)) continue;
    command.on(`option:${option.name()}`, () => {
      const key = option.attributeName();
      const name = option.long ?? option.flags;
      if (seen.has(key)) throw new HooksError("usage", `${name} is given twice, and takes one value`, { field: name });
      seen.add(key);
    });
  }
}

/** Variadic, or collecting into a list. */
export function isRepeatable(option: Option): boolean {
  return option.variadic || Array.isArray(option.defaultValue);
}

/** Commander's complaint in our words; undefined when it is none (help was shown). */
export function usageError(error: CommanderError, command: Command, path: readonly string[]): HooksError | undefined {
  if (
    error.code === "commander.help" ||
    error.code === "commander.helpDisplayed" ||
    error.code === "commander.version"
  ) {
    return undefined;
  }
  const message = error.message.replace(/^error: /, "");
  const hint = `see: ${["hooks", ...path].join(" ")} --help`;
  const quoted = [...message.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? "");
  if (error.code === "commander.unknownOption") {
    return unknownFlag(
      quoted[0] ?? "",
      [...command.options.flatMap(({ long, short }) => [long ?? "", short ?? ""]), "--help", "-h"],
      path,
    );
  }
  const field = /--[\w-]+/.exec(quoted[0] ?? "")?.[0] ?? quoted[0];
  if (error.code === "commander.optionMissingArgument") {
    return new HooksError("usage", `${field} needs a value: ${quoted[0]}`, { field, hint });
  }
  if (error.code === "commander.missingArgument") {
    return new HooksError("usage", `<${quoted[0]}> is missing`, { field, hint: exampleOf(command) ?? hint });
  }
  if (error.code === "commander.invalidArgument") return invalidValue(message, field, hint);
  if (error.code === "commander.excessArguments") {
    return new HooksError("usage", excessMessage(command), { field: undefined, hint });
  }
  return new HooksError("usage", message.replaceAll("'", '"'), { field, hint });
}

/** Of a flag (`option '--x <y>' argument 'z' is invalid. …`) or an argument (`command-argument value 'z' is invalid for …`). */
function invalidValue(message: string, flag: string | undefined, hint: string): HooksError {
  const [, given = "", argument, why = ""] =
    /(?:argument|value) '(.*)' is invalid(?: for argument '(.*)')?\. (.+)$/s.exec(message) ?? [];
  const field = argument === undefined ? flag : `<${argument}>`;
  const list = /^Allowed choices are (.+)\.$/.exec(why)?.[1];
  if (list === undefined) {
    // What is not in the form of a header is most likely a key.
    const got = field === "--header" ? "" : `, got ${quoted(given)}`;
    return new HooksError("usage", `${field}: ${why.replace(/\.$/, "")}${got}`, {
      field,
      hint,
    });
  }
  const near = didYouMean(nearest(given, list.split(", ")));
  return new HooksError("usage", `${field} must be one of ${list}, got ${quoted(given)}${near}`, {
    field,
    hint,
  });
}

function excessMessage(command: Command): string {
  const most = command.registeredArguments.length;
  const extra = command.args[most];
  const takes = most === 0 ? "no argument" : most === 1 ? "one argument" : `${most} arguments`;
  return `${command.name()} takes ${takes}; ${quoted(extra)} is one too many`;
}

/** The first example of the command's help. */
function exampleOf(command: Command): string | undefined {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part), getOutHasColors: () => false }).outputHelp();
  return /^\s*\$ (hooks .*)$/m.exec(parts.join(""))?.[1];
}
