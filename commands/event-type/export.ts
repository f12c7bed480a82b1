import { statSync } from "node:fs";
import path from "node:path";
import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/context.ts";
import { escapeLine } from "../../src/cli/escape.ts";
import { examples } from "../../src/cli/help.ts";
import { prettyJson } from "../../src/cli/json-text.ts";
import { DOCUMENT_FORMATS, type DocumentFormat } from "../../src/core/catalogue/documents/format-names.ts";
import type { TypeDefinition } from "../../src/core/catalogue/type-definition.ts";
import { HooksError } from "../../src/core/errors.ts";
import { cataloguedDefinitions } from "./catalogued-definitions.ts";
import { writeFiles } from "./written-file.ts";

export interface EventTypeExportOptions {
  names: string[];
  format: DocumentFormat;
  out?: string;
  title?: string;
}

/** Defines `hooks event-type export`. */
export function eventTypeExportCommand(context: CliContext, run = runEventTypeExport): Command {
  return new Command("export")
    .description(
      "Writes event types of the catalogue down: as a pack of your own, as JSON Schemas, or as a document for those who " +
        "receive the webhooks (OpenAPI 3.1, AsyncAPI 3.0 or 2.6, in the form of profile standard). Importing it gives " +
        "the same types again, with all versions, whichever the format.",
    )
    .argument("[event-type...]", "only these (default: the whole catalogue)")
    .addOption(new Option("--format <format>", "what to write").choices(DOCUMENT_FORMATS).default("pack"))
    .option("--out <file>", "write to a file; with json-schema a folder gets a file for each type")
    .option("--title <text>", "of an OpenAPI or AsyncAPI document (default: Webhooks)")
    .addHelpText(
      "after",
      examples(
        "hooks event-type export > event-types.json",
        "hooks event-type export --format openapi --title 'Shop webhooks' --out openapi.json",
        "hooks event-type export --format json-schema --out schemas/",
      ),
    )
    .action((names: string[], flags: Omit<EventTypeExportOptions, "names">) => run({ ...flags, names }, context));
}

/** @throws HooksError `not_found`; `usage` for what cannot be written */
export async function runEventTypeExport(options: EventTypeExportOptions, context: CliContext): Promise<void> {
  const { names, format, out: target, title } = options;
  if (title !== undefined && !/api/.test(format)) {
    throw new HooksError("usage", "--title is for --format openapi and asyncapi", { field: "--title" });
  }
  const isFolder = target !== undefined && namesFolder(target, context);
  if (isFolder && format !== "json-schema") {
    throw new HooksError("usage", `--out ${target} is a folder: ${format} is written to one file`, { field: "--out" });
  }
  const types = await cataloguedDefinitions(names, context);
  const { writeDocument } = await import("../../src/core/catalogue/documents/document-format.ts");
  const { out } = context;
  if (target === undefined) {
    const text = JSON.stringify(writeDocument(format, types, title));
    out.print(out.mode === "json" ? text : prettyJson(text, out.colors));
    return;
  }
  const files = isFolder
    ? await fileOfEach(types, target)
    : [{ name: target, text: textOf(writeDocument(format, types, title)) }];
  await writeFiles(
    files.map((file) => ({ ...file, isOurs, command: `hooks event-type export --format ${format}` })),
    context,
  );
  out.note(`${types.length === 1 ? "1 type" : `${types.length} types`} written to ${escapeLine(target)}`);
}

async function fileOfEach(types: readonly TypeDefinition[], folder: string): Promise<{ name: string; text: string }[]> {
  const { toJsonSchema } = await import("../../src/core/catalogue/documents/json-schema-document.ts");
  return types.map((type) => {
    const suffix = type.isDefault ? "" : `.v${type.version}`;
    return { name: path.join(folder, `${type.name}${suffix}.schema.json`), text: textOf(toJsonSchema(type)) };
  });
}

function namesFolder(target: string, { cwd }: CliContext): boolean {
  if (/[/\\]$/.test(target)) return true;
  return statSync(path.resolve(cwd, target), { throwIfNoEntry: false })?.isDirectory() === true;
}

function textOf(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** Every export has its own mark in it. */
function isOurs(before: string): boolean {
  return before.includes('"x-hooks-event-type') || before.includes('"hooks-event-types/');
}
