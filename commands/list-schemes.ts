import type { CliContext } from "../src/cli/context.ts";
import { type ListView, printList } from "../src/cli/table.ts";
import { ageLimits, neededParts, secretForm, signaturePlace } from "../src/core/signing/describe-scheme.ts";
import { SCHEMES } from "../src/core/signing/registry.ts";
import type { Scheme } from "../src/core/signing/scheme.ts";
import type { SchemeFlags } from "./signing-flags.ts";
import { readOwnSchemes } from "./signing-inputs.ts";

/** Prints every scheme that `--scheme` takes, the user's own first. */
export async function listSchemes(flags: SchemeFlags, context: CliContext): Promise<void> {
  const own = await readOwnSchemes(flags, context);
  const rows = [...own.map(({ scheme }) => scheme), ...SCHEMES].map(rowOf);
  printList(context.out, rows, VIEW, undefined);
}

interface Row {
  name: string;
  title: string;
  aliases: readonly string[];
  signature: string;
  content: string;
  algorithm: string;
  secret: string;
  age: string | null;
  needs: string[];
}

function rowOf(scheme: Scheme): Row {
  const { name, title, aliases = [], content, algorithm } = scheme;
  return {
    name,
    title,
    aliases,
    signature: signaturePlace(scheme),
    content,
    algorithm,
    secret: secretForm(scheme),
    age: ageLimits(scheme) ?? null,
    needs: neededParts(scheme),
  };
}

const VIEW: ListView<Row> = {
  columns: [
    { title: "SCHEME", text: ({ name }) => name, whole: true },
    { title: "ALIASES", text: ({ aliases }) => aliases.join(","), expendable: 2 },
    { title: "WHOSE", text: ({ title }) => title },
    { title: "SIGNATURE", text: ({ signature }) => signature },
    { title: "AGE", text: ({ age }) => age ?? "any", expendable: 1 },
  ],
  fields: ["name", "title", "aliases", "signature", "content", "algorithm", "secret", "age", "needs"],
  id: ({ name }) => name,
};
