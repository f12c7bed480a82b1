import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { isHooksError } from "../../src/core/errors.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { LEASE, NOON, newEvent, newSubscription, SCOPE, success, WORKER } from "./fixtures.ts";
import { smallDisk } from "./small-disk.ts";

for (const mode of ["inline", "thread"] as const) {
  it(`says that the disk is full and goes on when there is space again (${mode})`, async (context) => {
    const folder = smallDisk(context);
    const filler = join(folder, "filler");
    writeFileSync(filler, Buffer.alloc(3 * 1024 * 1024));
    const path = join(folder, "hooks.db");
    const store = await openSqliteStore({ path, mode });
    onTestFinished(() => store.close());
    const lane = await store.insertSubscription(newSubscription());
    const stored: string[] = [];
    const data = Buffer.alloc(20_000, "1");
    let full: unknown;
    while (full === undefined) {
      const events = Array.from({ length: 5 }, () => newEvent([lane], { data }));
      const answers = await Promise.allSettled(events.map((event) => store.appendEvents([event])));
      for (const [index, answer] of answers.entries()) {
        if (answer.status === "fulfilled") stored.push(events[index]!.id);
        else full = answer.reason;
      }
    }
    expect(isHooksError(full)).toBe(true);
    expect(full).toMatchObject({ code: "store_full", hint: expect.stringContaining("nothing has to be restarted") });
    for (const id of stored) expect(await store.findEvent(SCOPE, id)).toBeDefined();

    rmSync(filler);
    const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
    await store.recordAttempts(WORKER, [success(claimed!.deliveries[0]!)]);
    expect(await store.appendEvents([newEvent([lane], { data })])).toMatchObject([{ kind: "stored" }]);
    expect(await store.listEvents(SCOPE, {}, 1_000, undefined)).toHaveLength(stored.length + 1);
    const db = new Database(path, { readonly: true });
    onTestFinished(() => void db.close());
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  });

  it(`says so before an event would find out, when it is asked (${mode})`, async (context) => {
    const folder = smallDisk(context);
    const filler = join(folder, "filler");
    const path = join(folder, "hooks.db");
    const store = await openSqliteStore({ path, mode });
    onTestFinished(() => store.close());
    await store.probe();
    writeFileSync(filler, Buffer.alloc(5 * 1024 * 1024));
    await expect(store.probe()).rejects.toMatchObject({ code: "store_full" });
    // A small one still finds room in the log.
    expect(await store.appendEvents([newEvent()])).toMatchObject([{ kind: "stored" }]);
    rmSync(filler);
    await store.probe();
  });

  it(`cannot be made on a full disk, and can once there is space (${mode})`, async (context) => {
    const folder = smallDisk(context);
    const filler = join(folder, "filler");
    spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=4096"]);
    const path = join(folder, "hooks.db");
    await expect(openSqliteStore({ path, mode })).rejects.toMatchObject({ code: "store_full" });
    rmSync(filler);
    await (await openSqliteStore({ path, mode })).close();
  });
}
