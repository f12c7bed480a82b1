import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { HooksError } from "../core/errors.ts";
import type { CliContext } from "./context.ts";

/** What an editor that was asked to end has to put the terminal in order. */
const LEAVE_MS = 2_000;

/**
 * Lets a person edit a text in his editor (`VISUAL`, `EDITOR`, else vi; a command line such as `code --wait`), which has the
 * terminal meanwhile. The file is for his eyes alone, and removed.
 * @param name of the file: its end tells the editor what it is
 * @throws HooksError `usage` when there is no such editor; `failed` when it ends with another code than 0: nothing is taken
 */
export async function editText(
  text: string,
  name: string,
  { env, signal }: Pick<CliContext, "env" | "signal">,
): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "hooks-edit-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.on("exit", remove);
  try {
    const file = path.join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    await runEditor(editorOf(env), file, { env, signal });
    return await readFile(file, "utf8");
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function editorOf(env: CliContext["env"]): string {
  const given = [env["VISUAL"], env["EDITOR"]].find((one) => one !== undefined && one.trim() !== "");
  return given ?? (process.platform === "win32" ? "notepad" : "vi");
}

async function runEditor(
  editor: string,
  file: string,
  { env, signal }: Pick<CliContext, "env" | "signal">,
): Promise<void> {
  // As git does it: the shell reads the variable, so that it may hold arguments; the file's name is not read by it.
  const child =
    process.platform === "win32"
      ? spawn(`${editor} "${file}"`, { env, stdio: "inherit", shell: true })
      : spawn("/bin/sh", ["-c", `${editor} "$@"`, editor, file], { env, stdio: "inherit" });
  let kill: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill("SIGTERM");
    kill = setTimeout(() => child.kill("SIGKILL"), LEAVE_MS);
  };
  // Whatever ends this process, no editor goes on reading the keys beside the shell.
  const atExit = (): void => void child.kill("SIGTERM");
  process.on("exit", atExit);
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  try {
    const [code] = (await once(child, "close")) as [number | null];
    if (code === 0) return;
    const said = code === 127 ? "there is no such program" : `it ended with ${code ?? "a signal"}`;
    throw new HooksError(code === 127 ? "usage" : "failed", `${editor}: ${said}; nothing was sent`, {
      field: "EDITOR",
      hint: "EDITOR=nano",
    });
  } finally {
    clearTimeout(kill);
    signal.removeEventListener("abort", end);
    process.off("exit", atExit);
  }
}
