import { expect, it } from "vitest";
import { KeptConnections } from "../../src/deliver/kept-connections.ts";

function receivers() {
  const clock = { at: 1_000_000 };
  const kept = new KeptConnections(() => clock.at);
  /** For how long connections to it are not kept, from now on; the clock stands at the end of it then. */
  const distrusted = (key: string): number => {
    const from = clock.at;
    while (!kept.mayKeep(key)) clock.at += 100;
    return clock.at - from;
  };
  return { clock, kept, distrusted };
}

it("a receiver that closes kept connections under requests is given none for 1 s, then for 2, 4 … up to a minute", () => {
  const { kept, distrusted } = receivers();
  expect(distrusted("a")).toBe(0);
  const seconds = Array.from({ length: 8 }, () => {
    kept.failed("a");
    expect(kept.mayKeep("b")).toBe(true);
    return distrusted("a") / 1_000;
  });
  expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
});

it("requests that fail together count once, and a good minute makes up for everything", () => {
  const { clock, kept, distrusted } = receivers();
  for (let n = 0; n < 50; n++) kept.failed("a");
  expect(distrusted("a")).toBe(1_000);
  clock.at += 59_000;
  kept.failed("a");
  expect(distrusted("a")).toBe(2_000);
  clock.at += 60_000;
  kept.failed("a");
  expect(distrusted("a")).toBe(1_000);
});

it("remembers no more than ten thousand", () => {
  const { kept } = receivers();
  for (let n = 0; n <= 10_000; n++) kept.failed(`${n}`);
  expect(kept.mayKeep("0")).toBe(true);
  expect(kept.mayKeep("10000")).toBe(false);
});
