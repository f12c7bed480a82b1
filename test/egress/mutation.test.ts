import { expect, it } from "vitest";
import { LEAST_FAILURES, runWithoutGuard } from "./support/run-without-guard.ts";

const POLICY = "test/core/egress/policy.test.ts";
const CORPUS = "test/egress/corpus.test.ts";

// The quick files; `node test/egress/mutation.ts` runs all.
it("without the guard its tests fail, at least 30 of them, and those that hold something else do not", async ({
  signal,
}) => {
  const { passed, failed, failures } = await runWithoutGuard([POLICY, CORPUS], signal);

  expect(failed).toBeGreaterThanOrEqual(LEAST_FAILURES);
  // Each of the doors by which a URL comes in.
  expect(failures.get(CORPUS)).toEqual([
    "when a subscription is made, and when it is changed",
    "when it is delivered, whatever the store holds",
    "when a subscription is tested",
    "when it is named on the command line",
    "when what a name says changes: only what was checked is dialled",
  ]);
  // A run in which everything fails says nothing.
  expect(passed).toBeGreaterThanOrEqual(10);
  expect(failures.get(POLICY)).not.toContain("public addresses may be reached, in any environment");
}, 240_000);
