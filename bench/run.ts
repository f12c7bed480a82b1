// `npm run bench` runs every benchmark (`node bench/run.ts drain …` only those named), prints a table, and keeps the figures
// of a whole run: bench/results/<date>.json in full, latest.md, chart.svg, and the README's section. Of a part they are
// kept only with `--keep`. `--quick`: everything as small as it goes, nothing kept. One that fails keeps the others from
// nothing, and the exit code is 1.

import { parseArgs } from "node:util";
import { BENCHES } from "./benches.ts";
import { keepResults } from "./report/keep-results.ts";
import { machineInWords, machineNow } from "./report/machine.ts";
import { round } from "./report/statistics.ts";
import { type NamedOutcome, terminalTable } from "./report/tables.ts";

const NAMES = BENCHES.map(({ name }) => name);

async function main(): Promise<void> {
  const { values: flags, positionals: names } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, keep: { type: "boolean", default: false } },
  });
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`no benchmark ${unknown}: there are ${NAMES.join(", ")}`);
  if (flags.quick && flags.keep) throw new Error("--quick measures nothing that could be kept");

  const machine = machineNow();
  console.log(machineInWords(machine));
  const results: NamedOutcome[] = [];
  const failed: string[] = [];
  for (const { name, run } of BENCHES.filter((bench) => names.length === 0 || names.includes(bench.name))) {
    process.stderr.write(`${name} …\n`);
    const startedAt = performance.now();
    const outcome = await run(flags.quick ? "quick" : "full").catch((error: unknown) => {
      console.error(error);
      failed.push(name);
      process.exitCode = 1;
    });
    if (outcome === undefined) continue;
    const seconds = round((performance.now() - startedAt) / 1_000);
    results.push({ name, seconds, ...outcome });
    console.log(`\n${name} (${seconds} s)\n${terminalTable(outcome.rows)}`);
  }
  const missed = results.flatMap(({ rows }) => rows).filter(({ met }) => met === false);
  if (0 < failed.length) console.log(`\nWithout figures, because they failed: ${failed.join(", ")}.`);
  if (0 < missed.length) console.log(`\nTargets that are not met: ${missed.length}.`);
  else if (failed.length === 0) console.log("\nEvery target is met.");
  if (flags.keep || (names.length === 0 && !flags.quick)) keepResults({ machine, results }, NAMES);
}

// Interrupted: an ordinary exit, so that every process that was started here ends too (child.ts).
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
await main();
