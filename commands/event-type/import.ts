import { Command } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine, jsonLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { readNamedFile } from "../../src/cli/named-file.ts";
import { addFieldsFlag } from "../../src/cli/pages.ts";
import { printsFields } from "../../src/cli/print-one.ts";
import { type ListView, printList } from "../../src/cli/table.ts";
import { isPackName, PACK_NAMES } from "../../src/core/catalogue/packs/pack-names.ts";
import { HooksError, isHooksError } from "../../src/core/errors.ts";
import {
  DOCUMENT_MAX_BYTES,
  type EventTypeImport,
  type EventTypeImportResult,
  type ImportedType,
} from "../../src/core/event-type-import.ts";
import { nearest } from "../../src/core/nearest.ts";
import { naming } from "../filter-flags.ts";

export interface EventTypeImportOptions {
  sources: string[];
  replace?: boolean;
  asNewVersion?: boolean;
  dryRun?: boolean;
  fields?: string[];
}

const VIEW: ListView<ImportedType> = {
  fields: ["name", "version", "outcome", "warnings"],
  id: (row) => row.name,
  columns: [
    { title: "name", text: (row) => row.name, whole: true },
    { title: "version", text: (row) => row.version },
    { title: "outcome", text: (row) => row.outcome.replace("_", " ") },
  ],
};

const FLAGS: Readonly<Record<string, string>> = {
  pack: "<source>",
  documents: "<source>",
  replace: "--replace",
  as_new_version: "--as-new-version",
};

/** Defines `hooks event-type import`. */
export function eventTypeImportCommand(context: CliContext, run = runEventTypeImport): Command {
  return addFieldsFlag(new Command("import"))
    .description(
      `Takes event types into the catalogue, all of them or none: those of a pack (${PACK_NAMES.join(", ")}), of JSON ` +
        "Schema files (the type is named by $id, title or the file), the webhooks of OpenAPI 3.1, the messages of " +
        "AsyncAPI 2 or 3, or what event-type export wrote; JSON or YAML. A type that exists with another content is a " +
        "conflict. Nothing is fetched: a document brings along what it refers to.",
    )
    .argument("<source...>", "name of a pack, or files; - reads standard input")
    .option("--replace", "take the place of what exists with another content")
    .option("--as-new-version", "what exists with another schema gets another version")
    .option("--dry-run", "only say what would be done")
    .addHelpText(
      "after",
      examples(
        "hooks event-type import foresight",
        "hooks event-type import schemas/*.json --dry-run",
        "hooks event-type import openapi.yaml --as-new-version",
      ),
    )
    .action((sources: string[], flags: Omit<EventTypeImportOptions, "sources">) => run({ ...flags, sources }, context));
}

/** @throws HooksError `usage`; `invalid_request` naming each place that is wrong; `conflict` naming each type */
export async function runEventTypeImport(options: EventTypeImportOptions, context: CliContext): Promise<void> {
  const { out } = context;
  const { fields, replace, asNewVersion, dryRun } = options;
  if (printsFields(out, VIEW, fields)) return;
  if (replace === true && asNewVersion === true) {
    throw new HooksError("usage", "--replace and --as-new-version cannot be used together", { field: "--replace" });
  }
  const input: EventTypeImport = {
    ...(await sourceOf(options.sources, context)),
    ...(replace === true ? { replace } : {}),
    ...(asNewVersion === true ? { as_new_version: true } : {}),
    ...(dryRun === true ? { dry_run: true } : {}),
  };
  const service = await context.service();
  const result = await naming(service.importEventTypes(input), FLAGS).catch((error: unknown) => {
    throw withFlagsInHint(error);
  });
  printList(out, result.results, VIEW, fields);
  for (const { name, warnings } of result.results) {
    for (const warning of warnings) out.note(`warning: ${escapeLine(`${name}: ${warning}`)}`);
  }
  if (out.mode === "human") out.note(summaryOf(result));
  else if (dryRun === true && out.mode === "json") out.note(jsonLine({ dry_run: true }));
}

async function sourceOf(
  sources: readonly string[],
  context: CliContext,
): Promise<Pick<EventTypeImport, "pack" | "documents">> {
  const pack = sources.find(isPackName);
  if (pack !== undefined) {
    if (sources.length === 1) return { pack };
    throw new HooksError("usage", `${pack} is a pack, and a pack is imported alone`, {
      field: "source",
      hint: `for a file of that name: ./${pack}`,
    });
  }
  const documents: { name: string; content: string }[] = [];
  for (const source of sources) {
    const bytes = await (source === "-"
      ? context.readStdin("<source> -", DOCUMENT_MAX_BYTES)
      : readNamedFile("<source>", source, context, DOCUMENT_MAX_BYTES)
    ).catch((error: unknown) => {
      throw withNearPack(error, source);
    });
    documents.push({ name: source === "-" ? "stdin" : source, content: textOf(bytes, source) });
  }
  return { documents };
}

/** A name without a dot or a slash may have been meant as that of a pack. */
function withNearPack(error: unknown, source: string): unknown {
  const near = /[./\\]/.test(source) ? undefined : nearest(source, PACK_NAMES);
  if (near === undefined || !isHooksError(error)) return error;
  return new HooksError(error.code, error.message, { field: error.field, hint: `did you mean the pack ${near}?` });
}

function textOf(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new HooksError("usage", `${source} is not UTF-8`, { field: "source", cause: error });
  }
}

function withFlagsInHint(error: unknown): unknown {
  if (!isHooksError(error) || error.code !== "conflict") return error;
  return new HooksError("conflict", error.message, {
    field: error.field,
    hint: "--replace takes the place of what is there; --as-new-version leaves it and adds a version",
  });
}

function summaryOf({ dry_run, results }: EventTypeImportResult): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const parts = [...counts].map(([outcome, count]) => `${count} ${outcome.replace("_", " ")}`);
  return `${parts.join(", ")}${dry_run ? " (dry run: nothing was changed)" : ""}`;
}
