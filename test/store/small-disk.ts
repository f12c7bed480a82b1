import { spawnSync } from "node:child_process";
import { onTestFinished, type TestContext } from "vitest";
import { tempFolder } from "./temp-folder.ts";

/** A file system of 6 MB; the test is skipped, loudly, where this user may not mount one. */
export function smallDisk(context: TestContext): string {
  const folder = tempFolder();
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], { encoding: "utf8" });
  if (mounted.status !== 0) {
    if (process.env["CI"] !== undefined) throw new Error(`no file system can be mounted here: ${mounted.stderr}`);
    console.warn(`SKIPPED, full disk: this user may not mount a small file system (${mounted.stderr?.trim()})`);
    context.skip();
  }
  onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  return folder;
}
