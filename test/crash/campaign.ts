// `npm run test:crash`: every crash scenario as long as docs/reliability.md says, against the built program. Prints a
// table, writes the figures into that page, and ends with 1 when anything is wrong: then it says how to repeat it, and
// keeps the files. What this machine lacks a tool for is left out, which is said twice and is an end with 1, too.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { machineInWords, machineNow } from "../../bench/report/machine.ts";
import { VERSION } from "../../src/core/version.ts";
import { sourceCommit } from "../support/source-commit.ts";
import { type CampaignFlags, isNamed, parseFlags, USAGE } from "./campaign-flags.ts";
import { missingTool } from "./missing-tool.ts";
import { type FigureRow, figuresTable, writeFigures } from "./reliability-figures.ts";
import type { Outcome, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { SOMETIMES, type Sometimes } from "./sometimes.ts";

async function runCampaign(flags: CampaignFlags): Promise<number> {
  const { only, seed, scale } = flags;
  const chosen = SCENARIOS.filter(({ id }) => only.length === 0 || only.some((name) => isNamed(id, name)));
  const ofWhat = `Seed ${seed}, hooks ${VERSION} (${sourceCommit()}). ${machineInWords(machineNow())}`;
  console.log(`crash campaign, ${scale}, seed ${seed}: ${machineInWords(machineNow())}\n`);
  const leftOut = leftOutOf(chosen);
  sayLeftOut(leftOut);
  const rows: FigureRow[] = [];
  const seen = new Set<Sometimes>();
  let failures = 0;
  for (const scenario of chosen) {
    if (leftOut.has(scenario)) continue;
    const { row, outcome } = await runScenario(scenario, flags);
    rows.push(row);
    failures += outcome.violations.length;
    for (const sometimes of outcome.seen) seen.add(sometimes);
  }
  const unseen = SOMETIMES.filter((sometimes) => !seen.has(sometimes));
  console.log(`\nhappened at least once: ${[...seen].join(", ") || "nothing of what must"}`);
  if (only.length === 0 && 0 < unseen.length) {
    console.log(`never happened, so the campaign proves nothing about it: ${unseen.join(", ")}`);
    failures += 1;
  }
  sayLeftOut(leftOut);
  if (0 < failures || 0 < leftOut.size) return 1;
  if (flags.writes) {
    writeFigures(figuresTable(rows, ofWhat));
    console.log("the figures are in docs/reliability.md");
  }
  return 0;
}

/** Scenario → the tool that it lacks, in words. */
function leftOutOf(scenarios: readonly Scenario[]): ReadonlyMap<Scenario, string> {
  const leftOut = new Map<Scenario, string>();
  for (const scenario of scenarios) {
    const reason = missingTool(scenario);
    if (reason !== undefined) leftOut.set(scenario, reason);
  }
  return leftOut;
}

function sayLeftOut(leftOut: ReadonlyMap<Scenario, string>): void {
  if (leftOut.size === 0) return;
  console.log(
    `LEFT OUT, so nothing is shown about ${leftOut.size === 1 ? "it" : "them"}, and this campaign is not whole:`,
  );
  for (const [{ id, title }, reason] of leftOut) console.log(`     ${id}  ${title}: ${reason}`);
  console.log("");
}

async function runScenario(scenario: Scenario, flags: CampaignFlags): Promise<{ row: FigureRow; outcome: Outcome }> {
  const { id, title } = scenario;
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-crash-"));
  const startedAt = performance.now();
  process.stdout.write(`${id}  ${title} … `);
  const outcome = await scenario
    .run({ seed: flags.seed, scale: flags.scale, folder })
    .catch((error: unknown): Outcome => ({ figures: [], violations: [describeError(error)], seen: new Set() }));
  const seconds = (performance.now() - startedAt) / 1_000;
  const isWell = outcome.violations.length === 0;
  console.log(`${isWell ? "ok" : "FAILED"} (${seconds.toFixed(0)} s)`);
  for (const { name, value, promised } of outcome.figures) {
    console.log(
      `     ${name}: ${value}${promised?.isKept === false ? `, beyond what is promised: ${promised.what}` : ""}`,
    );
  }
  for (const violation of outcome.violations) console.log(`     ${violation}`);
  if (!isWell) {
    const short = flags.scale === "short" ? " --short" : "";
    console.log(`     again: node test/crash/campaign.ts --only '${id}' --seed ${flags.seed}${short}`);
  }
  if (!isWell || flags.keeps) console.log(`     files: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  return { row: { id, title, figures: outcome.figures, seconds }, outcome };
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

let flags: CampaignFlags | undefined;
try {
  flags = parseFlags(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
}
process.exitCode = flags === undefined ? 2 : await runCampaign(flags);
