import { readFile } from "node:fs/promises";
import path from "node:path";
import { HooksError } from "../core/errors.ts";
import type { CliContext } from "./context.ts";

/**
 * The bytes of a file that the user named; `what` is the flag or argument that named it.
 * @throws HooksError `usage` naming both.
 */
export async function readNamedFile(what: string, file: string, context: Pick<CliContext, "cwd">): Promise<Uint8Array> {
  if (file === "") throw new HooksError("usage", `${what}: the name of the file is empty`, { field: what });
  try {
    return await readFile(path.resolve(context.cwd, file));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = REASONS[code] ?? code;
    throw new HooksError("usage", `${what}: cannot read ${file}: ${reason}`, { field: what, cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  ERR_INVALID_ARG_VALUE: "the name holds a NUL character",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB",
};
