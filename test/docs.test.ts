import { existsSync, readdirSync, readFileSync } from "node:fs";
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

/** What examples give as a secret, where others on the machine, its shell's history and CI's logs would see it. */
function secretsInArguments(text: string): string[] {
  const values = [...text.matchAll(/--secret[ =]([^\s`|]+)/g)].map(([, value = ""]) => value);
  return values.filter((value) => !/^(env:\w|@\w|-$|…$|\$\{\{)/.test(value));
}

it("no example of the documentation or of a help text has a secret among its arguments", () => {
  const below = (folder: string, extension: string) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(extension))
      .map((file) => path.join(folder, file));
  const files = ["README.md", ...below("docs", ".md"), ...below("examples", ".ts"), ...below("commands", ".ts")];
  const found = files.flatMap((file) => {
    const text = readFileSync(path.join(ROOT, file), "utf8");
    // Of sources, their examples: lines that show a command.
    const shown = file.endsWith(".ts") ? (text.match(/.*(\$ hooks|["`]hooks ).*/g) ?? []).join("\n") : text;
    return secretsInArguments(shown).map((value) => `${file}: --secret ${value}`);
  });
  expect(found).toEqual([]);
  expect(secretsInArguments("hooks sign --secret env:A\nhooks sign --secret whsec_x --secret=abc -")).toEqual([
    "whsec_x",
    "abc",
  ]);
});
