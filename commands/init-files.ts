import { lstatSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setupYaml } from "../src/cli/setup-yaml.ts";
import { HooksError } from "../src/core/errors.ts";
import { patternTakes } from "../src/core/event-pattern.ts";

/** A program that takes webhooks, and which of those that none before it takes. Behind one that takes all (`*`) is none. */
export interface LocalProgram {
  /** `invoice.*` */
  pattern: string;
  url: URL;
}

export interface InitFile {
  name: string;
  text: string;
}

/** Settings as `hooks.config.json` has them. */
export function configFileText(config: Readonly<Record<string, string | readonly string[]>>): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * The programs as subscriptions, for `hooks apply`: what `hooks listen` would bring to each, a daemon sends there.
 * @param project what it is called: the name of the subscription that takes everything else
 */
export function setupFileText(programs: readonly LocalProgram[], project: string): Promise<string> {
  const names = new Set<string>();
  const subscriptions = programs.map(({ pattern, url }, at) => {
    const name = freeName(pattern === "*" ? project : pattern.replace(/\.\*$/, "").replaceAll(".", "-"), names);
    const taken = programs.slice(0, at).filter((before) => overlap(before.pattern, pattern));
    const filter = taken.map((before) => exclusion(before.pattern)).join(" && ");
    return { name, url: url.href, events: [pattern], ...(filter === "" ? {} : { filter }) };
  });
  return setupYaml({ setup: { version: 1, subscriptions }, left_out: [] });
}

/**
 * Writes all of them, or none.
 * @throws HooksError `usage` for what is there already (unless `force`), or cannot be written
 */
export function writeInitFiles(files: readonly InitFile[], folder: string, force: boolean): void {
  const made: string[] = [];
  let name = "";
  try {
    for (const file of files) {
      name = file.name;
      // Else the one before it would have been replaced by the time that this one cannot be.
      if (force && lstatSync(path.join(folder, name), { throwIfNoEntry: false })?.isDirectory() === true) {
        throw Object.assign(new Error("a folder is in its place"), { code: "EISDIR" });
      }
      // Without force not even what somebody else wrote since it was looked for is touched.
      const place = path.join(folder, force ? `.${name}.${process.pid}.new` : name);
      writeFileSync(place, file.text, { flag: "wx" });
      made.push(place);
    }
    if (!force) return;
    for (const [at, file] of files.entries()) {
      name = file.name;
      renameSync(made[at]!, path.join(folder, name));
    }
  } catch (error) {
    for (const place of made) rmSync(place, { force: true });
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code === "EEXIST" && !force) throw existing([name]);
    throw new HooksError("usage", `cannot write ${name} in ${folder}: ${code}`, { cause: error });
  }
}

/** @throws HooksError `usage` when one of them is there, whatever it is */
export function refuseExisting(names: readonly string[], folder: string): void {
  const found = names.filter((name) => lstatSync(path.join(folder, name), { throwIfNoEntry: false }) !== undefined);
  if (0 < found.length) throw existing(found);
}

function existing(names: readonly string[]): HooksError {
  const what = names.length === 1 ? `${names[0]!} is there already` : `${names.join(" and ")} are there already`;
  return new HooksError("usage", `${what}: nothing was written`, {
    field: "--force",
    hint: "hooks config shows what it says; --force writes over what is there, --dry-run prints what would be written",
  });
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted}-${n}`;
  taken.add(name);
  return name;
}

/** Whether there are types that both take. */
function overlap(one: string, other: string): boolean {
  const example = (pattern: string): string => pattern.replace(/\.\*$/, ".any");
  return other === "*" || patternTakes(one, example(other)) || patternTakes(other, example(one));
}

function exclusion(pattern: string): string {
  return pattern.endsWith(".*")
    ? `!type.startsWith(${JSON.stringify(pattern.slice(0, -1))})`
    : `type != ${JSON.stringify(pattern)}`;
}
