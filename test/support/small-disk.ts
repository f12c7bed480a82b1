import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A file system of so many MiB in memory at `folder`. @throws Error where this user may not mount one. */
export function mountSmallDisk(folder: string, mebibytes: number): { unmount(): void } {
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder], {
    encoding: "utf8",
  });
  if (mounted.status !== 0)
    throw new Error(`no file system can be mounted: ${mounted.stderr?.trim() ?? mounted.error}`);
  return { unmount: () => void spawnSync("umount", ["-l", folder]) };
}

/** Whether this user may mount one. */
export function canMountSmallDisk(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-mount-"));
  try {
    mountSmallDisk(folder, 1).unmount();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
