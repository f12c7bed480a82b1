import { spawnSync } from "node:child_process";

/** A process and what it started, and they, as far as the system still knows it: their numbers, parents first. */
export function processTree(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const children = new Map<number, number[]>();
  // Without such a program (a container with little in it) the one process is all that is known.
  for (const [, child, parent] of (stdout ?? "").matchAll(/^ *(\d+) +(\d+)$/gm)) {
    children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(child)]);
  }
  const tree = [pid];
  for (let at = 0; at < tree.length; at++) tree.push(...(children.get(tree[at]!) ?? []));
  return tree;
}
