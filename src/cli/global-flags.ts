import { Option } from "commander";
import { HooksError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { shellWord } from "../core/shell-word.ts";
import type { ColorChoice } from "./color.ts";

/** The flags that every command takes. */
export interface GlobalFlags {
  store?: string;
  server?: string;
  context?: string;
  apiKey?: string;
  apiKeyFile?: string;
  tenant?: string;
  env?: string;
  json?: boolean;
  quiet?: boolean;
  color?: ColorChoice | false;
  /** False with --no-input. */
  input?: boolean;
  yes?: boolean;
  verbose?: boolean;
}

interface GlobalFlag {
  flags: string;
  description: string;
  choices?: readonly string[];
  names: readonly string[];
  takesValue: boolean;
}

/** In help order. */
export const GLOBAL_FLAGS: readonly GlobalFlag[] = [
  flag("--store <path>", "the store's file (default: hooks.db in the data directory)"),
  flag("--server <url>", "work on a server instead of the local store"),
  flag("--context <name>", "work on a server that hooks login knows; local: on the local store"),
  flag("--api-key <key>", "key for the server: env:NAME, or the key itself, which others on this machine may see"),
  flag("--api-key-file <file>", 'file that holds the key; "-" reads standard input'),
  flag("--tenant <name>", "whose data (default: default)"),
  flag("--env <name>", "which environment (default: development)"),
  flag("--json", "print JSON, one object a line"),
  flag("-q, --quiet", "print ids only, and no notes"),
  flag("--color <when>", "colour: auto, always or never", ["auto", "always", "never"]),
  flag("--no-color", "no colour"),
  flag("--no-input", "never ask"),
  flag("--yes", "do not ask before destructive changes"),
  flag("--verbose", "say on standard error where it works and how long it took"),
];

/** New options for one command (an Option keeps no state, but belongs to one command's help). */
export function globalOptions(): Option[] {
  return GLOBAL_FLAGS.map(({ flags, description, choices }) => {
    const option = new Option(flags, description).hideHelp();
    return choices === undefined ? option : option.choices(choices);
  });
}

/** The global flag that an argument such as `--store`, `--store=x` or `-q` is. */
export function globalFlagOf(argument: string): GlobalFlag | undefined {
  const name = argument.replace(/=.*$/s, "");
  return GLOBAL_FLAGS.find((known) => known.names.includes(name) && (known.takesValue || name === argument));
}

/** How output is to look, for errors that come before the command line is understood. */
export function peekOutput(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): GlobalFlags {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const at = words.indexOf("--color");
  const color = words.find((word) => word.startsWith("--color="))?.slice(8) ?? (at === -1 ? undefined : words[at + 1]);
  const flags: GlobalFlags = { json: words.includes("--json") || (env["HOOKS_OUTPUT"] === "json" && !isQuiet(words)) };
  flags.quiet = !flags.json && isQuiet(words);
  if (words.includes("--no-color")) flags.color = "never";
  else if (color === "always" || color === "never" || color === "auto") flags.color = color;
  return flags;
}

/** `--store x`, `--env staging`, for the shell: where the command line worked, as far as its flags say it. */
export function locationFlags(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  return LOCATION_FLAGS.flatMap((name) => {
    const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
    const value = words[at] === name ? words[at + 1] : words[at]?.slice(name.length + 1);
    // Standard input can be read once, and not by the next command.
    return value === undefined || (name === "--api-key-file" && value === "-") ? [] : [`${name} ${shellWord(value)}`];
  });
}

/** The command line with one more flag, for the shell. Without a key in --api-key: it is not shown. */
export function typedWith(argv: readonly string[], flag: string): string {
  const end = argv.indexOf("--");
  const [words, rest] = end === -1 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  const shown = words.filter((word, at) => {
    const given =
      word === "--api-key" ? words[at + 1] : words[at - 1] === "--api-key" ? word : /^--api-key=(.*)$/s.exec(word)?.[1];
    return given === undefined || given.startsWith("env:");
  });
  return ["hooks", ...shown, flag, ...rest].map(shellWord).join(" ");
}

/** Not --api-key: a key is not shown. */
const LOCATION_FLAGS = ["--store", "--server", "--context", "--api-key-file", "--tenant", "--env"];

/** The output's form: a flag beats HOOKS_OUTPUT. @throws HooksError `usage` */
export function outputForm(
  flags: GlobalFlags,
  env: Readonly<Record<string, string | undefined>>,
): { json: boolean; quiet: boolean } {
  if (flags.json === true && flags.quiet === true) {
    throw new HooksError("usage", "--json and --quiet cannot be used together: choose one", { field: "--quiet" });
  }
  const wanted = env["HOOKS_OUTPUT"] ?? "";
  if (wanted !== "" && wanted !== "json" && wanted !== "text") {
    throw new HooksError("usage", `HOOKS_OUTPUT must be json or text, got ${quoted(wanted)}`, {
      field: "HOOKS_OUTPUT",
    });
  }
  return { json: flags.json ?? (wanted === "json" && flags.quiet !== true), quiet: flags.quiet ?? false };
}

function isQuiet(words: readonly string[]): boolean {
  return words.includes("--quiet") || words.includes("-q");
}

function flag(flags: string, description: string, choices?: readonly string[]): GlobalFlag {
  const names = flags.replace(/ <.*$/, "").split(", ");
  return { flags, description, names, takesValue: flags.includes("<"), ...(choices === undefined ? {} : { choices }) };
}
