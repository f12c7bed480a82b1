import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** What is not taken away yet when the bench is interrupted. */
const folders = new Set<string>();
process.on("exit", () => {
  for (const folder of folders) remove(folder);
});

/** Gives the work a folder on a real disk that is gone afterwards. */
export async function inFolder<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), `hooks-bench-${name}-`));
  folders.add(folder);
  try {
    return await work(folder);
  } finally {
    remove(folder);
    folders.delete(folder);
  }
}

/** Whoever still works in it has been killed and may not be gone yet. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}
