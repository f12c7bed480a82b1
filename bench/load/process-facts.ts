// What the system says of another process. CPU is read from /proc, so only Linux tells it: elsewhere it is undefined.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Of /proc/…/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU of a process of ours, by what its threads are for. */
export interface ThreadCpu {
  main: number;
  /** The thread that writes to the database. */
  store: number;
  /** V8's helpers: garbage collection and compiling. */
  v8: number;
  other: number;
}

export function threadCpuOf(pid: number): ThreadCpu | undefined {
  const found: ThreadCpu = { main: 0, store: 0, v8: 0, other: 0 };
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const { name, seconds } = statOf(`/proc/${pid}/task/${task}/stat`);
      if (task === String(pid)) found.main += seconds;
      else if (name === "store") found.store += seconds;
      else if (name === "V8Worker") found.v8 += seconds;
      else found.other += seconds;
    }
  } catch {
    return undefined;
  }
  return found;
}

/** µs of CPU for each of `count`, between two looks. */
export function microsEach(
  before: ThreadCpu | undefined,
  after: ThreadCpu | undefined,
  count: number,
): ThreadCpu | undefined {
  if (before === undefined || after === undefined) return undefined;
  const each = (part: keyof ThreadCpu): number => Math.round(((after[part] - before[part]) / count) * 1e7) / 10;
  return { main: each("main"), store: each("store"), v8: each("v8"), other: each("other") };
}

export function cpuSecondsOf(pid: number): number | undefined {
  try {
    return statOf(`/proc/${pid}/stat`).seconds;
  } catch {
    return undefined;
  }
}

function statOf(file: string): { name: string; seconds: number } {
  const [, name = "", rest = ""] = /\((.*)\) (.*)/s.exec(readFileSync(file, "utf8")) ?? [];
  const fields = rest.split(" ");
  return { name, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
}

/** Resident memory now, MiB. */
export function residentMb(pid: number): number {
  const kib = ofStatus(pid, "VmRSS") ?? Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)]).toString());
  return kib / 1_024;
}

/** Resident memory at its highest, MiB; where the system does not keep it, what it is now. */
export function peakResidentMb(pid: number): number {
  const kib = ofStatus(pid, "VmHWM");
  return kib === undefined ? residentMb(pid) : kib / 1_024;
}

function ofStatus(pid: number, field: string): number | undefined {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}
