import { lstat, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { HooksError } from "../src/core/errors.ts";

const MAX_BYTES = 4_096;

/**
 * What stands where a ready file is to be may only be one of an earlier run, or empty: nothing else is ever replaced.
 * @param isOurs whether a file of this text is one
 * @throws HooksError `usage` naming `--ready-file`
 */
export async function checkReadyFile(file: string, isOurs: (text: string) => boolean): Promise<void> {
  const refuse = (why: string): never => {
    throw new HooksError("usage", `--ready-file: ${file} ${why}`, { field: "--ready-file" });
  };
  const folder = await stat(path.dirname(file)).catch(() => undefined);
  if (folder?.isDirectory() !== true) refuse("is in a folder that does not exist");
  const there = await lstat(file).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isFile() || MAX_BYTES < there.size) refuse("exists and is no ready file");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text !== "" && (text === undefined || !isOurs(text))) refuse("exists and is no ready file");
}
