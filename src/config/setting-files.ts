// The files that hold settings: the project's, which is checked in, the user's own, and one that an operator names.

import path from "node:path";
import type { HooksError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/quoted.ts";
import { SETTING_RULES, settingText, usage } from "../core/setting-rules.ts";
import { shellWord } from "../core/shell-word.ts";
import { fileErrorCode, fileFault, readSmallFile, type SmallFile } from "../small-file.ts";
import { checked, type Layer, refuseRivals } from "./layers.ts";

const PROJECT_FILE = "hooks.config.json";
export const FILE_MAX_BYTES = 1024 * 1024;

/** The nearest one upwards. */
export function findProjectFile(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    const file = path.join(folder, PROJECT_FILE);
    if (read(file) !== undefined) return file;
    if (path.dirname(folder) === folder) return undefined;
  }
}

/** Empty when there is no such file. @throws HooksError `usage` naming file and key */
export function fileLayer(file: string, isProject: boolean): Layer {
  const found = read(file);
  return found === undefined ? new Map() : layerOf(found, file, { name: file, isProject });
}

/**
 * A file that somebody named, which may say what the user's own may; it is in no checked-in folder by accident.
 * @throws HooksError `usage` naming `origin` and the file when it is not there or cannot be read; like `fileLayer`
 */
export function namedFileLayer(text: string, { origin, folder }: { origin: string; folder: string }): Layer {
  if (text === "") throw usage(`${origin} must not be empty`, origin);
  const file = path.resolve(folder, text);
  let found: SmallFile;
  try {
    found = readSmallFile(file, FILE_MAX_BYTES);
  } catch (error) {
    throw usage(`${origin}: cannot read ${text}: ${fileFault(error)}`, origin);
  }
  return layerOf(found, file, { name: text, isProject: false });
}

/** @param name of the file in errors: as who named it typed it. */
function layerOf(found: SmallFile, file: string, { name, isProject }: { name: string; isProject: boolean }): Layer {
  const layer: Layer = new Map();
  const content = parseObject(found.text, name);
  const isAllowed = (key: string): boolean =>
    SETTING_RULES[key]?.inProject === true || (!isProject && key !== "context");
  const allowed = Object.keys(SETTING_RULES).filter(isAllowed);
  for (const [key, value] of Object.entries(content)) {
    if (key === "$schema") continue;
    const rule = Object.hasOwn(SETTING_RULES, key) ? SETTING_RULES[key] : undefined;
    if (rule === undefined || !allowed.includes(key)) throw refusedKey(name, key, allowed, rule !== undefined);
    const text = settingText(value, rule);
    if (text === undefined) {
      const form = rule.isList === true ? "a list of strings" : "a string";
      const such = rule.fallback === undefined ? "" : ` such as ${JSON.stringify(rule.fallback)}`;
      throw usage(`${name}: ${key} must be ${form}${such}`, key);
    }
    if (text === "" && Array.isArray(value)) continue;
    layer.set(key, checked(key, rule, { text, origin: file, folder: path.dirname(file) }, `${name}: ${key}`));
  }
  refuseRivals(layer, (key) => `${name}: ${key}`);
  if (layer.has("api_key") && process.platform !== "win32" && (found.stats.mode & 0o077) !== 0) {
    throw usage(`${name} holds a key, and others on this machine may read it`, name, `chmod 600 ${shellWord(file)}`);
  }
  return layer;
}

function read(file: string): SmallFile | undefined {
  try {
    return readSmallFile(file, FILE_MAX_BYTES);
  } catch (error) {
    // No file, or a file where a folder should be.
    if (["ENOENT", "ENOTDIR"].includes(fileErrorCode(error) ?? "")) return undefined;
    throw usage(`cannot read ${file}: ${fileFault(error)}`, file);
  }
}

function parseObject(text: string, file: string): object {
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    // The place alone of what V8 says: the rest quotes the text, in which there may be a key.
    const place = error instanceof Error ? / \(line \d+ column \d+\)/.exec(error.message)?.[0] : undefined;
    throw usage(`${file} is not valid JSON${place ?? ""}`, file);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw usage(`${file} must hold a JSON object`, file);
  }
  return content;
}

function refusedKey(file: string, key: string, allowed: readonly string[], isSetting: boolean): HooksError {
  if (key === "context") {
    return usage(`${file}: a context is chosen by a person`, key, "hooks context use NAME, --context or HOOKS_CONTEXT");
  }
  const rule = SETTING_RULES[key];
  if (isSetting && rule !== undefined) {
    if (key.startsWith("api_key")) {
      return usage(
        `${file}: ${key} does not belong into a project's file, which others can read`,
        key,
        "use hooks login, HOOKS_API_KEY, or the user's config.json",
      );
    }
    return usage(
      `${file}: ${key} is not taken from a project's file: whoever wrote it would decide for everybody who clones it`,
      key,
      `${rule.flag ?? key} or ${rule.variable}, your own config.json, or hooks serve --config FILE`,
    );
  }
  const near = nearest(key, allowed);
  const guess = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
  return usage(`${file}: unknown key ${quoted(key)}${guess}`, key, `the keys: ${allowed.join(", ")}`);
}
