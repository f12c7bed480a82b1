import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  acquireDaemonLock,
  daemonFilePath,
  daemonLockPath,
  isDaemonLocked,
  readDaemonFile,
  removeDaemonFile,
  writeDaemonFile,
} from "../../src/store/sqlite/daemon-lock.ts";
import { startCrashWriter } from "./crash-writer.ts";
import { tempFolder } from "./temp-folder.ts";

describe("the lock of a store", () => {
  it("is held by one, and free again when it is released", () => {
    const path = join(tempFolder(), "hooks.db");
    expect(isDaemonLocked(path)).toBe(false);
    const lock = acquireDaemonLock(path);
    expect(lock).toBeDefined();
    expect(isDaemonLocked(path)).toBe(true);
    expect(acquireDaemonLock(path)).toBeUndefined();
    expect(acquireDaemonLock(join(dirname(path), "other.db"))).toBeDefined();
    expect(statSync(daemonLockPath(path))).toMatchObject({ size: 0, mode: 0o100600 });
    lock!.release();
    expect(isDaemonLocked(path)).toBe(false);
    expect(acquireDaemonLock(path)).toBeDefined();
  });

  it("is refused to others while a process lives, and free at once when it is killed", async () => {
    const path = join(tempFolder(), "hooks.db");
    const child = startCrashWriter(path);
    onTestFinished(() => void child.process.kill("SIGKILL"));
    await child.acknowledged(1);
    expect(acquireDaemonLock(path)).toBeUndefined();
    expect(isDaemonLocked(path)).toBe(true);
    const ended = once(child.process, "exit");
    child.process.kill("SIGKILL");
    await ended;
    expect(isDaemonLocked(path)).toBe(false);
    const lock = acquireDaemonLock(path);
    expect(lock).toBeDefined();
    lock!.release();
    expect(readdirSync(dirname(path)).filter((name) => name.includes("lock"))).toEqual(["hooks.lock"]);
  });

  it("is not taken on a file that is no lock, which is left as it is", () => {
    const path = join(tempFolder(), "hooks.db");
    writeFileSync(daemonLockPath(path), "my notes");
    const refusal = {
      code: "store_unusable",
      message: expect.stringMatching(/hooks\.lock, which locks the store, is not empty/),
    };
    expect(() => acquireDaemonLock(path)).toThrow(expect.objectContaining(refusal) as Error);
    expect(() => isDaemonLocked(path)).toThrow(expect.objectContaining(refusal) as Error);
    expect(readFileSync(daemonLockPath(path), "utf8")).toBe("my notes");
  });

  it("does not touch what is no store", () => {
    const path = join(tempFolder(), "hooks.db");
    writeFileSync(path, "my notes");
    expect(() => acquireDaemonLock(path)).toThrow(expect.objectContaining({ code: "store_unusable" }) as Error);
    expect(readdirSync(dirname(path))).toEqual(["hooks.db"]);
  });
});

describe("daemon.json", () => {
  const info = { pid: 42, url: "http://127.0.0.1:4680", bootId: "boot", startedAt: 1 };

  it("is written for its owner only, read back and removed", () => {
    const path = join(tempFolder(), "hooks.db");
    expect(readDaemonFile(path)).toBeUndefined();
    const before = process.umask(0);
    writeDaemonFile(path, { ...info, pid: 1 });
    writeDaemonFile(path, info);
    process.umask(before);
    expect(basename(daemonFilePath(path))).toBe("daemon.json");
    expect(statSync(daemonFilePath(path)).mode & 0o777).toBe(0o600);
    expect(readDaemonFile(path)).toEqual(info);
    expect(readdirSync(dirname(path))).toEqual(["daemon.json"]);
    removeDaemonFile(path);
    removeDaemonFile(path);
    expect(readDaemonFile(path)).toBeUndefined();
  });

  it("is one for each store of a folder", () => {
    const path = join(tempFolder(), "hooks.db");
    writeDaemonFile(path, info);
    expect(readDaemonFile(join(dirname(path), "other.db"))).toBeUndefined();
  });

  it("is as good as none when it is not what was written", () => {
    const path = join(tempFolder(), "hooks.db");
    for (const text of ["", "{", "null", '{"pid":"1"}', "[]"]) {
      writeFileSync(daemonFilePath(path), text);
      expect(readDaemonFile(path)).toBeUndefined();
    }
  });
});
