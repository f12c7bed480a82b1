import type { SetupExport } from "../core/setup/setup.ts";
import { escapeBlock, escapeLine } from "./escape.ts";

/** The schema for editors, as the package brings it along. */
export const SETUP_SCHEMA_PLACE = "node_modules/hooks-relay/schema/hooks.schema.json";

/** What was exported, as a file. */
export async function setupYaml({
  setup,
  left_out: leftOut,
}: Pick<SetupExport, "setup" | "left_out">): Promise<string> {
  const { stringify } = await import("yaml");
  // Long texts stay on their line, and nothing is written as a reference to something else in the file.
  const options = { version: "1.2", schema: "core", lineWidth: 0, aliasDuplicateObjects: false } as const;
  const plain = stringify(setup, options);
  // What must not reach a terminal can only be escaped inside of quotes.
  const text =
    escapeBlock(plain) === plain
      ? plain
      : escapeBlock(
          stringify(setup, { ...options, defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "QUOTE_DOUBLE" }),
        );
  const left = leftOut.map(({ kind, id, reason }) => `# left out: ${kind} ${id}: ${escapeLine(reason)}\n`);
  return [`# yaml-language-server: $schema=${SETUP_SCHEMA_PLACE}\n`, ...left, text].join("");
}
