import type { Output } from "./context.ts";

export interface Spinner {
  text(line: string): void;
  stop(): void;
}

const NONE: Spinner = { text: () => {}, stop: () => {} };

/** Moves on a person's terminal and nowhere else; its library is loaded only then. */
export async function startSpinner(out: Output, text: string): Promise<Spinner> {
  const { isTTY, columns } = process.stderr;
  // On a terminal that does not say how wide it is (0 columns) ora clears lines without end.
  if (out.mode !== "human" || isTTY !== true || !(0 < columns)) return NONE;
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
