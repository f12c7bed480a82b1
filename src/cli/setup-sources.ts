import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { HooksError } from "../core/errors.ts";
import { SETUP_MAX_BYTES } from "../core/setup/setup.ts";
import type { CliContext } from "./context.ts";
import { readNamedFile } from "./named-file.ts";
import { decodeSetup, type SetupSource } from "./setup-file.ts";

const FLAG = "--file";
/** What is looked for where nobody names a file. */
const DEFAULT_FILES = ["hooks.yaml", "hooks.yml"];
const IS_SETUP = /\.(ya?ml|json)$/i;

/**
 * The files that were named: of a folder all that end in .yaml, .yml or .json, in alphabetical order; `-` is standard
 * input.
 * @throws HooksError `usage`
 */
export async function readSetupSources(names: readonly string[], context: CliContext): Promise<SetupSource[]> {
  const files = (await Promise.all(named(names, context).map((name) => filesOf(name, context)))).flat();
  const twice = files.find((name, at) => files.indexOf(name) !== at);
  if (twice !== undefined) throw new HooksError("usage", `${FLAG}: ${twice} is named twice`, { field: FLAG });
  const sources: SetupSource[] = [];
  for (const name of files) {
    const bytes =
      name === "-"
        ? await context.readStdin(`${FLAG} -`, SETUP_MAX_BYTES)
        : await readNamedFile(FLAG, name, context, SETUP_MAX_BYTES);
    sources.push({ name: name === "-" ? "stdin" : name, text: decodeSetup(bytes, name) });
  }
  return sources;
}

function named(names: readonly string[], { cwd }: CliContext): readonly string[] {
  if (0 < names.length) return names;
  const found = DEFAULT_FILES.find((name) => existsSync(path.join(cwd, name)));
  if (found !== undefined) return [found];
  throw new HooksError("usage", `${FLAG} is missing, and there is no ${DEFAULT_FILES[0]} here`, {
    field: FLAG,
    hint: `hooks export > ${DEFAULT_FILES[0]} writes one of what is there`,
  });
}

async function filesOf(name: string, { cwd }: CliContext): Promise<string[]> {
  if (name === "-" || name === "") return [name];
  const target = path.resolve(cwd, name);
  const isFolder = await stat(target).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) return [name];
  const files = (await readdir(target, { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && IS_SETUP.test(entry.name))
    .map((entry) => path.join(name, entry.name))
    .sort();
  if (0 < files.length) return files;
  throw new HooksError("usage", `${FLAG}: there is no file that ends in .yaml, .yml or .json in ${name}`, {
    field: FLAG,
  });
}
