import { once } from "node:events";
import { copyFileSync, renameSync, rmSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { newEvent, SCOPE } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

/** What takes the database away from under an open store. */
const CHANGES: Record<string, { change: (path: string) => void; says: RegExp }> = {
  "database removed": { change: (path) => rmSync(path), says: /was removed while it was in use/ },
  "database moved": { change: (path) => renameSync(path, `${path}.old`), says: /was removed/ },
  "database replaced": {
    change: (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
    says: /was replaced/,
  },
};

for (const mode of ["thread", "inline"] as const) {
  describe(`a file of the store taken away while it is open (${mode})`, () => {
    for (const [name, { change, says }] of Object.entries(CHANGES)) {
      it(`acknowledges nothing more: ${name}`, async () => {
        const { path, store, failures } = await openStore(mode);
        const first = newEvent();
        await store.appendEvents([first]);
        change(path);
        await expect(store.appendEvents([newEvent()])).rejects.toMatchObject({
          code: "store_unusable",
          message: expect.stringMatching(says),
        });
        await expect(store.appendEvents([newEvent()])).rejects.toMatchObject({ code: "store_unusable" });
        expect(failures).toMatchObject([{ message: expect.stringContaining(`${path} `) }]);
        await store.close();
      });
    }

    it("notices it while nothing is written", async () => {
      for (const suffix of ["", "-wal", "-shm"]) {
        const { path, store, failures, failed } = await openStore(mode);
        await store.appendEvents([newEvent()]);
        onTestFinished(store.watch(() => {}));
        rmSync(path + suffix);
        await failed;
        expect(failures).toMatchObject([{ message: expect.stringContaining(`${path}${suffix} was removed`) }]);
        if (suffix === "-wal") expect(failures).toMatchObject([{ hint: /everything in it was saved/ }]);
        await store.close();
      }
    });

    it("loses nothing when it was the log: that is saved to the database", async () => {
      const { path, store } = await openStore(mode);
      onTestFinished(store.watch(() => {}));
      const acknowledged: string[] = [];
      let refused: unknown;
      while (refused === undefined) {
        const event = newEvent();
        if (acknowledged.length === 20) rmSync(`${path}-wal`);
        await store.appendEvents([event]).then(
          () => acknowledged.push(event.id),
          (error: unknown) => {
            refused = error;
          },
        );
      }
      expect(refused).toMatchObject({ code: "store_unusable" });
      await store.close();
      const again = await openSqliteStore({ path, mode });
      for (const id of acknowledged) expect(await again.findEvent(SCOPE, id)).toBeDefined();
      await again.close();
    });

    it("is no cause for alarm when it is the mark: that is made anew", async () => {
      const { path, store, failures } = await openStore(mode);
      await store.appendEvents([newEvent()]);
      onTestFinished(store.watch(() => {}));
      rmSync(`${path}-hwm`);
      await appears(`${path}-hwm`);
      await store.appendEvents([newEvent()]);
      await store.close();
      expect(failures).toHaveLength(0);
      await (await openSqliteStore({ path, mode })).close();
    });
  });
}

interface Opened {
  path: string;
  store: SqliteStore;
  failures: Error[];
  /** Resolves with the first of them. */
  failed: Promise<void>;
}

async function openStore(mode: "thread" | "inline"): Promise<Opened> {
  const path = join(tempFolder(), "hooks.db");
  const { promise: failed, resolve } = Promise.withResolvers<void>();
  const failures: Error[] = [];
  const onFatal = (error: Error): void => {
    failures.push(error);
    resolve();
  };
  return { path, store: await openSqliteStore({ path, mode, onFatal }), failures, failed };
}

/** Resolves when the file is there with something in it. */
async function appears(file: string): Promise<void> {
  const changes = watch(dirname(file));
  while ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) await once(changes, "change");
  changes.close();
}
