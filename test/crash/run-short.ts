import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, type TestContext } from "vitest";
import { missingTool } from "./missing-tool.ts";
import type { Outcome, Scenario } from "./scenario.ts";

/**
 * A scenario in its short form, as a test: nothing may be wrong. Another seed each time, which is printed when something
 * is; `node test/crash/campaign.ts --short --only ID --seed N` makes the same choices again.
 */
export async function runShort(scenario: Scenario, context: TestContext): Promise<Outcome> {
  const reason = missingTool(scenario);
  if (reason !== undefined) {
    if (process.env["CI"] !== undefined) throw new Error(reason);
    console.warn(`SKIPPED, ${scenario.id}, ${scenario.title}: ${reason}`);
    context.skip();
  }
  const seed = Math.floor(Math.random() * 1e9);
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outcome = await scenario.run({ seed, scale: "short", folder });
  expect(outcome.violations, `node test/crash/campaign.ts --short --only '${scenario.id}' --seed ${seed}`).toEqual([]);
  return outcome;
}
