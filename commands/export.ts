import { Command } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { examples } from "../src/cli/help.ts";
import { SETUP_SCHEMA_PLACE, setupYaml } from "../src/cli/setup-yaml.ts";

/** Defines `hooks export`. */
export function exportCommand(context: CliContext, run = runExport): Command {
  return new Command("export")
    .description(
      "Writes an environment down as a file for hooks apply: settings, event types, subscriptions, sources, alert rules and keys. " +
        "Applied to an empty environment it makes the same again. No secret is in it: values of headers, and URLs with " +
        "a query, stand in it as references, and whoever applies it elsewhere fills them. --json writes JSON.",
    )
    .addHelpText(
      "after",
      examples(
        "hooks export > hooks.yaml",
        "hooks export --env production > production.yaml",
        "hooks export --json > hooks.json",
      ),
    )
    .action(() => run(context));
}

export async function runExport(context: CliContext): Promise<void> {
  const { out } = context;
  const result = await (await context.service({ reads: true })).exportSetup();
  if (out.mode === "json") out.print(jsonLine({ $schema: SETUP_SCHEMA_PLACE, ...result.setup }));
  else out.write(await setupYaml(result));
  for (const { kind, id, reason } of result.left_out) {
    out.note(`warning: left out: ${kind} ${id}: ${escapeLine(reason)}, and names are what files know things by`);
  }
  if (0 < result.references.length) {
    const some = result.references.slice(0, 5).map(({ field, reference }) => `${reference} (${escapeLine(field)})`);
    const rest = result.references.length - some.length;
    out.note(
      `note: before this is applied, these must be there: ${some.join(", ")}${rest === 0 ? "" : ` and ${rest} more`}`,
    );
  }
}
