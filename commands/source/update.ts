import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { collect } from "../../src/cli/flag-values.ts";
import { examples } from "../../src/cli/help.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printChanged, printsFields } from "../../src/cli/print-one.ts";
import { SOURCE_VIEW, sourceLines } from "../../src/cli/source-view.ts";
import { sectionLines } from "../../src/cli/table.ts";
import { HooksError } from "../../src/core/errors.ts";
import { nearest } from "../../src/core/nearest.ts";
import { quoted } from "../../src/core/quoted.ts";
import type { SourcePatch } from "../../src/core/sources/source.ts";
import { addSourceFlags, namingSourceFlags, type SourceFlags, sourcePatch } from "./source-flags.ts";

export interface SourceUpdateOptions extends SourceFlags {
  name: string;
  reset: string[];
  fields?: string[];
}

/** Flag without its dashes → the field that null sets back. */
const RESETTABLE = {
  description: "description",
  mode: "mode",
  "live-timeout": "live_timeout",
  prefix: "prefix",
  "type-from": "type_from",
  "id-from": "id_from",
  "data-from": "data_from",
  map: "map",
  handshake: "handshake",
  "verify-token": "verify_token",
  "allow-origin": "allow_origins",
  topic: "topics",
  tolerance: "tolerance",
  url: "url",
  rate: "rate_limit",
} as const satisfies Record<string, keyof SourcePatch>;

/** Defines `hooks source update`. */
export function sourceUpdateCommand(context: CliContext, run = runSourceUpdate): Command {
  return addFieldsFlag(addSourceFlags(new Command("update")))
    .description(
      "Changes what is named and leaves the rest. --map, --allow-origin and --topic replace the whole list. Name and " +
        "scheme stay; a new secret: hooks source rotate-secret.",
    )
    .argument("<source>", "its name, or its id")
    .addOption(
      new Option("--reset <setting>", `back to its default: ${Object.keys(RESETTABLE).join(", ")}`)
        .argParser(collect)
        .default([]),
    )
    .addHelpText(
      "after",
      examples(
        "hooks source update github --map 'pull_request.*=code.review' --map ping=",
        "hooks source update slack --mode live --live-timeout 3s",
        "hooks source update stripe --reset data-from",
      ),
    )
    .action((name: string, flags: Omit<SourceUpdateOptions, "name">) => run({ ...flags, name }, context));
}

/** @throws HooksError `usage` when nothing is to be changed; the service's errors, naming the flag */
export async function runSourceUpdate(options: SourceUpdateOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { name, fields } = options;
  if (printsFields(out, SOURCE_VIEW, fields)) return;
  const patch = await sourcePatch(options, context);
  for (const setting of options.reset) Object.assign(patch, { [resetField(setting)]: null });
  if (Object.keys(patch).length === 0) {
    throw new HooksError("usage", "nothing to change: name at least one setting", {
      hint: "hooks source update --help",
    });
  }
  const row = await namingSourceFlags((await context.service()).updateSource(name, patch));
  printChanged(out, row, SOURCE_VIEW, {
    fields,
    say: () =>
      [`${out.colors.green("✓")} updated source ${row.name}\n`, ...sectionLines(out, sourceLines(row))].join("\n"),
  });
}

function resetField(name: string): keyof SourcePatch {
  if (Object.hasOwn(RESETTABLE, name)) return RESETTABLE[name as keyof typeof RESETTABLE];
  const near = nearest(name, Object.keys(RESETTABLE));
  throw new HooksError("usage", `--reset ${quoted(name)} names no setting`, {
    field: "--reset",
    hint: near === undefined ? `one of: ${Object.keys(RESETTABLE).join(", ")}` : `did you mean --reset ${near}?`,
  });
}
