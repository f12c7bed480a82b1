import path from "node:path";
import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { sizeText, watchCopy } from "../src/cli/copy-progress.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { printSection } from "../src/cli/table.ts";
import { HooksError } from "../src/core/errors.ts";
import { shellWord } from "../src/core/shell-word.ts";
import type { RestoreReceipt } from "../src/service/store-backup.ts";

export interface RestoreOptions {
  discard?: boolean;
}

/** Defines `hooks restore`. */
export function restoreCommand(context: CliContext, run = runRestore): Command {
  return new Command("restore")
    .description(
      "Puts a backup in the place of the store, once all of it was read and its master key is there. The old store is " +
        "kept beside it. No daemon may run. Asks before it replaces a store; --yes does not.",
    )
    .argument("<file>", "what hooks backup wrote")
    .option("--discard", "do not keep the store that is replaced")
    .addHelpText(
      "after",
      examples("hooks restore hooks-backup.db", "hooks restore nightly.db --store /srv/hooks.db --yes"),
    )
    .action((file: string, flags: RestoreOptions) => run(file, flags, context));
}

/** @throws HooksError `usage`; `daemon_running`; `store_…`; `failed` for No; `interrupted`: nothing is changed then */
export async function runRestore(
  name: string,
  { discard = false }: RestoreOptions,
  context: CliContext,
): Promise<void> {
  const { storePath, dataDirectory } = context.localStore("hooks restore");
  if (name === "") throw new HooksError("usage", "<file> is empty", { field: "file" });
  const file = path.resolve(context.cwd, name);
  const { canRestore, restoreStore } = await import("../src/service/store-backup.ts");
  if (canRestore({ storePath }, file).replaces) await confirmReplacing(name, storePath, discard, context);
  const keepAs = discard ? undefined : `${storePath}.before-restore-${stamp(context.now())}`;
  const progress = await watchCopy(context);
  let receipt: RestoreReceipt;
  try {
    receipt = await restoreStore({ storePath, dataDirectory, env: context.env }, file, keepAs, progress, context.now());
  } finally {
    progress.stop();
  }
  print(receipt, context);
}

async function confirmReplacing(name: string, storePath: string, discard: boolean, context: CliContext): Promise<void> {
  if (context.yes) return;
  if (!context.canPrompt) {
    throw new HooksError("usage", `replacing the store ${storePath} needs --yes where nobody can be asked`, {
      field: "--yes",
      hint: `hooks restore ${shellWord(name)}${discard ? " --discard" : ""} --yes`,
    });
  }
  const old = discard ? "which is not kept" : "which is kept beside it";
  const question = `Put ${escapeLine(name)} in the place of ${escapeLine(storePath)}, ${old}?`;
  if (!(await context.ask.confirm(question))) throw new HooksError("failed", "not confirmed: nothing was restored");
}

/** `20260131T120000.000Z`: no colon, which not every file system takes. */
function stamp(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]/g, "");
}

function print(receipt: RestoreReceipt, { out }: CliContext): void {
  const { store, bytes, events, waiting, kept } = receipt;
  if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "quiet") out.print(escapeLine(store));
  else if (out.mode === "plain")
    out.print([escapeLine(store), bytes, events, waiting, escapeLine(kept.join(","))].join("\t"));
  else {
    printSection(out, [
      ["store", escapeLine(store)],
      ["size", sizeText(bytes)],
      ["events", String(events)],
      ["waiting deliveries", String(waiting)],
      ...kept.map((name) => ["old store", escapeLine(name)] as const),
    ]);
    out.hint("hooks serve delivers what waits");
  }
  const warning = backNote(receipt);
  if (warning !== undefined && out.mode !== "json") out.note(warning);
}

/** A backup is as old as it is: what somebody ended since, because it had leaked perhaps, is valid again. */
function backNote({ keys_back: keys, secrets_back: secrets }: RestoreReceipt): string | undefined {
  if (keys === null || secrets === null) {
    return "note: API keys that were revoked and secrets that were rotated since the backup are back (hooks key list)";
  }
  const what = [
    ...(0 < keys ? [`${keys === 1 ? "1 API key works" : `${keys} API keys work`} again (hooks key list)`] : []),
    ...(0 < secrets
      ? [`${secrets === 1 ? "1 subscription signs" : `${secrets} subscriptions sign`} with an older secret again`]
      : []),
  ];
  return what.length === 0 ? undefined : `warning: ended since the backup, and back: ${what.join("; ")}`;
}
