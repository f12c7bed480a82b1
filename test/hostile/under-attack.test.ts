import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type CorpusInput, requestBytes } from "../receive/support/corpus-request.ts";
import { OWN_BAD_INPUTS } from "../receive/support/own-bad-inputs.ts";
import { sendRaw } from "../receive/support/test-server.ts";
import { badInputsOf } from "../support/bad-inputs.ts";
import { HooksHome } from "../support/hooks-program.ts";

// reliability.md R56: while the corpus runs, the daemon answers others, and needs neither the processor nor memory for it.

const ROUNDS = 3;
/** Of processor, for one input: what a synchronous step may take at most, and more than any other program can add. */
const MOST_CPU_MS = 400;
const MOST_GROWTH_MIB = 128;
/** Time-outs, and faults that have to be set up. */
const SLOW = ["BP020", "BP101", "BP149", "BP150", "BP151", "BP152", "BP153"];
const TICK_MS = 10;

const isLinux = process.platform === "linux";
if (!isLinux && process.env["CI"] !== undefined) throw new Error("CI needs /proc for what a process takes");

describe.skipIf(!isLinux)("a daemon under attack (skipped: there is no /proc)", () => {
  it("stays well, quick and small", { timeout: 180_000 }, async () => {
    const home = new HooksHome();
    const daemon = await home.serve("--env", "production");
    const { pid } = daemon.program.child;
    const key = await home.token();
    const port = Number(new URL(daemon.url).port);
    const inputs = [
      ...badInputsOf<CorpusInput>("http", "create_subscription", "publish_event", "publish_batch", "list"),
      ...OWN_BAD_INPUTS,
    ].filter(({ id }) => !SLOW.includes(id));
    const slow: string[] = [];
    let before = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      for (const input of inputs) {
        const bytes = requestBytes(input, port, { VALIDKEY: key, READONLYKEY: "hk_none" });
        const cpu = cpuMs(pid!);
        const [, health] = await Promise.all([sendRaw(port, bytes, input.input.then), fetch(`${daemon.url}/healthz`)]);
        expect(health.status, input.id).toBe(200);
        await health.text();
        const taken = cpuMs(pid!) - cpu;
        if (MOST_CPU_MS < taken) slow.push(`${input.id} ${input.name}: ${taken} ms`);
      }
      if (round === 1) before = memoryMib(pid!);
    }
    expect(slow).toEqual([]);
    expect(memoryMib(pid!) - before).toBeLessThan(MOST_GROWTH_MIB);
    expect(daemon.program.output.stderr).not.toContain('"internal"');
    expect((await daemon.program.kill("SIGTERM")).code).toBe(0);
  });
});

/** Of all threads, since it began. proc(5): fields 14 and 15 of stat. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function memoryMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
}
