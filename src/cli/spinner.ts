import type { Output } from "./context.ts";

export interface Spinner {
  text(line: string): void;
  stop(): void;
}

const NONE: Spinner = { text: () => {}, stop: () => {} };

/** Moves on a person's terminal and nowhere else; its library is loaded only then. */
export async function startSpinner(out: Output, text: string): Promise<Spinner> {
  if (out.mode !== "human" || process.stderr.isTTY !== true) return NONE;
  const { default: ora } = await import("ora");
  const color = out.noteColors.bold("x") === "x" ? false : "cyan";
  // discardStdin would put the terminal into raw mode, and spins when its other end is closed.
  const spinner = ora({ text, stream: process.stderr, discardStdin: false, color }).start();
  return {
    text: (line) => {
      spinner.text = line;
    },
    stop: () => void spinner.stop(),
  };
}
