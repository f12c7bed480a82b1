import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { readSecretValue } from "../../src/cli/secret-value.ts";
import { printSection } from "../../src/cli/table.ts";

type KeyChangeReceipt = Awaited<ReturnType<Awaited<ReturnType<CliContext["local"]>>["changeMasterKey"]>>;

export interface KeyRotateMasterOptions {
  newKey?: string;
}

const FLAG = "--new-key";

/** Defines `hooks key rotate-master`. */
export function keyRotateMasterCommand(context: CliContext, run = runKeyRotateMaster): Command {
  return new Command("rotate-master")
    .description(
      "Seals every secret of the store anew, under another master key, while a daemon goes on with its work. A generated " +
        "master.key is replaced, and the old one kept beside it for older backups. Where HOOKS_MASTER_KEY or " +
        "HOOKS_MASTER_KEY_FILE sets the key, give the new one, and set it afterwards: until then both open the store. " +
        "Interrupted or killed, the same command goes on.",
    )
    .option(`${FLAG} <key>`, "32 bytes as base64 or hex: @FILE, - or env:NAME (default: one is made for master.key)")
    .addHelpText(
      "after",
      examples("hooks key rotate-master", "hooks key rotate-master --new-key @new-master.key", "hooks doctor"),
    )
    .action((flags: KeyRotateMasterOptions) => run(flags, context));
}

/** @throws HooksError `usage`; `conflict`: another change is under way; `store_…` */
export async function runKeyRotateMaster({ newKey }: KeyRotateMasterOptions, context: CliContext): Promise<void> {
  const text = newKey === undefined ? undefined : await readSecretValue(newKey, FLAG, context);
  const local = await context.local("hooks key rotate-master");
  print(await local.changeMasterKey(text === undefined ? undefined : { text, field: FLAG }), context);
}

function print(receipt: KeyChangeReceipt, { out }: CliContext): void {
  const { fingerprint, previous, moved, place, kept, ended } = receipt;
  if (out.mode === "json") out.print(jsonLine(receipt));
  else if (out.mode === "quiet") out.print(fingerprint);
  else if (out.mode === "plain")
    out.print([fingerprint, previous ?? "", moved, ended ? "ended" : "to be set"].join("\t"));
  else {
    out.print(`${out.colors.green("✓")} ${moved === 1 ? "1 secret is" : `${moved} secrets are`} sealed anew\n`);
    printSection(out, [
      ["master key", `${fingerprint}  ${escapeLine(place)}`],
      ...(previous === null ? [] : ([["before", previous]] as const)),
      ...(kept === null ? [] : ([["kept as", escapeLine(kept)]] as const)),
    ]);
  }
  if (out.mode === "json") return;
  if (!ended) {
    out.note(
      `\n${out.noteColors.yellow("to do")}: set ${escapeLine(place)} to the new key before the daemon starts again.`,
    );
    out.note(
      "Until something starts with it, the old key opens the store, too; to end that at once: hooks key rotate-master, with the new key set.",
    );
  } else if (kept !== null) {
    out.note("\nBackups made before need the old key: remove its file when none of them is left.");
  }
}
