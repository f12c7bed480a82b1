import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import path from "node:path";

/** What a figure means nothing without. */
export interface Machine {
  date: string;
  cpu: string;
  memoryGb: number;
  system: string;
  node: string;
  undici: string;
  "better-sqlite3": string;
}

export function machineNow(): Machine {
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

/** Everything but the date: figures of two machines never stand in one table. */
export function isSameMachine(one: Machine, other: Machine): boolean {
  const { date: _, ...first } = one;
  const { date: __, ...second } = other;
  return JSON.stringify(first) === JSON.stringify(second);
}

export function machineInWords(machine: Machine): string {
  const { date, cpu, memoryGb, system, node, undici } = machine;
  return `${date} · ${cpu} · ${memoryGb} GB · ${system} · Node ${node} · undici ${undici} · better-sqlite3 ${machine["better-sqlite3"]}`;
}

function versionOf(name: string): string {
  const file = path.join(import.meta.dirname, "../../node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
