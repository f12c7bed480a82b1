import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";

const MODULE = path.join(import.meta.dirname, "../src/young-generation.ts");

/** A process that works as a busy sender does: much is made, some of it lives a little. Returns the bytes reserved. */
function youngBytesOf(isHeld: boolean): number {
  const program = `
    import v8 from "node:v8";
    import { YoungGeneration } from ${JSON.stringify(MODULE)};
    const young = new YoungGeneration();
    const alive = [];
    for (let n = 0; n < 3_000_000; n++) {
      alive.push({ n, list: [n] });
      if (50_000 < alive.length) alive.splice(0, 25_000);
      if (${isHeld} && n % 1_000 === 0) young.hold();
    }
    console.log(v8.getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size);
  `;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }));
}

it("keeps the young generation small, which grows by itself otherwise", () => {
  expect(youngBytesOf(true)).toBeLessThanOrEqual(32 * 1024 * 1024);
  expect(youngBytesOf(false)).toBeGreaterThan(32 * 1024 * 1024);
});

/** Places in a program whose objects V8 makes old from the beginning, after a backlog of them lived long. */
function oldPlaces(isHeld: boolean): number {
  const program = `
    import { YoungGeneration } from ${JSON.stringify(MODULE)};
    if (${isHeld}) new YoungGeneration();
    const made = (n) => ({ n, list: [n, n, n, n] });
    const backlog = [];
    for (let n = 0; n < 3_000_000; n++) {
      backlog.push(made(n));
      if (200_000 < backlog.length) backlog.splice(0, 100_000);
    }
  `;
  // Code that is compiled to be fast no longer counts what it makes: how soon that is depends on how busy the machine is.
  const flags = ["--trace-pretenuring", "--trace-pretenuring-statistics", "--no-opt", "--no-maglev"];
  const said = execFileSync(process.execPath, [...flags, "--input-type=module", "-e", program], { encoding: "utf8" });
  return said.split("\n").filter((line) => line.endsWith("=> tenure")).length;
}

it("does not let a backlog teach V8 that what is made lives long, which it learns otherwise", () => {
  expect(oldPlaces(true)).toBe(0);
  expect(oldPlaces(false)).toBeGreaterThan(0);
});
