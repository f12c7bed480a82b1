import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

// Every feature of the five systems has a number, and a test here that is named for it ("row 7: …").

const ROWS = 38;
/** What is yet to come. */
const AWAITED: Record<number, string> = {
  27: "the dashboard",
  36: "the bus, and workers on PostgreSQL",
};

it("each of the 38 features has a test that is named for it", () => {
  const texts = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(path.join(import.meta.dirname, name), "utf8"));
  const named = texts.flatMap((text) => [...text.matchAll(/^it\("row (\d+): /gm)].map(([, row]) => Number(row)));
  const missing = Array.from({ length: ROWS }, (_, n) => n + 1).filter((row) => !named.includes(row));
  expect(missing).toEqual(Object.keys(AWAITED).map(Number));
  expect(named.filter((row) => row < 1 || ROWS < row)).toEqual([]);
});
