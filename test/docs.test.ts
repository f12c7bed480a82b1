import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const ROOT = path.join(import.meta.dirname, "..");

/** Paths below test/ that a text names. */
function testsIn(text: string): string[] {
  return [...text.matchAll(/\btest\/[\w./-]*\w/g)].map(([file]) => file);
}

it("docs/security.md names the tests of each claim by their files, and each of them exists", () => {
  const text = readFileSync(path.join(ROOT, "docs/security.md"), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| from |"));
  expect(rows.length).toBeGreaterThan(8);
  for (const row of rows) {
    const named = testsIn(row);
    expect(named, row).not.toEqual([]);
    for (const file of named) expect(file, row).toMatch(/\.test\.ts$/);
  }
  expect(testsIn(text).filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
});

it("what is not there is noticed", () => {
  const named = testsIn("held by test/hostile/canaries.test.ts, test/nothing/such.test.ts.");
  expect(named).toEqual(["test/hostile/canaries.test.ts", "test/nothing/such.test.ts"]);
  expect(named.map((file) => existsSync(path.join(ROOT, file)))).toEqual([true, false]);
});
