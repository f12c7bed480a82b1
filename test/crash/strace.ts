import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Whether strace is installed and may trace here. */
export function canTrace(): boolean {
  return spawnSync("strace", ["-f", "-e", "trace=none", "-o", "/dev/null", "true"]).status === 0;
}

/**
 * Options of strace that kill the program at its n-th call of one of these on one of these files, before the call is
 * done. With --seccomp-bpf it would be quicker, and injects nothing (strace 6.1).
 */
export function killAt(calls: string, n: number, paths: readonly string[], output: string): string[] {
  const files = paths.flatMap((path) => ["-P", path]);
  const inject = ["-e", `trace=${calls}`, "-e", `inject=${calls}:signal=KILL:when=${n}`];
  return ["-f", "-qq", ...files, ...inject, "-o", output];
}

/** Options that only count them. */
export function watch(calls: string, paths: readonly string[], output: string): string[] {
  return ["-f", "-qq", ...paths.flatMap((path) => ["-P", path]), "-e", `trace=${calls}`, "-o", output];
}

/** Options with which the n-th call of each thread fails on one of these files, or every `step`-th from the n-th on. */
export function failAt(
  { calls, n, error, step }: { calls: string; n: number; error: string; step?: number | undefined },
  paths: readonly string[],
  output: string,
): string[] {
  const when = step === undefined ? String(n) : `${n}+${step}`;
  const files = paths.flatMap((path) => ["-P", path]);
  const inject = ["-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}:when=${when}`];
  return ["-f", "-qq", "-ttt", ...files, ...inject, "-o", output];
}

/** When the first call failed that was made to, unix ms; undefined: none yet. */
export function injectedAt(output: string): number | undefined {
  if (!existsSync(output)) return undefined;
  const seconds = /^\d+ +(\d+\.\d+) .*\(INJECTED\)$/m.exec(readFileSync(output, "utf8"))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
