import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Run } from "./run-in-process.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const NOBODY = 65_534;

/** Runs each command line as a user who owns nothing. All is loaded before: the sources need not be readable to it. */
const SCRIPT = `
  import { runInProcess } from ${JSON.stringify(pathToFileURL(path.join(ROOT, "test/support/run-in-process.ts")).href)};
  const { home, warmUp, lines } = JSON.parse(process.argv[1]);
  const run = (line, where) => runInProcess(line, { env: { HOOKS_HOME: where }, cwd: where });
  for (const line of lines) await run(line, warmUp);
  if (process.getuid() === 0) {
    process.setgid(${NOBODY});
    process.setuid(${NOBODY});
  }
  const runs = [];
  for (const line of lines) runs.push(await run(line, home));
  console.log(JSON.stringify(runs));
`;

/** As root: as nobody; else as whoever runs the tests. `home` is HOOKS_HOME and the working directory. */
export function runAsNobody(home: string, lines: readonly string[][]): Run[] {
  const warmUp = mkdtempSync(path.join(tmpdir(), "hooks-warm-"));
  try {
    const given = JSON.stringify({ home, warmUp, lines });
    const ran = spawnSync(process.execPath, ["--input-type=module", "-e", SCRIPT, given], {
      cwd: ROOT,
      encoding: "utf8",
    });
    if (ran.stderr !== "") throw new Error(ran.stderr);
    return JSON.parse(ran.stdout) as Run[];
  } finally {
    rmSync(warmUp, { recursive: true, force: true });
  }
}
