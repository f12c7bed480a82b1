import { execFileSync } from "node:child_process";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "../..");
/** What is tested, and what tests it. */
const TESTED = ["bin", "commands", "src", "test/crash", "test/sim"];

/** The commit of these sources, 12 digits, and whether they are as it has them; "unknown" where there is no git. */
export function sourceCommit(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8", cwd: ROOT }).trim();
    const changed = git("status", "--porcelain", "--", ...TESTED) === "" ? "" : " with changes";
    return `${git("rev-parse", "--short=12", "HEAD")}${changed}`;
  } catch {
    return "unknown";
  }
}
