// `npm run bench` runs every benchmark (`node bench/run.ts drain …` only those named), prints a table, and keeps the
// figures: bench/results/<date>.json in full, bench/results/latest.md for people and, of a whole run, in the README.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import path from "node:path";
import { run as drain } from "./drain.ts";
import { run as ingest } from "./ingest.ts";
import { writeReadmeSection } from "./readme-section.ts";
import { run as startUp } from "./start-up.ts";
import { run as store } from "./store.ts";

/** One line of the table. `target`: what it should reach, in words; undefined: only for comparison. */
interface Row {
  measure: string;
  value: string;
  target?: string;
  met?: boolean;
}

interface Bench {
  name: string;
  /** `details` goes into the JSON as it is. */
  run(): Promise<{ rows: Row[]; details: object }>;
}

/** To add a benchmark, add an entry. */
const BENCHES: readonly Bench[] = [
  {
    name: "drain",
    run: async () => {
      const ordinary = await drain();
      const prepared = await drain({ signing: "ours" });
      const rows = [
        { measure: "deliveries a second from a full queue", value: number(ordinary.hooksPerSecond) },
        { measure: "the same requests by undici alone, nothing stored", value: number(ordinary.barePerSecond) },
        {
          measure: "hooks ÷ undici alone",
          value: `${ordinary.ratio}`,
          target: "at least 0.65",
          met: 0.65 <= ordinary.ratio,
        },
        { measure: "hooks ÷ undici alone with hooks' own signing", value: `${prepared.ratio}` },
      ];
      return { rows, details: { ordinary, prepared } };
    },
  },
  {
    name: "ingest",
    run: async () => {
      const single = await ingest();
      const batched = await ingest({ batch: 100, events: 100_000 });
      const rows = [
        { measure: "events a second accepted over HTTP, one a request", value: number(single.hooksPerSecond) },
        { measure: "÷ an HTTP server that parses them and stores nothing", value: `${single.ratio}` },
        { measure: "events a second accepted over HTTP, 100 a request", value: number(batched.hooksPerSecond) },
      ];
      return { rows, details: { single, batched } };
    },
  },
  {
    name: "drain-memory",
    run: async () => {
      const result = await drain({ rounds: 1, deliveries: 100_000 });
      const row = { measure: "resident memory draining 100,000", value: `${result.maxRssMb} MB` };
      return { rows: [{ ...row, target: "under 250 MB", met: result.maxRssMb < 250 }], details: result };
    },
  },
  {
    name: "store",
    run: async () => {
      const result = await store();
      const rows = [
        { measure: "events a second into the store", value: number(result.appendsPerSecond) },
        { measure: "claimed and recorded a second by the store", value: number(result.claimedAndRecordedPerSecond) },
        { measure: "bytes on disk of a delivered event", value: number(result.bytesPerDeliveredEvent) },
      ];
      return { rows, details: result };
    },
  },
  {
    name: "start-up",
    run: async () => {
      const result = startUp();
      const rows = result.commands.map(({ command, medianMs, times, target, met }) => ({
        measure: command,
        value: `${medianMs} ms, ${times} × an empty program`,
        target: `at most ${target} ×`,
        met,
      }));
      return { rows, details: result };
    },
  },
];

const RESULTS = path.join(import.meta.dirname, "results");

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown !== undefined)
    throw new Error(`no benchmark ${unknown}: there are ${BENCHES.map(({ name }) => name).join(", ")}`);
  const results: { name: string; rows: Row[]; details: object }[] = [];
  for (const bench of BENCHES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    process.stderr.write(`${bench.name} …\n`);
    const result = await bench.run();
    results.push({ name: bench.name, ...result });
    for (const row of result.rows) console.log([`  ${row.measure}: ${row.value}`, verdictOf(row)].join(""));
  }
  const machine = machineNow();
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(path.join(RESULTS, `${machine.date}.json`), `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
  const latest = toMarkdown(
    machine,
    results.flatMap(({ rows }) => rows),
  );
  writeFileSync(path.join(RESULTS, "latest.md"), latest);
  if (names.length === 0) writeReadmeSection(latest);
}

type Machine = ReturnType<typeof machineNow>;

function machineNow() {
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: `${cpus().length} × ${first?.model.trim() ?? "unknown"}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: process.platform,
    node: process.version,
    undici: versionOf("undici"),
    "better-sqlite3": versionOf("better-sqlite3"),
  };
}

function versionOf(name: string): string {
  const file = path.join(import.meta.dirname, "../node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function toMarkdown(machine: Machine, rows: readonly Row[]): string {
  const facts = `${machine.date} · ${machine.cpu} · ${machine.memoryGb} GB · ${machine.system} · Node ${machine.node} · undici ${machine.undici} · better-sqlite3 ${machine["better-sqlite3"]}`;
  const lines = rows.map(
    ({ measure, value, target, met }) =>
      `| ${measure} | ${value} | ${target ?? ""} | ${met === undefined ? "" : met ? "yes" : "no"} |`,
  );
  return [
    "# Last benchmark",
    "",
    facts,
    "",
    "| measure | value | target | met |",
    "|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

function verdictOf({ target, met }: Row): string {
  return target === undefined ? "" : ` (${target}: ${met ? "met" : "NOT met"})`;
}

function number(value: number): string {
  return value.toLocaleString("en");
}

await main(process.argv.slice(2));
