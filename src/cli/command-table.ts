import type { Command } from "commander";
import { HooksError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/quoted.ts";
import type { CliContext } from "./context.ts";
import { didYouMean } from "./did-you-mean.ts";
import { GLOBAL_FLAGS, globalFlagOf } from "./global-flags.ts";

/** Builds one command; a second parameter (`run`) lets tests look at the parsing alone. */
export type CommandFactory = (context: CliContext) => Command;

export interface LeafEntry {
  name: string;
  /** For help; begins with a capital letter, has no full stop. */
  summary: string;
  /** Only the selected one is loaded: start-up is a promise (see the test that counts modules). */
  load(): Promise<CommandFactory>;
  /** Works, and is in no list. */
  hidden?: boolean;
  /** Ends by itself when `context.signal` aborts; any other command is ended for it. */
  endsBySignal?: boolean;
}

export interface GroupEntry {
  name: string;
  summary: string;
  commands: readonly LeafEntry[];
}

export type CommandEntry = LeafEntry | GroupEntry;

export interface CommandSection {
  /** Title in the help. */
  title: string;
  commands: readonly CommandEntry[];
}

export interface CommandTable {
  /** One line: what the program is. */
  summary: string;
  /** In help order. */
  sections: readonly CommandSection[];
  /** `hooks` without a command. */
  home: LeafEntry;
  examples: readonly string[];
}

export type Selection =
  | { kind: "leaf"; path: readonly string[]; entry: LeafEntry; args: string[] }
  | { kind: "group"; entry: GroupEntry }
  | { kind: "root" }
  | { kind: "help"; words: string[] }
  | { kind: "version" };

export function isGroup(entry: CommandEntry): entry is GroupEntry {
  return "commands" in entry;
}

export function topLevel(table: CommandTable): CommandEntry[] {
  return table.sections.flatMap((section) => section.commands);
}

/**
 * Which command an argument list names. Global flags may stand before, between and after the command's words.
 * @throws HooksError `usage` naming the unknown command or flag and the nearest known one.
 */
export function selectCommand(argv: readonly string[], table: CommandTable): Selection {
  const path: string[] = [];
  const others: string[] = [];
  let level: readonly CommandEntry[] = topLevel(table);
  let group: GroupEntry | undefined;
  let asksHelp = false;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--") break;
    if (word === "--help" || word === "-h") {
      asksHelp = true;
    } else if (word === "--version" || word === "-V") {
      return { kind: "version" };
    } else if (word.length > 1 && word.startsWith("-")) {
      others.push(word);
      const flag = globalFlagOf(word);
      if (flag === undefined)
        throw unknownFlag(
          word,
          [...GLOBAL_FLAGS.flatMap((known) => known.names), "--help", "-h", "--version", "-V"],
          path,
        );
      if (flag.takesValue && !word.includes("=") && at + 1 < argv.length) others.push(argv[++at] ?? "");
    } else if (path.length === 0 && word === "help") {
      return { kind: "help", words: argv.slice(at + 1) };
    } else if (group !== undefined && word === "help") {
      return { kind: "help", words: [group.name, ...argv.slice(at + 1)] };
    } else {
      const entry = level.find((candidate) => candidate.name === word);
      if (entry === undefined) throw unknownCommand(word, level, path);
      path.push(word);
      if (!isGroup(entry)) {
        return { kind: "leaf", path, entry, args: [...others, ...(asksHelp ? ["--help"] : []), ...argv.slice(at + 1)] };
      }
      group = entry;
      level = entry.commands;
    }
  }
  if (group !== undefined) return { kind: "group", entry: group };
  if (asksHelp) return { kind: "root" };
  return { kind: "leaf", path: [], entry: table.home, args: others };
}

export function unknownCommand(
  word: string,
  level: readonly CommandEntry[],
  path: readonly string[],
  others: readonly string[] = [],
): HooksError {
  const names = [
    ...level.filter((entry) => isGroup(entry) || entry.hidden !== true).map((entry) => entry.name),
    ...others,
  ];
  const near = nearest(word, names) ?? names.find((name) => 2 < name.length && word.startsWith(name));
  const before = path.length === 0 ? "" : `${path.join(" ")} `;
  return new HooksError(
    "usage",
    `unknown command ${quoted(before + word)}${didYouMean(near === undefined ? undefined : before + near)}`,
    {
      field: word,
      hint: `see: hooks ${before}--help`,
    },
  );
}

export function unknownFlag(word: string, known: readonly string[], path: readonly string[]): HooksError {
  const flag = word.replace(/=.*$/s, "");
  const hint = `see: ${["hooks", ...path].join(" ")} --help`;
  if (known.includes(flag)) {
    const given = quoted(word.slice(flag.length + 1));
    return new HooksError("usage", `${flag} takes no value, got ${given}`, { field: flag, hint });
  }
  // Every letter is one edit from every other: only the other case can have been meant.
  const near = 2 < flag.length ? nearest(flag, known) : known.find((one) => one.toLowerCase() === flag.toLowerCase());
  return new HooksError("usage", `unknown option ${quoted(flag)}${didYouMean(near)}`, {
    field: flag,
    hint,
  });
}
