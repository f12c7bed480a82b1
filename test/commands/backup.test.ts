import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { newEvent } from "../store/fixtures.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { LiveTerminal } from "../support/live-terminal.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";
import { PROGRAM, plainEnv, testHome } from "../support/source-program.ts";

function folderOfItsOwn(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-backup-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function hooks(home: string, ...args: string[]): Promise<Run> {
  return runInProcess(args, { env: { HOOKS_HOME: home, NO_COLOR: "1" }, cwd: home });
}

const hasScript = spawnSync("script", ["--version"]).status === 0;

/** A home with a subscription, an event and its delivery, which waits. */
async function homeWithEvent(): Promise<string> {
  const home = testHome();
  await hooks(home, "sub", "create", "--url", "http://localhost:9/", "--event", "order.*", "--name", "shop");
  expect(await hooks(home, "trigger", "order.paid", "--data", "{}")).toMatchObject({ code: 0 });
  return home;
}

/** What follows the path that a line begins with. */
const RECEIPT = /^\S+\t\d{5,}\t1\t1\t([0-9a-f]{16})\n$/;

describe("hooks backup", () => {
  it("says in a pipe where it is, how large, what is in it, and which master key is not", async () => {
    const home = await homeWithEvent();
    const file = path.join(home, "b.db");
    const plain = await hooks(home, "backup", "b.db");
    expect(plain).toMatchObject({ code: 0, stdout: expect.stringMatching(RECEIPT) });
    expect(plain.stdout.startsWith(`${file}\t${statSync(file).size}\t`)).toBe(true);
    expect(plain.stderr).toBe(
      `note: keep the master key as well, and apart from the backup, whose secrets open with nothing else: ${home}/master.key\n`,
    );
    expect(await hooks(home, "backup", "c.db", "--quiet")).toEqual({ code: 0, stdout: `${home}/c.db\n`, stderr: "" });
    const fingerprint = RECEIPT.exec(plain.stdout)![1];
    expect(JSON.parse((await hooks(home, "backup", "d.db", "--json")).stdout)).toEqual({
      file: path.join(home, "d.db"),
      bytes: expect.any(Number),
      kept_in: [],
      events: 1,
      waiting: 1,
      master_key: { fingerprint, place: path.join(home, "master.key"), present: true },
    });
  });

  it("says when the key that is there is not the one of its secrets; needs none without secrets", async () => {
    const home = await homeWithEvent();
    rmSync(path.join(home, "master.key"));
    const without = await hooks(home, "backup", "b.db");
    expect(without).toMatchObject({ code: 0, stdout: expect.stringMatching(RECEIPT) });
    expect(without.stderr).toMatch(/^warning: the master key of the secrets in it \(fingerprint [0-9a-f]{16}\) is not/);

    const bare = testHome();
    await hooks(bare, "trigger", "order.paid", "--data", "{}");
    const ran = await hooks(bare, "backup", "b.db", "--json");
    expect(JSON.parse(ran.stdout)).toMatchObject({ events: 1, waiting: 0, master_key: null });
    expect(ran.stderr).toBe("");
  });

  it("replaces a backup only when it is told to, and never anything else", async () => {
    const home = await homeWithEvent();
    await hooks(home, "backup", "b.db");
    const first = readFileSync(path.join(home, "b.db"));
    await hooks(home, "trigger", "order.paid", "--data", "{}");
    expect(await hooks(home, "backup", "b.db")).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: b.db exists: replacing it needs --yes where nobody can be asked\nhint: hooks backup b.db --yes\n",
    });
    expect(readFileSync(path.join(home, "b.db")).equals(first)).toBe(true);
    expect(await hooks(home, "backup", "b.db", "--yes", "--json")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"events":2'),
    });
    const key = readFileSync(path.join(home, "master.key"), "utf8");
    const store = readFileSync(path.join(home, "hooks.db"));
    for (const name of ["master.key", "hooks.db"]) {
      const ran = await hooks(home, "backup", name, "--yes");
      expect(ran, name).toMatchObject({ code: 2, stdout: "" });
      expect(ran.stderr).toContain(`error: ${home}/${name} exists and is no backup: it is not replaced`);
    }
    expect(readFileSync(path.join(home, "master.key"), "utf8")).toBe(key);
    expect(readFileSync(path.join(home, "hooks.db")).equals(store)).toBe(true);
  });

  it("works on a local store only, and one that is there", async () => {
    const home = testHome();
    const remote = await hooks(home, "backup", "b.db", "--server", "http://localhost:9", "--api-key", "hk_x");
    expect(remote).toMatchObject({ code: 2, stdout: "" });
    expect(remote.stderr).toContain("hooks backup works on a local store only, and a server is set");
    const none = await hooks(home, "backup", "b.db");
    expect(none).toMatchObject({ code: 5, stderr: expect.stringContaining(`${home}/hooks.db does not exist`) });
    expect(await hooks(home, "backup", "")).toMatchObject({ code: 2 });
    expect(await hooks(home, "backup")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("<file> is missing"),
    });
    expect(readdirSync(home)).toEqual([]);
  });

  it.skipIf(!hasScript)("asks on a terminal before it replaces", async () => {
    const home = await homeWithEvent();
    await hooks(home, "backup", "b.db");
    for (const [answer, code, says] of [
      ["n\r", 1, /not confirmed: nothing was written/],
      ["y\r", 0, /events +1/],
    ] as const) {
      const terminal = live(["backup", "b.db"], home);
      await terminal.sees(/Replace b\.db\?/);
      terminal.type(answer);
      await terminal.sees(says);
      expect(await terminal.code()).toBe(code);
    }
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "leaves nothing behind after %s",
    async (signal, code) => {
      const home = new HooksHome();
      const store = await openSqliteStore({ path: home.storePath });
      for (let n = 0; n < 100; n++) await store.appendEvents([newEvent([], { data: Buffer.alloc(1_000_000, "1") })]);
      await store.close();
      const folder = folderOfItsOwn();
      const file = path.join(folder, "b.db");
      const run = async (): Promise<number | null> => {
        rmSync(file, { force: true });
        const program = home.start(["backup", file, "--yes"]);
        // Twice: when the draft comes and, as an impatient person would, when it goes.
        const changes = watch(folder, (_, name) => {
          if (name?.includes(".draft-") === true) program.child.kill(signal);
        });
        const { code: ended } = await program.ended;
        changes.close();
        return ended;
      };
      let ended = await run();
      // On a busy machine the signal may come when the backup is there.
      for (let n = 0; n < 25 && existsSync(file); n++) ended = await run();
      expect(ended).toBe(code);
      expect(readdirSync(folder)).toEqual([]);
    },
    180_000,
  );
});

describe("hooks restore", () => {
  it("brings the store back where there is none, given its master key", async () => {
    const from = await homeWithEvent();
    await hooks(from, "backup", "b.db");
    const file = path.join(from, "b.db");
    const home = path.join(folderOfItsOwn(), "home");
    const without = await hooks(from, "restore", file, "--store", path.join(testHome(), "hooks.db"));
    expect(without).toMatchObject({ code: 0 }); // the key of the data directory it is
    const refused = await runInProcess(["restore", file], { env: { HOOKS_HOME: home }, cwd: from });
    expect(refused).toMatchObject({ code: 5, stdout: "" });
    expect(refused.stderr).toMatch(
      /were sealed with the master key whose fingerprint is [0-9a-f]{16}; there is none in .*\/home\/master\.key\nhint: /,
    );
    writeFileSync(path.join(home, "master.key"), `${Buffer.alloc(32, 7).toString("base64")}\n`, { mode: 0o600 });
    const other = await runInProcess(["restore", file], { env: { HOOKS_HOME: home }, cwd: from });
    expect(other).toMatchObject({ code: 5, stderr: expect.stringContaining("there is another one (fingerprint") });
    expect(readdirSync(home).toSorted()).toEqual(["hooks.lock", "master.key"]);

    copyFileSync(path.join(from, "master.key"), path.join(home, "master.key"));
    const ran = await runInProcess(["restore", file, "--json"], { env: { HOOKS_HOME: home }, cwd: from });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toEqual({
      store: path.join(home, "hooks.db"),
      file,
      bytes: expect.any(Number),
      events: 1,
      waiting: 1,
      kept: [],
      keys_back: null,
      secrets_back: null,
    });
    expect((await hooks(home, "status")).stdout).toMatch(/waiting deliveries +1 pending, 0 retrying/);
    expect((await hooks(home, "sub", "secret", "shop")).stdout).toBe(
      (await hooks(from, "sub", "secret", "shop")).stdout,
    );
  });

  it("takes the place of a store only when it is told to, and keeps it unless it is told not to", async () => {
    const home = await homeWithEvent();
    await hooks(home, "backup", "b.db");
    await hooks(home, "trigger", "order.paid", "--data", "{}");
    expect(await hooks(home, "restore", "b.db")).toEqual({
      code: 2,
      stdout: "",
      stderr: `error: replacing the store ${home}/hooks.db needs --yes where nobody can be asked\nhint: hooks restore b.db --yes\n`,
    });
    expect((await hooks(home, "event", "list", "--quiet")).stdout.split("\n")).toHaveLength(3);
    const ran = await hooks(home, "restore", "b.db", "--yes");
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const [store, , events, waiting, kept = ""] = ran.stdout.trimEnd().split("\t");
    expect([store, events, waiting]).toEqual([path.join(home, "hooks.db"), "1", "1"]);
    expect(path.basename(kept)).toMatch(/^hooks\.db\.before-restore-\d{8}T\d{6}\.\d{3}Z$/);
    expect((await hooks(home, "event", "list", "--quiet")).stdout.split("\n")).toHaveLength(2);
    expect((await hooks(home, "event", "list", "--quiet", "--store", kept)).stdout.split("\n")).toHaveLength(3);

    const names = readdirSync(home);
    expect(await hooks(home, "restore", "b.db", "--discard", "--yes", "--quiet")).toEqual({
      code: 0,
      stdout: `${home}/hooks.db\n`,
      stderr: "",
    });
    expect(readdirSync(home)).toEqual(names);
  });

  it("says which keys and secrets that were ended since are back, and nothing where none is", async () => {
    const home = await homeWithEvent();
    const key = async (name: string, ...more: string[]) => {
      const made = await hooks(home, "key", "create", name, "--role", "reader", ...more);
      return made.stdout.split("\t")[0]!;
    };
    await key("stays");
    const leaked = await key("leaked");
    const early = await key("early");
    await hooks(home, "key", "revoke", early, "--yes");
    await hooks(home, "sub", "create", "--url", "http://localhost:9/", "--event", "a", "--name", "other");
    await hooks(home, "sub", "rotate-secret", "other");
    await hooks(home, "backup", "b.db");
    expect(await hooks(home, "restore", "b.db", "--yes", "--discard")).toMatchObject({ code: 0, stderr: "" });

    await hooks(home, "key", "revoke", leaked, "--yes");
    await key("later");
    await hooks(home, "sub", "rotate-secret", "shop");
    await hooks(home, "sub", "create", "--url", "http://localhost:9/", "--event", "a", "--name", "later");
    const ended = readFileSync(path.join(home, "hooks.db"));
    const ran = await hooks(home, "restore", "b.db", "--yes", "--discard");
    expect(ran.stderr).toBe(
      "warning: ended since the backup, and back: 1 API key works again (hooks key list); 1 subscription signs with an older secret again\n",
    );
    expect((await hooks(home, "key", "get", leaked, "--json")).stdout).toContain('"status":"active"');
    expect((await hooks(home, "key", "get", early, "--json")).stdout).toContain('"status":"revoked"');

    writeFileSync(path.join(home, "hooks.db"), ended);
    const json = await hooks(home, "restore", "b.db", "--yes", "--discard", "--json");
    expect(json.stderr).toBe("");
    expect(JSON.parse(json.stdout)).toMatchObject({ keys_back: 1, secrets_back: 1 });
    const [entry, ...others] = (await hooks(home, "audit", "--action", "store.*", "--json")).stdout.trim().split("\n");
    expect(others).toEqual([]);
    expect(JSON.parse(entry!)).toMatchObject({
      action: "store.restore",
      actor: { key: null, name: "local" },
      from: "cli",
      resource: { kind: "store", id: null },
      after: { file: path.join(home, "b.db"), events: expect.any(Number), keys_back: 1, secrets_back: 1 },
    });
    // A store that cannot be read says nothing of what it had ended.
    writeFileSync(path.join(home, "hooks.db"), ended.fill(0, 100, 8_192));
    const damaged = await hooks(home, "restore", "b.db", "--yes", "--discard");
    expect(damaged).toMatchObject({ code: 0, stderr: expect.stringMatching(/^note: API keys that were revoked and/) });
  });

  it.skipIf(!hasScript)("asks on a terminal before it replaces, and says what comes next", async () => {
    const home = await homeWithEvent();
    await hooks(home, "backup", "b.db");
    for (const [answer, code, says] of [
      ["n\r", 1, /not confirmed: nothing was restored/],
      ["y\r", 0, /old store +\S+before-restore[\s\S]*hooks serve/],
    ] as const) {
      const terminal = live(["restore", "b.db"], home);
      await terminal.sees(/Put b\.db in the place/);
      terminal.type(answer);
      await terminal.sees(says);
      expect(await terminal.code()).toBe(code);
    }
  });

  it("refuses while a daemon runs, which goes on", async () => {
    const home = new HooksHome();
    const daemon = await home.serve();
    const file = path.join(home.folder, "b.db");
    await home.ok("backup", file);
    const ran = await home.run(["restore", file, "--yes"]);
    expect(ran).toMatchObject({ code: 6, stdout: "" });
    expect(ran.stderr).toMatch(
      /a daemon \(process \d+, http:\S+\) works on the store .*: nothing was restored\nhint: stop it first: kill/,
    );
    await home.ok("trigger", "order.paid", "--data", "{}");
    expect((await daemon.program.kill("SIGTERM")).code).toBe(0);
    await home.ok("restore", file, "--yes");
    expect(await home.ok("event", "list", "--quiet")).toBe("");
  });

  it("works on a local store only", async () => {
    const home = testHome();
    const remote = await hooks(home, "restore", "b.db", "--server", "http://localhost:9", "--api-key", "hk_x");
    expect(remote).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("hooks restore works on a local store only"),
    });
    expect(await hooks(home, "restore", "none.db")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`cannot read ${home}/none.db: there is no such file`),
    });
    expect(readdirSync(home)).toEqual([]);
  });
});

function live(args: readonly string[], home: string): LiveTerminal {
  return new LiveTerminal([process.execPath, PROGRAM, ...args], {
    cwd: home,
    env: plainEnv(home, { NO_COLOR: "1" }),
  });
}
