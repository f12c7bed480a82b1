import { SCHEME_NAMES } from "../../core/signing/scheme-names.ts";
import type { CommandNode, CommandTree, FlagNode } from "../command-tree.ts";

/** What all shells' scripts are written from: the tree, laid flat, with what each value is completed by. */
export interface CompletionModel {
  /** Every point where words can follow: "" (the root), each group, each command. */
  points: CompletionPoint[];
  /** Take a value; may stand before the command's words. */
  globalValueFlags: string[];
}

export interface CompletionPoint {
  /** `sub create`; "" for the root. */
  path: string;
  commands: { name: string; summary: string }[];
  flags: CompletionFlag[];
  /** By position; the last one again when it is repeatable. */
  arguments: ValueSource[];
}

export interface CompletionFlag {
  name: string;
  summary: string;
  /** Undefined for a switch. */
  value: ValueSource | undefined;
}

export type ValueSource =
  | { kind: "choices"; choices: readonly string[] }
  /** Asked of `hooks __complete`. */
  | { kind: "dynamic" }
  | { kind: "file" }
  | { kind: "none" };

/** Names of values that `hooks __complete` knows (words.ts). */
const DYNAMIC_VALUES = [
  "subscription",
  "event-type",
  "pattern",
  "event",
  "delivery",
  "context",
  "key",
  "tenant",
  "source",
];
const FILE_VALUES = ["file", "path", "body-file"];

export function completionModel(tree: CommandTree): CompletionModel {
  const help: CompletionFlag = { name: "--help", summary: "show help", value: undefined };
  const globals = [...tree.global_flags.map(toFlag), help];
  const points: CompletionPoint[] = [
    {
      path: "",
      commands: [...tree.commands.map(nameOf), { name: "help", summary: "Show help" }],
      flags: [...globals, { name: "--version", summary: "show the version", value: undefined }],
      arguments: [],
    },
    {
      path: "help",
      commands: [],
      flags: [],
      arguments: [
        {
          kind: "choices",
          choices: [...tree.commands.map(({ name }) => name), "exit-codes", "environment", "filters", "output"],
        },
      ],
    },
  ];
  for (const command of tree.commands) {
    if (command.commands.length === 0) points.push(leafPoint(command.name, command, globals));
    else {
      points.push({ path: command.name, commands: command.commands.map(nameOf), flags: globals, arguments: [] });
      for (const leaf of command.commands) points.push(leafPoint(`${command.name} ${leaf.name}`, leaf, globals));
    }
  }
  return { points, globalValueFlags: tree.global_flags.filter((flag) => flag.value !== null).map((flag) => flag.name) };
}

/** Which of the store's things a value is, by its name in the help, or undefined. `flag`: whose value it is. */
export function dynamicKind(value: string, flag?: string): string | undefined {
  if (flag === "--sub") return "subscription";
  if (flag === "--context") return "context";
  if (flag === "--tenant") return "tenant";
  // A secret: what is stored of it is not what has to be given.
  if (flag === "--api-key") return undefined;
  return DYNAMIC_VALUES.includes(value) ? value : undefined;
}

/** How a value of this name is completed, whichever flag or argument has it. */
function valueSource(name: string, choices: readonly string[], flag?: string): ValueSource {
  if (0 < choices.length) return { kind: "choices", choices };
  // Not choices of the flag itself: an unknown scheme has an error of its own, and aliases are taken too.
  if (flag === "--scheme") return { kind: "choices", choices: ["auto", ...SCHEME_NAMES] };
  if (dynamicKind(name, flag) !== undefined) return { kind: "dynamic" };
  return { kind: FILE_VALUES.includes(name) ? "file" : "none" };
}

/** A source as the scripts of bash, zsh and PowerShell write it; "" for none. */
export function sourceWord(source: ValueSource): string {
  switch (source.kind) {
    case "choices":
      return source.choices.join(" ");
    case "dynamic":
      return "@dynamic";
    case "file":
      return "@file";
    case "none":
      return "";
  }
}

/** What completes a flag's value → the `'path --flag'` patterns where it does. */
export function valuePatterns(model: CompletionModel): Map<string, string[]> {
  const patterns = new Map<string, string[]>();
  for (const point of model.points) {
    for (const flag of point.flags) {
      const values = flag.value === undefined ? "" : sourceWord(flag.value);
      if (values === "") continue;
      const same = patterns.get(values) ?? [];
      same.push(`'${point.path} ${flag.name}'`);
      patterns.set(values, same);
    }
  }
  return patterns;
}

function leafPoint(path: string, leaf: CommandNode, globals: readonly CompletionFlag[]): CompletionPoint {
  const own = leaf.flags.map(toFlag);
  const names = new Set(own.map((flag) => flag.name));
  return {
    path,
    commands: [],
    flags: [...own, ...globals.filter((flag) => !names.has(flag.name))],
    arguments: leaf.arguments.map((argument) => valueSource(argument.name, argument.choices)),
  };
}

function toFlag(flag: FlagNode): CompletionFlag {
  return {
    name: flag.name,
    summary: flag.summary,
    // A value that may be left out is not waited for: the next word is more likely another flag.
    value: flag.value === null || flag.value_optional ? undefined : valueSource(flag.value, flag.choices, flag.name),
  };
}

function nameOf({ name, summary }: CommandNode): { name: string; summary: string } {
  return { name, summary };
}
