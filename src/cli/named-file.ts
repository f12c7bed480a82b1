import path from "node:path";
import { HooksError } from "../core/errors.ts";
import { fileFault, readAnyFile } from "../small-file.ts";
import type { CliContext } from "./context.ts";

/** For what says no smaller one: more than any receiver takes, and little enough to hold in memory. */
export const NAMED_FILE_MAX_BYTES = 64 * 1024 * 1024;

/**
 * The bytes of a file that the user named; `what` is the flag or argument that named it.
 * @throws HooksError `usage` naming both.
 */
export async function readNamedFile(
  what: string,
  file: string,
  context: Pick<CliContext, "cwd">,
  maxBytes = NAMED_FILE_MAX_BYTES,
): Promise<Uint8Array> {
  if (file === "") throw new HooksError("usage", `${what}: the name of the file is empty`, { field: what });
  try {
    return await readAnyFile(path.resolve(context.cwd, file), maxBytes);
  } catch (error) {
    throw new HooksError("usage", `${what}: cannot read ${file}: ${fileFault(error)}`, { field: what, cause: error });
  }
}
