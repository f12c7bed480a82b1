import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, type TestContext } from "vitest";
import { tempFolder } from "./temp-folder.ts";

const WRITER = join(import.meta.dirname, "crash-writer.ts");

it("acknowledges an event only after its commit was synced, on a new store and on a reopened one", (context) => {
  const folder = tempFolder();
  for (const run of ["new", "reopened"]) {
    const { calls } = trace(context, folder, [join(folder, "hooks.db"), "1", "100"]);
    let isSynced = false;
    let acknowledged = 0;
    for (const call of calls) {
      if (call === "written") isSynced = false;
      else if (call === "synced") isSynced = true;
      else {
        expect(isSynced, `${run}: acknowledgement ${acknowledged}`).toBe(true);
        acknowledged += 1;
      }
    }
    expect(acknowledged).toBe(100);
  }
});

it("syncs once for what comes together", (context) => {
  const folder = tempFolder();
  const { calls } = trace(context, folder, [join(folder, "hooks.db"), "64", "20"]);
  expect(calls.filter((call) => call === "acknowledged")).toHaveLength(64 * 20);
  expect(calls.filter((call) => call === "synced").length).toBeLessThan(0.2 * 64 * 20);
});

/** What the writer did to the log and to its standard output, in order. */
function trace(context: TestContext, folder: string, args: string[]) {
  const file = join(folder, "trace");
  const options = ["-f", "-y", "-s", "8", "-e", "trace=pwrite64,write,writev,fsync,fdatasync", "-o", file];
  const child = spawnSync("strace", [...options, process.execPath, WRITER, ...args], { encoding: "utf8" });
  if (child.error !== undefined) {
    if (process.env["CI"] !== undefined) throw child.error;
    console.warn("SKIPPED, synced before acknowledged: strace is not installed");
    context.skip();
  }
  expect(child.stderr).toBe("");
  // A call that another thread's line interrupts is complete where it is resumed; only syncs are slow enough to matter.
  const calls = readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line): ("written" | "synced" | "acknowledged")[] => {
      if (/pwrite64\(\d+<[^>]*-wal>/.test(line)) return ["written"];
      if (/f(data)?sync\(\d+<[^>]*-wal>\)\s+= 0/.test(line) || /f(data)?sync resumed/.test(line)) return ["synced"];
      return /writev?\(1</.test(line) && line.includes("evt_") ? ["acknowledged"] : [];
    });
  return { calls };
}
