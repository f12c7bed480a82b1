import { processIo } from "../src/cli/process-io.ts";
import { runProgram } from "../src/cli/program.ts";
import { COMMANDS } from "./index.ts";

/** The delivering side is heavy: it is loaded by the first request that is really sent. */
const parts = {
  sendOnce: async (...request: Parameters<typeof import("../src/daemon.ts").sendOnce>) =>
    (await import("../src/daemon.ts")).sendOnce(...request),
  lookUpOnce: async (...name: Parameters<typeof import("../src/daemon.ts").lookUpOnce>) =>
    (await import("../src/daemon.ts")).lookUpOnce(...name),
};

void runProgram(process.argv.slice(2), COMMANDS, processIo(), parts).then((exitCode) => {
  process.exitCode = exitCode;
});
