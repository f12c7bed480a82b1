// `npm run test:crash`: every crash scenario as long as docs/reliability.md says, against the built program. Prints a
// table, writes the figures into that page, and ends with 1 when anything is wrong: then it says how to repeat it, and
// keeps the files.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { machineInWords, machineNow } from "../../bench/report/machine.ts";
import { type CampaignFlags, isNamed, parseFlags, USAGE } from "./campaign-flags.ts";
import { missingTool } from "./missing-tool.ts";
import { type FigureRow, figuresTable, writeFigures } from "./reliability-figures.ts";
import type { Outcome, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { SOMETIMES, type Sometimes } from "./sometimes.ts";

async function runCampaign(flags: CampaignFlags): Promise<number> {
  const { only, seed, scale } = flags;
  const chosen = SCENARIOS.filter(({ id }) => only.length === 0 || only.some((name) => isNamed(id, name)));
  console.log(`crash campaign, ${scale}, seed ${seed}: ${machineInWords(machineNow())}\n`);
  const reasons = new Set(chosen.map(missingTool).filter((reason) => reason !== undefined));
  if (0 < reasons.size) {
    console.log([...reasons].join("\n"));
    return 1;
  }
  const rows: FigureRow[] = [];
  const seen = new Set<Sometimes>();
  let failures = 0;
  for (const scenario of chosen) {
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
  if (0 < failures) return 1;
  if (flags.writes) {
    writeFigures(figuresTable(rows, `Seed ${seed}. ${machineInWords(machineNow())}`));
    console.log("the figures are in docs/reliability.md");
  }
  return 0;
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
  for (const { name, value } of outcome.figures) console.log(`     ${name}: ${value}`);
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
