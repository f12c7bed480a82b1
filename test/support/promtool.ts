import { spawnSync } from "node:child_process";
import type { TestContext } from "vitest";

/** What Prometheus' own checker says; skips the test without it, which fails where .ci/run has installed it. */
export function promtool(
  context: TestContext,
  args: readonly string[],
  input = "",
): { status: number | null; text: string } {
  const { status, stdout, stderr, error } = spawnSync("promtool", args, { input, encoding: "utf8" });
  if (error !== undefined) {
    if (process.env["CI"] !== undefined) throw error;
    context.skip("promtool is not installed (Debian: apt-get install prometheus)");
  }
  return { status, text: stdout + stderr };
}
