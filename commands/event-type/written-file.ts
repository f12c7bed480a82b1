import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { HooksError } from "../../src/core/errors.ts";
import { shellWord } from "../../src/core/shell-word.ts";

/** A file to be written. */
interface Writing {
  /** As the user gave it. */
  name: string;
  text: string;
  /** Whether a file that is there, with this text, may go without a question. */
  isOurs(before: string): boolean;
  /** To be repeated with --yes. */
  command: string;
}

/**
 * Writes files that a command makes. What is there already is replaced when hooks made it, else after a question.
 * @throws HooksError `usage` where nobody can be asked, and when it cannot be written; `failed` for No
 */
export async function writeFiles(files: readonly Writing[], context: CliContext): Promise<void> {
  for (const file of files) await allowReplacing(file, context);
  for (const { name, text } of files) {
    const target = path.resolve(context.cwd, name);
    try {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
    } catch (error) {
      throw cannot("write", name, error);
    }
  }
}

async function allowReplacing({ name, text, isOurs, command }: Writing, context: CliContext): Promise<void> {
  if (name === "") throw new HooksError("usage", "--out: the name of the file is empty", { field: "--out" });
  const target = path.resolve(context.cwd, name);
  if (context.yes || !existsSync(target)) return;
  const before = await readFile(target, "utf8").catch((error: unknown) => {
    throw cannot("read", name, error);
  });
  if (before === text || isOurs(before)) return;
  if (!context.canPrompt) {
    throw new HooksError("usage", `${name} exists, and hooks did not make it: replacing it needs --yes`, {
      field: "--out",
      hint: `${command} --out ${shellWord(name)} --yes`,
    });
  }
  if (await context.ask.confirm(`Replace ${escapeLine(name)}?`)) return;
  throw new HooksError("failed", "not confirmed: nothing was written");
}

function cannot(verb: string, name: string, error: unknown): HooksError {
  const reason = (error as NodeJS.ErrnoException).code ?? "unknown";
  return new HooksError("usage", `--out: cannot ${verb} ${name}: ${reason}`, { field: "--out", cause: error });
}
