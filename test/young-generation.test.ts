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
