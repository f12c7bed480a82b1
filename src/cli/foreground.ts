import { readFileSync } from "node:fs";

/**
 * Whether the terminal's keys are this process's: one that a shell runs in the background (`&`) is stopped when it changes
 * the terminal. Where the system does not say, it is taken to be so.
 */
export function isInForeground(): boolean {
  try {
    // proc(5): behind the program's name in brackets, state, parent, group, session, terminal, its foreground group.
    const [, , group, , , foreground] = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return group === foreground;
  } catch {
    return true;
  }
}
