import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startCrashWriter } from "./crash-writer.ts";
import { tempFolder } from "./temp-folder.ts";

/** A store whose writer was killed with SIGKILL, and what it had acknowledged: one event after the other, so that their
 * order is that of the commits. */
export async function killedStore(acknowledged: number): Promise<{ folder: string; path: string; ids: string[] }> {
  const folder = tempFolder();
  const path = join(folder, "hooks.db");
  const writer = startCrashWriter(path, { publishers: 1 });
  onTestFinished(() => void writer.process.kill("SIGKILL"));
  await writer.acknowledged(acknowledged);
  const ended = once(writer.process, "close");
  writer.process.kill("SIGKILL");
  await ended;
  return { folder, path, ids: [...writer.ids] };
}
