import { readFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeBlock, escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { HooksError } from "../../src/core/errors.ts";
import { shellWord } from "../../src/core/shell-word.ts";
import { cataloguedDefinitions } from "./catalogued-definitions.ts";
import { writeFiles } from "./written-file.ts";

export interface EventTypeGenerateOptions {
  names: string[];
  out?: string;
  check?: boolean;
}

/** Defines `hooks event-type generate-types`. */
export function eventTypeGenerateTypesCommand(context: CliContext, run = runEventTypeGenerateTypes): Command {
  return new Command("generate-types")
    .description(
      "Writes TypeScript types of the catalogue's events: for createPublisher of the library, so that the compiler " +
        "checks each type that is published and its data, and for programs that receive them.",
    )
    .argument("[event-type...]", "only these (default: the whole catalogue)")
    .option("--out <file>", "write to a file, hooks-events.d.ts for example (default: standard output)")
    .option("--check", "write nothing; exit 1 when the file of --out is not as it would be written")
    .addHelpText(
      "after",
      examples(
        "hooks event-type generate-types --out hooks-events.d.ts",
        "hooks event-type generate-types --out hooks-events.d.ts --check",
      ),
    )
    .action((names: string[], flags: Omit<EventTypeGenerateOptions, "names">) => run({ ...flags, names }, context));
}

/** @throws HooksError `not_found`; `usage`; `failed` with --check when the file is an older one */
export async function runEventTypeGenerateTypes(options: EventTypeGenerateOptions, context: CliContext): Promise<void> {
  const { names, out: target, check } = options;
  if (check === true && target === undefined)
    throw new HooksError("usage", "--check needs --out", { field: "--check" });
  const types = await cataloguedDefinitions(names, context);
  const { declareEvents, isDeclarations } = await import("../../src/core/typescript/event-declarations.ts");
  const text = declareEvents(types);
  const { out } = context;
  if (target === undefined) {
    // Its bytes as they are would be somebody else's text on a terminal.
    if (out.isTty) out.print(escapeBlock(text));
    else out.write(text);
    return;
  }
  const command = "hooks event-type generate-types";
  if (check === true) return compare(target, text, `${command} --out ${shellWord(target)}`, context);
  await writeFiles([{ name: target, text, isOurs: isDeclarations, command }], context);
  const count = new Set(types.map(({ name }) => name)).size;
  out.note(`${count === 1 ? "1 event type" : `${count} event types`} written to ${escapeLine(target)}`);
}

async function compare(name: string, text: string, command: string, { cwd, out }: CliContext): Promise<void> {
  const before = await readFile(path.resolve(cwd, name), "utf8").catch(() => undefined);
  if (before !== text) {
    const what = before === undefined ? "cannot be read" : "is not what the catalogue says";
    throw new HooksError("failed", `${name} ${what}`, { field: "--out", hint: command });
  }
  out.note(`${escapeLine(name)} is up to date`);
}
