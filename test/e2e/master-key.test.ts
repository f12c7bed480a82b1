import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

const CRASH = pathToFileURL(path.join(import.meta.dirname, "../support/crash-at-write.ts")).href;
const LONG = 300_000;

interface Receipt {
  fingerprint: string;
  previous: string | null;
  moved: number;
  ended: boolean;
}

async function rotate(home: HooksHome, args: string[] = [], env: Record<string, string> = {}): Promise<Receipt> {
  const ran = await home.run(["key", "rotate-master", "--json", ...args], { env });
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  return JSON.parse(ran.stdout) as Receipt;
}

async function subscribe(home: HooksHome, url: string, env: Record<string, string> = {}): Promise<string> {
  const args = ["sub", "create", "--url", url, "-e", "*", "--name", "shop", "--header", "x-key: canary", "--json"];
  const created = await home.run(args, { env });
  expect(created, created.stderr).toMatchObject({ code: 0 });
  return (JSON.parse(created.stdout) as { secret: string }).secret;
}

describe("hooks key rotate-master", () => {
  it("killed at any of its writes leaves everything open, and goes on when it is called again", {
    timeout: LONG,
  }, async () => {
    const home = new HooksHome();
    const secret = await subscribe(home, "http://127.0.0.1:1/in?token=canary");
    let kills = 0;
    for (let write = 1; ; write++) {
      const env = { NODE_OPTIONS: `--import=${CRASH}`, HOOKS_TEST_CRASH_AT_WRITE: String(write) };
      const ran = await home.run(["key", "rotate-master", "--json"], { env });
      if (ran.code === 0) break;
      expect([write, ran]).toMatchObject([write, { code: null }]);
      kills += 1;
      expect([write, await home.ok("sub", "secret", "shop")]).toEqual([write, secret]);
      // What is sealed meanwhile opens afterwards.
      await home.ok("sub", "update", "shop", "--header", `x-key: ${write}`);
      // The call after the last kill may find that nothing was left to be done.
      const { ended } = await rotate(home);
      expect([write, ended]).toEqual([write, true]);
      expect([write, await home.ok("sub", "secret", "shop")]).toEqual([write, secret]);
    }
    // Two files get their names, the change begins, something moves, the key is set, the change ends: each twice.
    expect(kills).toBeGreaterThanOrEqual(10);
    const doctor = await home.run(["doctor", "--json"]);
    expect(doctor.code, doctor.stdout).toBe(0);
    expect(doctor.stdout).not.toContain("is not ended");
    for (const name of readdirSync(home.folder).filter((file) => file.startsWith("master.key"))) {
      expect(statSync(path.join(home.folder, name)).mode & 0o777, name).toBe(0o600);
    }
  });

  it("lets a daemon go on that was started with the old key, and several do it at once", {
    timeout: LONG,
  }, async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const secret = await subscribe(home, `${receiver.url}/in?token=canary`);
    const daemon = await home.serve();
    const before = readFileSync(path.join(home.folder, "master.key"), "utf8");
    const receipts = await Promise.all([rotate(home), rotate(home), rotate(home)]);
    expect(readFileSync(path.join(home.folder, "master.key"), "utf8")).not.toBe(before);
    expect(receipts.every(({ ended }) => ended)).toBe(true);
    // The daemon seals with the new key, and opens what it sealed before and since.
    const token = await home.token();
    const answer = await fetch(`${daemon.url}/v1/subscriptions`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ url: `${receiver.url}/other?token=x`, events: ["*"], name: "other" }),
    });
    expect(answer.status).toBe(201);
    await home.ok("trigger", "a.b", "--data", "{}");
    const paths = [await receiver.request(1), await receiver.request(2)].map((request) => request.path);
    expect(paths.toSorted()).toEqual(["/in?token=canary", "/other?token=x"]);
    await daemon.program.kill("SIGKILL");
    expect(await home.ok("sub", "secret", "shop")).toBe(secret);
    await home.serve();
    await home.ok("trigger", "a.b", "--data", "{}");
    await receiver.request(4);
    expect((await home.run(["audit", "--json"])).stdout).toContain("master_key.change");
  });

  it("with the key in the environment says what is to be done, and both keys open until it is", {
    timeout: LONG,
  }, async () => {
    const home = new HooksHome();
    const [old, next] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
    const [withOld, withNext] = [{ HOOKS_MASTER_KEY: old }, { HOOKS_MASTER_KEY: next }];
    const secret = await subscribe(home, "http://127.0.0.1:1/in?token=canary", withOld);
    const without = await home.run(["key", "rotate-master"], { env: withOld });
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining("--new-key") });
    const ran = await home.run(["key", "rotate-master", "--new-key", "env:NEXT"], { env: { ...withOld, NEXT: next } });
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/set HOOKS_MASTER_KEY to the new key/);
    expect(ran.stdout + ran.stderr).not.toContain(next);
    const show = async (env: Record<string, string>) => (await home.run(["sub", "secret", "shop"], { env })).stdout;
    expect(await show(withOld)).toBe(`${secret}\n`);
    expect(await show(withNext)).toBe(`${secret}\n`);
    const other = { env: { ...withOld, NEXT: randomBytes(32).toString("hex") } };
    expect(await home.run(["key", "rotate-master", "--new-key", "env:NEXT"], other)).toMatchObject({ code: 6 });
    expect((await home.run(["doctor"], { env: withOld })).stdout).toMatch(/^master key\twarning\ta change to the key/m);
    // A start with the old one works, and says so; one with the new one ends it.
    const daemon = home.start(["serve", "--port", "0", "--log-format", "json"], { env: withOld });
    await daemon.sees(/still holds the old one/);
    await daemon.sees(/http:\/\/127/);
    await daemon.kill("SIGKILL");
    const again = home.start(["serve", "--port", "0", "--log-format", "json"], { env: withNext });
    await again.sees(/http:\/\/127/);
    await again.kill("SIGKILL");
    expect(again.output.stderr + again.output.stdout).not.toContain("still holds the old one");
    expect(await show(withNext)).toBe(`${secret}\n`);
    const refused = await home.run(["sub", "secret", "shop"], { env: withOld });
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining("another master key") });
  });

  it("keeps older backups of use: their key stays, and restore finds it", { timeout: LONG }, async () => {
    const home = new HooksHome();
    const secret = await subscribe(home, "http://127.0.0.1:1/in?token=canary");
    await home.ok("backup", "old.db");
    await rotate(home);
    await home.ok("restore", "old.db", "--yes");
    expect(await home.ok("sub", "secret", "shop")).toBe(secret);
    expect((await home.run(["doctor"])).stdout).toMatch(/^master key\twarning\tthe store is sealed with the key/m);
    // Once more, and the store has the key again that is set.
    expect(await rotate(home)).toMatchObject({ ended: true });
    expect(await home.ok("sub", "secret", "shop")).toBe(secret);
    expect((await home.run(["doctor"])).stdout).not.toMatch(/the store is sealed with the key/);
  });
});
