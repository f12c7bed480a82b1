import { spawn } from "node:child_process";
import type { CliContext } from "./context.ts";

/** How a text came to the clipboard. `terminal`: it was asked to take it, and nobody says whether it did. */
export type CopyWay = "program" | "terminal" | "none";

type Env = CliContext["env"];

/** xterm, and those that follow it, take no more than 100,000 characters of base64. */
const TERMINAL_MAX_BYTES = 74_000;
const PROGRAM_MS = 3_000;

/**
 * Copies a text: by the program of this desktop (or tmux, whose terminals listen to nobody else), and where the person sits
 * elsewhere or there is none, by telling the terminal (OSC 52).
 */
export async function copyText(text: string, env: Env, write: (sequence: string) => void): Promise<CopyWay> {
  for (const [program = "", ...args] of programsFor(env)) {
    if (await takes(program, args, text, env)) return "program";
  }
  const bytes = Buffer.from(text);
  if (TERMINAL_MAX_BYTES < bytes.length) return "none";
  write(`\x1b]52;c;${bytes.toString("base64")}\x07`);
  return "terminal";
}

function programsFor(env: Env): string[][] {
  const has = (name: string): boolean => (env[name] ?? "") !== "";
  const programs: string[][] = [];
  if (has("TMUX")) programs.push(["tmux", "load-buffer", "-w", "-"]);
  // A clipboard of the computer that one is logged in to is not the one in front of the person.
  else if (!has("SSH_CONNECTION") && !has("SSH_TTY")) {
    if (process.platform === "darwin") programs.push(["pbcopy"]);
    if (process.platform === "win32" || has("WSL_DISTRO_NAME")) programs.push(["clip.exe"]);
    if (has("WAYLAND_DISPLAY")) programs.push(["wl-copy"]);
    if (has("DISPLAY")) programs.push(["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]);
  }
  return programs;
}

function takes(program: string, args: readonly string[], text: string, env: Env): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // Those that go on in the background keep what they inherit open: they inherit nothing.
  const child = spawn(program, args, { env, stdio: ["pipe", "ignore", "ignore"], timeout: PROGRAM_MS });
  child.on("error", () => resolve(false));
  child.on("exit", (code) => resolve(code === 0));
  child.stdin.on("error", () => {});
  child.stdin.end(text);
  return promise;
}
