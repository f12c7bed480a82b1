import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openTestHooks } from "../support/local-hooks.ts";
import { runInProcess } from "../support/run-in-process.ts";

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
});
