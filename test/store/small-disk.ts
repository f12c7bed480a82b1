import { onTestFinished, type TestContext } from "vitest";
import { mountSmallDisk } from "../support/small-disk.ts";
import { tempFolder } from "./temp-folder.ts";

/** A file system of 6 MB; the test is skipped, loudly, where this user may not mount one. */
export function smallDisk(context: TestContext): string {
  const folder = tempFolder();
  try {
    const disk = mountSmallDisk(folder, 6);
    onTestFinished(() => disk.unmount());
  } catch (error) {
    if (process.env["CI"] !== undefined) throw error;
    console.warn(`SKIPPED, full disk: this user may not mount a small file system (${error})`);
    context.skip();
  }
  return folder;
}
