import { describe, expect, it } from "vitest";
import type { MasterKeyChange, Sealed } from "../../src/store/store.ts";
import { NOON, newSecret, newSubscription } from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

const CHANGE: MasterKeyChange = {
  oldKeyId: "key-1",
  newKeyId: "key-2",
  newSealed: Buffer.from("new by old"),
  oldSealed: Buffer.from("old by new"),
  begunAt: NOON,
};
const STALE = { code: "conflict", field: "master_key" };

function sealedBy(keyId: string, text = "x"): Sealed {
  return { keyId, bytes: Buffer.from(text) };
}

export function masterKeyContract(under: StoreUnderTest): void {
  describe("master keys", () => {
    it("takes the first that seals for its own, and no second one beside it", async () => {
      const store = await under.open();
      expect(await store.readMasterKeys()).toEqual({ sealing: undefined, change: undefined });
      const rowId = await store.insertSubscription(newSubscription());
      expect((await store.readMasterKeys()).sealing).toBe("key-1");
      const other = newSecret({ sealed: sealedBy("key-2") });
      await expect(store.insertSubscription(newSubscription({ secrets: [other] }))).rejects.toMatchObject(STALE);
      const rotation = { subscriptionRowId: rowId, secret: other, oldEndsAt: NOON, reason: "by_hand" as const };
      await expect(store.rotateSecrets([rotation], NOON)).rejects.toMatchObject(STALE);
      for (const change of [{ headers: sealedBy("key-2") }, { url: "https://a/?***", urlSealed: sealedBy("key-2") }])
        await expect(store.updateSubscription(rowId, { ...change, updatedAt: NOON })).rejects.toMatchObject(STALE);
      expect(await store.listSealedByOthers("key-1", 9)).toEqual([]);
      // What is kept elsewhere is under no master key.
      await store.updateSubscription(rowId, { headers: sealedBy("aws:eu-central-1/hooks"), updatedAt: NOON });
      expect((await store.readMasterKeys()).sealing).toBe("key-1");
    });

    it("takes another one when nothing is sealed any more", async () => {
      const store = await under.open();
      const rowId = await store.insertSubscription(newSubscription());
      await store.deleteSubscription(rowId, NOON);
      expect((await store.readMasterKeys()).sealing).toBeUndefined();
      await store.insertSubscription(newSubscription({ secrets: [newSecret({ sealed: sealedBy("key-2") })] }));
      expect((await store.readMasterKeys()).sealing).toBe("key-2");
    });

    it("changes: from the beginning the new one seals, and the end comes when the old one seals nothing", async () => {
      const store = await under.open();
      const secret = newSecret();
      await store.insertSubscription(
        newSubscription({
          secrets: [secret],
          headers: sealedBy("key-1", "h"),
          url: "https://a.example/?***",
          urlSealed: sealedBy("key-1", "u"),
        }),
      );
      expect(await store.beginMasterKeyChange({ ...CHANGE, oldKeyId: "key-0" })).toBe(false);
      expect(await store.beginMasterKeyChange(CHANGE)).toBe(true);
      expect(await store.beginMasterKeyChange({ ...CHANGE, oldKeyId: "key-2", newKeyId: "key-3" })).toBe(false);
      const { sealing, change } = await store.readMasterKeys();
      expect(sealing).toBe("key-2");
      expect(change).toMatchObject({ oldKeyId: "key-1", newKeyId: "key-2", begunAt: NOON });
      expect(Buffer.from(change!.newSealed).toString()).toBe("new by old");
      await expect(store.insertSubscription(newSubscription())).rejects.toMatchObject(STALE);

      const rows = await store.listSealedByOthers("key-2", 9);
      expect(rows.map(({ kind }) => kind).toSorted()).toEqual(["headers", "secret", "url"]);
      expect(rows.find(({ kind }) => kind === "secret")).toMatchObject({ id: secret.id });
      expect(await store.listSealedByOthers("key-2", 2)).toHaveLength(2);
      expect(await store.endMasterKeyChange("key-2")).toBe(false);
      const moved = rows.map(({ kind, rowId, sealed }) => ({
        kind,
        rowId,
        before: sealed.bytes,
        sealed: sealedBy("key-2", `${kind} anew`),
      }));
      // One that somebody else has changed since is left alone.
      const stale = { ...moved[0]!, before: Buffer.from("something else") };
      expect(await store.moveSealed([stale])).toBe(0);
      expect(await store.moveSealed(moved)).toBe(3);
      expect(await store.moveSealed(moved)).toBe(0);
      expect(await store.listSealedByOthers("key-2", 9)).toEqual([]);

      expect(await store.endMasterKeyChange("key-9")).toBe(false);
      expect(await store.endMasterKeyChange("key-2")).toBe(true);
      expect(await store.readMasterKeys()).toEqual({ sealing: "key-2", change: undefined });
      expect(await store.endMasterKeyChange("key-2")).toBe(false);
      const [subscription] = await store.loadSubscriptions();
      expect(Buffer.from(subscription!.headers!.bytes).toString()).toBe("headers anew");
      expect(Buffer.from(subscription!.urlSealed!.bytes).toString()).toBe("url anew");
      expect(Buffer.from(subscription!.secrets[0]!.sealed.bytes).toString()).toBe("secret anew");
    });

    it("tells other processes of a change that begins", async () => {
      const store = await under.open();
      const other = await under.openAgain();
      await store.insertSubscription(newSubscription());
      const heard = new Promise<boolean>((resolve) => {
        const stop = store.watch(({ configChanged }) => {
          if (!configChanged) return;
          stop();
          resolve(true);
        });
      });
      expect(await other.beginMasterKeyChange(CHANGE)).toBe(true);
      expect(await heard).toBe(true);
    });
  });
}
