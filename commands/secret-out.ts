import { writeFileSync } from "node:fs";
import path from "node:path";
import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import { quoted } from "../src/core/quoted.ts";

/**
 * `--secret-out`: writes a secret that was made to a new file that its owner alone may read. What a terminal or the log
 * of a CI run shows is no place for it, and neither is a command to paste.
 * @throws HooksError `usage` when there is such a file already, or none can be made
 */
export function writeSecretOut(file: string, secret: string, context: CliContext): void {
  const flag = "--secret-out";
  if (file === "") throw new HooksError("usage", `${flag}: the name of the file is empty`, { field: flag });
  try {
    // New, or not at all: a link or a file that others may read already is somebody else's.
    writeFileSync(path.resolve(context.cwd, file), `${secret}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    const why = code === "EEXIST" ? "it exists, and a key is not overwritten" : code;
    throw new HooksError("usage", `${flag}: cannot write ${quoted(file)}: ${why}`, { field: flag, cause: error });
  }
}
