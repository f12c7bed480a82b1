import { readFile } from "node:fs/promises";
import type { Finding } from "./doctor.ts";

/**
 * Whether a crash may write the memory of a process, decrypted secrets in it, to a disk. Nothing is said where the system
 * does not tell (only Linux does). A daemon decides by its own limit, which is that of whoever started it; without one
 * it is what a `hooks serve` from here would have.
 *
 * @param pid of the daemon; undefined: none runs
 */
export async function coreDumpFindings(
  pid: number | undefined,
  read = (file: string): Promise<string> => readFile(file, "utf8"),
): Promise<Finding[]> {
  const limits = await read(`/proc/${pid ?? "self"}/limits`).catch(() => "");
  const limit = coreLimit(limits);
  if (limit === undefined) return [];
  const check = "core dumps";
  const whose = pid === undefined ? "of what is started here" : `of the daemon, process ${pid},`;
  if (limit === "0") return [{ check, ok: true, detail: `off` }];
  return [
    {
      check,
      ok: true,
      warning: true,
      detail: `a crash ${whose} may write its memory to a disk, with the secrets in it (limit ${limit})`,
      hint: "systemd: LimitCORE=0; a container: --ulimit core=0; a shell: ulimit -c 0 before hooks serve",
    },
  ];
}

/** The soft limit, in bytes or "unlimited", as proc_pid_limits(5) has it; undefined: it is not there. */
export function coreLimit(limits: string): string | undefined {
  return /^Max core file size +(\d+|unlimited) /m.exec(limits)?.[1];
}
