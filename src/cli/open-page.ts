import { spawn } from "node:child_process";
import { once } from "node:events";
import type { CliContext } from "./context.ts";

/** Opens a page in the person's browser. False when there is none, such as over SSH; the URL is http(s). */
export async function openPageOf(url: URL, env: CliContext["env"]): Promise<boolean> {
  if (url.protocol !== "http:" && url.protocol !== "https:") return false;
  const [program = "", ...args] =
    process.platform === "darwin"
      ? ["open", url.href]
      : process.platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler", url.href]
        : ["xdg-open", url.href];
  const child = spawn(program, args, { env, stdio: "ignore", detached: true });
  child.unref();
  try {
    await once(child, "spawn");
    return true;
  } catch {
    return false;
  }
}
