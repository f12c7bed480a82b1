import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { coreDumpFindings } from "../../commands/doctor-core-dumps.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { plainEnv, SOURCE_PROGRAM } from "../support/source-program.ts";

describe("hooks doctor", () => {
  it("finds that the secrets do not open with this master key, and nothing with the right one", async () => {
    const key = randomBytes(32).toString("hex");
    const hooks = await openTestHooks({ env: { HOOKS_MASTER_KEY: key } });
    await hooks.service.createSubscription({ url: "https://example.com/in", events: ["*"] });
    const doctor = (masterKey: string) =>
      runInProcess(["doctor"], { env: { HOOKS_HOME: hooks.folder, HOOKS_MASTER_KEY: masterKey } });

    expect((await doctor(key)).stdout).toMatch(/^secrets\tok\t1 can be opened$/m);
    const wrong = await doctor(randomBytes(32).toString("hex"));
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(/^store\tok\t.*\nsecrets\tfault\t.*another master key$/m);
  });

  const limits = (core: string) =>
    `Limit                     Soft Limit           Hard Limit           Units     \nMax stack size            8388608              unlimited            bytes     \nMax core file size        ${core.padEnd(21)}unlimited            bytes     \n`;

  it.each([
    ["unlimited", true],
    ["4096", true],
    ["0", false],
  ])("warns of core dumps where their limit is %s: %s", async (core, isWarned) => {
    const asked: string[] = [];
    const read = async (file: string) => {
      asked.push(file);
      return limits(core);
    };
    for (const pid of [undefined, 4242]) {
      const [finding, ...others] = await coreDumpFindings(pid, read);
      expect(others).toEqual([]);
      expect(finding).toMatchObject({ check: "core dumps", ok: true });
      expect(finding!.warning === true).toBe(isWarned);
      if (isWarned)
        expect(finding).toMatchObject({
          detail: expect.stringContaining(core),
          hint: expect.stringContaining("LimitCORE=0"),
        });
    }
    expect(asked).toEqual(["/proc/self/limits", "/proc/4242/limits"]);
  });

  it("says nothing of core dumps where the system does not tell", async () => {
    expect(await coreDumpFindings(1, async () => "nonsense")).toEqual([]);
    expect(await coreDumpFindings(1, () => Promise.reject(new Error("ENOENT")))).toEqual([]);
  });

  it.runIf(process.platform === "linux")("reads the limit of the machine it runs on", async () => {
    const hooks = await openTestHooks();
    const run = (limit: string) =>
      spawnSync("sh", ["-c", `ulimit -S -c ${limit} && exec "$0" "$@"`, process.execPath, SOURCE_PROGRAM, "doctor"], {
        env: plainEnv(hooks.folder),
        encoding: "utf8",
      });
    const off = run("0");
    expect(off.stdout).toMatch(/^core dumps\tok\toff$/m);
    const hard = spawnSync("sh", ["-c", "ulimit -H -c"], { encoding: "utf8" }).stdout.trim();
    if (hard === "0") return;
    const on = run(hard);
    expect(on.stdout).toMatch(/^core dumps\twarning\ta crash of what is started here/m);
    expect([on.status, off.status]).toEqual([0, 0]);
  });
});
