// Many simulated days, in several processes: `npm run test:sim`. With --seed one of them, as it was in a campaign.

import { fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { campaignReport, type Totals } from "./campaign-report.ts";
import { failureReport } from "./failure-report.ts";
import type { Mode } from "./plan.ts";
import { simulate } from "./simulate.ts";
import { Sometimes } from "./sometimes.ts";

const USAGE = `npm run test:sim -- [options]
  --seeds N       days for each mode (default 10000)
  --first N       the first seed (default 1)
  --mode MODE     safety, liveness or both (default both)
  --jobs N        processes (default 2)
  --no-write      leave docs/reliability.md as it is
  --seed N        only this one; with --trace its whole history`;
const DOCS = path.join(import.meta.dirname, "../../docs/reliability.md");
const SECTION = /(<!-- sim -->)[\s\S]*?(<!-- \/sim -->)/;
const MAX_SHOWN = 5;

/** What a worker tells of each run. */
interface RunNews {
  mode: Mode;
  /** Undefined: all was well. */
  failure: string | undefined;
  sometimes: [string, number][];
  requests: number;
  events: number;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    first: { type: "string", default: "1" },
    mode: { type: "string", default: "both" },
    jobs: { type: "string", default: "2" },
    "no-write": { type: "boolean", default: false },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    /** Of a worker: its share of the seeds, `k/n`. */
    share: { type: "string" },
  },
});

if (values.help) console.log(USAGE);
else if (values.seed !== undefined) await runOne(wholeNumber(values.seed, "--seed"), modes(values.mode), values.trace);
else if (values.share !== undefined) await work(values.share);
else await runCampaign();

async function runOne(seed: number, wanted: readonly Mode[], isTraced: boolean): Promise<void> {
  for (const mode of wanted) {
    const result = await simulate(seed, mode, { isTraced });
    if (isTraced) for (const line of result.history) console.log(line);
    if (result.violation === undefined) console.log(`seed ${seed}, mode ${mode}: all is well (history ${result.hash})`);
    else {
      console.log(failureReport(result));
      process.exitCode = 1;
    }
  }
}

/** In a worker: every n-th seed, and news of each to the parent. */
async function work(share: string): Promise<void> {
  const [k = 0, n = 1] = share.split("/").map(Number);
  const first = wholeNumber(values.first, "--first");
  const last = first + wholeNumber(values.seeds, "--seeds");
  for (let seed = first + k; seed < last; seed += n) {
    for (const mode of modes(values.mode)) {
      const result = await simulate(seed, mode);
      const { sometimes, requests, events } = result;
      const failure = result.violation === undefined ? undefined : failureReport(result);
      process.send!({ mode, failure, sometimes: [...sometimes], requests, events } satisfies RunNews);
    }
  }
  process.disconnect();
}

async function runCampaign(): Promise<void> {
  const jobs = wholeNumber(values.jobs, "--jobs");
  const startedAt = performance.now();
  const sometimes = new Sometimes();
  const totals: Totals = { runs: 0, requests: 0, events: 0, seconds: 0, jobs, byMode: new Map() };
  const failures: string[] = [];
  const onNews = (news: RunNews): void => {
    totals.runs += 1;
    totals.requests += news.requests;
    totals.events += news.events;
    const ofMode = totals.byMode.get(news.mode) ?? { runs: 0, failed: 0 };
    ofMode.runs += 1;
    if (news.failure !== undefined) {
      ofMode.failed += 1;
      failures.push(news.failure);
      if (failures.length <= MAX_SHOWN) console.log(`${news.failure}\n`);
    }
    totals.byMode.set(news.mode, ofMode);
    sometimes.add(news.sometimes);
    if (totals.runs % 1_000 === 0) console.error(`${totals.runs} days, ${failures.length} failed`);
  };
  await Promise.all(Array.from({ length: jobs }, (_, k) => startWorker(`${k}/${jobs}`, onNews)));
  totals.seconds = (performance.now() - startedAt) / 1_000;

  const missing = sometimes.missing();
  const report = campaignReport(totals, sometimes.counts);
  console.log(report);
  if (failures.length > MAX_SHOWN) console.log(`… and ${failures.length - MAX_SHOWN} more failures`);
  for (const what of missing) console.log(`never happened: ${what}`);
  const isGood = failures.length === 0 && missing.length === 0;
  if (!isGood) process.exitCode = 1;
  else if (!values["no-write"]) writeSection(report);
}

function startWorker(share: string, onNews: (news: RunNews) => void): Promise<void> {
  const worker = fork(import.meta.filename, [...process.argv.slice(2), "--share", share]);
  worker.on("message", (news) => onNews(news as RunNews));
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
  });
}

/** Between the marks of the page. */
function writeSection(report: string): void {
  let page: string;
  try {
    page = readFileSync(DOCS, "utf8");
  } catch {
    console.log(`${path.relative(process.cwd(), DOCS)} is not there: the figures are not kept`);
    return;
  }
  if (!SECTION.test(page)) console.log(`${DOCS} has no <!-- sim --> … <!-- /sim -->: the figures are not kept`);
  else writeFileSync(DOCS, page.replace(SECTION, `$1\n${report}\n$2`));
}

function modes(text: string): readonly Mode[] {
  if (text === "both") return ["safety", "liveness"];
  if (text === "safety" || text === "liveness") return [text];
  return fail(`--mode must be safety, liveness or both, got ${text}`);
}

function wholeNumber(text: string, name: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : fail(`${name} must be a whole number, got ${text}`);
}

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}
