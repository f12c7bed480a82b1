// Not a command: writes completions/ anew. `node commands/write-completions.ts`; a test says when it is due.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { COMPLETION_FILES, SHELLS } from "../src/cli/completion/shells.ts";
import { processIo } from "../src/cli/process-io.ts";
import { runProgram } from "../src/cli/program.ts";
import { COMMANDS } from "./index.ts";

const folder = path.join(import.meta.dirname, "../completions");
mkdirSync(folder, { recursive: true });
for (const shell of SHELLS) {
  const parts: string[] = [];
  const stdout = { write: (chunk: Uint8Array | string) => parts.push(String(chunk)) };
  const io = { ...processIo(), stdout };
  process.exitCode = await runProgram(["completion", shell], COMMANDS, io, {
    sendOnce: () => Promise.reject(new Error()),
    lookUpOnce: () => Promise.reject(new Error()),
  });
  if (process.exitCode !== 0) break;
  writeFileSync(path.join(folder, COMPLETION_FILES[shell]), parts.join(""));
}
