import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { openSqliteStore } from "../../../src/store/sqlite/open-sqlite-store.ts";
import { makeSchemaOne, SCHEMA_ONE } from "../../store/schema-one.ts";
import type { Outcome, RunOptions, Scenario } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { integrityOf, readStoredContent, storePathIn } from "../stored-content.ts";
import { killAt, watch } from "../strace.ts";

const PROGRAM = path.join(import.meta.dirname, "../open-store.ts");
/** Everything that changes a file, or says that a change is to last. */
const CALLS = "pwrite64,fsync,fdatasync,ftruncate,unlink";
const FILES = ["", "-wal", "-journal", "-hwm"];
/** `long`: each call once. */
const SCALES = { short: 3, long: Number.POSITIVE_INFINITY };

export const KILLED_MIGRATIONS: Scenario = {
  id: "R15",
  title: "kill -9 at each write and sync of a migration",
  needs: ["strace"],
  run: killedMigrations,
};

/** From nothing, and from the store of the first version with a delivery in every state. */
async function killedMigrations({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const random = new Seeded(seed);
  const violations: string[] = [];
  let kills = 0;
  let tries = 0;
  for (const from of ["nothing", "schema 1"]) {
    const original = path.join(folder, from);
    mkdirSync(original, { recursive: true });
    if (from === "schema 1") makeSchemaOne(storePathIn(original));
    const calls = await countCalls(path.join(folder, `${from}, undisturbed`), original);
    const all = Array.from({ length: calls }, (_, n) => n + 1);
    for (const n of random.some(all, SCALES[scale])) {
      tries += 1;
      const copy = path.join(folder, `${from}, call ${n}`);
      cpSync(original, copy, { recursive: true });
      const output = path.join(copy, "trace");
      const signal = await openTraced(copy, killAt(CALLS, n, filesIn(copy), output));
      // Which thread closes last, and copies the log, is up to the machine: there may be fewer calls than were counted.
      if (signal === "SIGKILL") kills += 1;
      const faults = await faultsAfter(copy, from === "schema 1");
      violations.push(...faults.map((fault) => `${from}, call ${n}: ${fault}`));
      rmSync(copy, { recursive: true });
    }
  }
  if (kills < tries / 2) violations.push(`only ${kills} of ${tries} were killed`);
  return {
    figures: [
      { name: "kills inside a migration", value: String(kills) },
      { name: "completed by the next start, nothing lost", value: String(kills - violations.length) },
    ],
    violations,
    seen: new Set(),
  };
}

/** What is wrong after the next start. */
async function faultsAfter(folder: string, hasContent: boolean): Promise<string[]> {
  const storePath = storePathIn(folder);
  try {
    await (await openSqliteStore({ path: storePath, mode: "thread" })).close();
  } catch (error) {
    return [`the next start failed: ${error instanceof Error ? error.message : String(error)}`];
  }
  const faults: string[] = [];
  const integrity = integrityOf(storePath);
  if (integrity !== "ok") faults.push(`the database is damaged: ${integrity}`);
  const { deliveries } = await readStoredContent(storePath);
  const found = deliveries.map(({ eventId, state }) => `${eventId} ${state}`).toSorted();
  const wanted = hasContent ? SCHEMA_ONE.events.map((id, n) => `${id} ${SCHEMA_ONE.states[n]}`).toSorted() : [];
  if (found.join() !== wanted.join()) faults.push(`it holds ${found.join()}, not ${wanted.join()}`);
  return faults;
}

/** By the thread that makes the most of them: strace counts for each thread. */
async function countCalls(copy: string, original: string): Promise<number> {
  cpSync(original, copy, { recursive: true });
  const output = path.join(copy, "trace");
  await openTraced(copy, watch(CALLS, filesIn(copy), output));
  const counts = new Map<string, number>();
  for (const [, thread = ""] of readFileSync(output, "utf8").matchAll(/^(\d+) +\w+\(.*\) += /gm)) {
    counts.set(thread, (counts.get(thread) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

/** Answers the signal that ended it. */
async function openTraced(folder: string, strace: readonly string[]): Promise<NodeJS.Signals | null> {
  const child = spawn("strace", [...strace, process.execPath, PROGRAM, storePathIn(folder)], { stdio: "ignore" });
  const [, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return signal;
}

function filesIn(folder: string): string[] {
  return FILES.map((suffix) => storePathIn(folder) + suffix);
}
