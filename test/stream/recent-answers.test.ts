import { execFileSync } from "node:child_process";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCEPTED, type Answer } from "../../src/stream/delivery-desk.ts";
import { RecentAnswers } from "../../src/stream/recent-answers.ts";

const MODULE = path.join(import.meta.dirname, "../../src/stream/recent-answers.ts");

describe("recent answers", () => {
  it("are all that are not given, the last of those that are, and no more than twice as many", async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant("add" as const), isSlow: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("give" as const), isSlow: fc.constant(false) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 120 }), async (least, steps) => {
        const answers = new RecentAnswers<Answer>();
        const keys: string[] = [];
        const inHand = new Map<string, () => void>();
        for (const { do: what, isSlow } of steps) {
          if (what === "give") {
            for (const give of inHand.values()) give();
            inHand.clear();
          } else {
            const key = `dlv_${keys.length} 1`;
            keys.push(key);
            const { promise, resolve } = Promise.withResolvers<Answer>();
            if (isSlow) inHand.set(key, () => resolve(ACCEPTED));
            else resolve(ACCEPTED);
            answers.add(key, promise, least);
          }
          await new Promise((resolve) => setImmediate(resolve));
          const known = keys.filter((key) => answers.get(key) !== undefined);
          const mustBe = keys.filter((key, at) => inHand.has(key) || keys.length - least < at + 1);
          expect(known).toEqual(expect.arrayContaining(mustBe));
          expect(answers.get("dlv_x 1")).toBeUndefined();
        }
        // What is given goes, once as many others have come twice over.
        for (const give of inHand.values()) give();
        await new Promise((resolve) => setImmediate(resolve));
        for (let n = 0; n < 2 * least + inHand.size; n++) answers.add(`late_${n} 1`, Promise.resolve(ACCEPTED), least);
        expect(keys.filter((key) => answers.get(key) !== undefined).length).toBeLessThanOrEqual(inHand.size);
      }),
      { numRuns: 60 },
    );
  });

  /** How often V8 has to collect the whole heap while 500,000 answers come and go. */
  function wholeCollections(kept: "recent answers" | "a map"): number {
    const program = `
      import { PerformanceObserver } from "node:perf_hooks";
      import { RecentAnswers } from ${JSON.stringify(MODULE)};
      let whole = 0;
      const count = (list) => { for (const { detail } of list) if (detail.kind === 4) whole += 1; };
      const observer = new PerformanceObserver((list) => count(list.getEntries()));
      observer.observe({ entryTypes: ["gc"] });
      const recent = new RecentAnswers();
      const map = new Map();
      for (let n = 0; n < 500_000; n++) {
        const answer = Promise.resolve({ kind: "answered", headers: [["n", String(n)]], body: String(n).repeat(50) });
        if (${kept === "recent answers"}) recent.add("dlv_" + n, answer, 64);
        else {
          map.set("dlv_" + n, answer);
          if (64 < map.size) map.delete(map.keys().next().value);
        }
        if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      count(observer.takeRecords());
      console.log(whole);
    `;
    const flags = ["--max-semi-space-size=1", "--input-type=module", "-e", program];
    return Number(execFileSync(process.execPath, flags, { encoding: "utf8" }));
  }

  it("leave nothing behind that only a collection of the whole heap would find, as a map does", () => {
    // Measured: 1 and 13.
    expect(wholeCollections("recent answers")).toBeLessThan(4);
    expect(wholeCollections("a map")).toBeGreaterThan(5);
  });
});
