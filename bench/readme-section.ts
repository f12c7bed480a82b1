import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const README = path.join(import.meta.dirname, "../README.md");
const SECTION = /<!-- bench -->[\s\S]*<!-- \/bench -->/;

/** Puts the figures of a whole run (`latest.md` without its title) between the two bench comments of the README. */
export function writeReadmeSection(latest: string): void {
  const before = readFileSync(README, "utf8");
  if (!SECTION.test(before)) throw new Error("README.md has no <!-- bench --> … <!-- /bench -->");
  const figures = latest.replace(/^# .*\n+/, "").trim();
  writeFileSync(
    README,
    before.replace(SECTION, () => `<!-- bench -->\n${figures}\n<!-- /bench -->`),
  );
}
