// A program for tests: runs command lines one after the other in one process, each as `commands/main.ts` would, on the ends
// that this process has. They come as JSON, a line each, in the one argument. Before each, both outputs get a mark.

import { Readable } from "node:stream";
import { COMMANDS } from "../../commands/index.ts";
import { processIo } from "../../src/cli/process-io.ts";
import { runProgram } from "../../src/cli/program.ts";

const parts = {
  sendOnce: () => Promise.reject(new Error("this test sends nothing")),
  lookUpOnce: () => Promise.reject(new Error("this test looks no name up")),
};

for (const line of JSON.parse(process.argv[2] ?? "[]") as string[][]) {
  const mark = `\n<<<${line.join(" ")}>>>\n`;
  process.stdout.write(mark);
  process.stderr.write(mark);
  const io = processIo();
  const ends = { stdout: io.stdout, stderr: io.stderr, env: io.env, cwd: io.cwd, now: io.now, random: io.random };
  await runProgram(line, COMMANDS, { ...ends, stdin: Readable.from([]), onSignal: io.onSignal, exit: io.exit }, parts);
}
