import path from "node:path";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { sizeText, watchCopy } from "../src/cli/copy-progress.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { printSection } from "../src/cli/table.ts";
import { HooksError } from "../src/core/errors.ts";
import { shellWord } from "../src/core/shell-word.ts";
import type { BackupKey, BackupReceipt } from "../src/service/store-backup.ts";

/** Defines `hooks backup`. */
export function backupCommand(context: CliContext, run = runBackup): Command {
  return new Command("backup")
    .description(
      "Copies the whole store, as it is at one moment, into one file, while a daemon goes on with its work. The master " +
        "key is not inside. Asks before it replaces another backup; --yes does not.",
    )
    .argument("<file>", "what to write")
    .addHelpText("after", examples("hooks backup hooks-backup.db", "hooks backup nightly.db --yes --json"))
    .action((file: string) => run(file, context));
}

/** @throws HooksError `usage`; `store_unusable`, `store_full`; `failed` for No; `interrupted`: nothing is left then */
export async function runBackup(name: string, context: CliContext): Promise<void> {
  const { storePath, dataDirectory } = context.localStore("hooks backup");
  if (name === "") throw new HooksError("usage", "<file> is empty", { field: "file" });
  const file = path.resolve(context.cwd, name);
  const { backUpStore, wouldReplace } = await import("../src/service/store-backup.ts");
  if (wouldReplace(file)) await confirmReplacing(name, context);
  const progress = await watchCopy(context);
  let receipt: BackupReceipt;
  try {
    receipt = await backUpStore({ storePath, dataDirectory, env: context.env }, file, progress);
  } finally {
    progress.stop();
  }
  print(receipt, context);
}

async function confirmReplacing(name: string, context: CliContext): Promise<void> {
  if (context.yes) return;
  if (!context.canPrompt) {
    throw new HooksError("usage", `${name} exists: replacing it needs --yes where nobody can be asked`, {
      field: "--yes",
      hint: `hooks backup ${shellWord(name)} --yes`,
    });
  }
  if (await context.ask.confirm(`Replace ${escapeLine(name)}?`)) return;
  throw new HooksError("failed", "not confirmed: nothing was written");
}

function print(receipt: BackupReceipt, { out }: CliContext): void {
  const { file, bytes, events, waiting, master_key: key } = receipt;
  if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "quiet") out.print(escapeLine(file));
  else if (out.mode === "plain")
    out.print([escapeLine(file), bytes, events, waiting, key?.fingerprint ?? ""].join("\t"));
  else {
    printSection(out, [
      ["backup", escapeLine(file)],
      ["size", sizeText(bytes)],
      ["events", String(events)],
      ["waiting deliveries", String(waiting)],
      ...(key === null ? [] : ([["master key", `not inside; fingerprint ${key.fingerprint}`]] as const)),
    ]);
    out.hint(`hooks restore ${shellWord(file)}`);
  }
  if (key !== null && out.mode !== "json") out.note(keyNote(key));
}

function keyNote({ fingerprint, place, present }: BackupKey): string {
  return present
    ? `note: keep the master key as well, and apart from the backup, whose secrets open with nothing else: ${escapeLine(place)}`
    : `warning: the master key of the secrets in it (fingerprint ${fingerprint}) is not the one of ${escapeLine(place)}`;
}
