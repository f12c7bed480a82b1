import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SecretStore } from "../../src/service/secret-store.ts";

/** How the suite reaches the secret store under test. */
export interface SecretStoreUnderTest {
  /** A new, empty one; closed after the test. */
  open(): Promise<SecretStore>;
  /** The same secrets, as another process has them: with nothing in its memory. */
  openAgain(): Promise<SecretStore>;
}

const GONE = { code: "store_unusable" };

/** Every sentence of secret-store.ts, for any secret store. */
export function secretStoreContract(name: string, under: SecretStoreUnderTest): void {
  describe(`contract of secret stores: ${name}`, () => {
    it("gives back what was put, at once where it was put, and to other processes", async () => {
      const [store, other] = [await under.open(), await under.openAgain()];
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 300 }), async (text) => {
          const sealed = await store.put(text, "sec_1");
          expect(store.keeps(sealed)).toBe(true);
          expect(store.peek(sealed, "sec_1")).toBe(text);
          expect(await store.get(sealed, "sec_1")).toBe(text);
          expect(await other.get(sealed, "sec_1")).toBe(text);
          expect(other.peek(sealed, "sec_1")).toBe(text);
        }),
        { numRuns: 25 },
      );
    });

    it("opens nothing for another owner", async () => {
      const store = await under.open();
      const owners = ["sec_1", "sec_2", "sub_1", "sub_1/url"];
      for (const owner of owners) {
        const sealed = await store.put("canary", owner);
        for (const other of owners.filter((one) => one !== owner)) {
          expect(() => store.peek(sealed, other)).toThrow(expect.objectContaining(GONE));
          await expect(store.get(sealed, other)).rejects.toMatchObject(GONE);
          await expect((await under.openAgain()).get(sealed, other)).rejects.toMatchObject(GONE);
        }
      }
    });

    it("keeps the texts of one owner apart", async () => {
      const store = await under.open();
      const [one, two] = [await store.put("one", "sub_1"), await store.put("two", "sub_1")];
      expect(await store.get(one, "sub_1")).toBe("one");
      expect(await store.get(two, "sub_1")).toBe("two");
      await store.drop(one, "sub_1");
      expect(await store.get(two, "sub_1")).toBe("two");
    });

    it("shows nothing of a text in what the row keeps", async () => {
      const sealed = await (await under.open()).put("canary-canary", "sec_1");
      expect(sealed.keyId).not.toContain("canary");
      expect(Buffer.from(sealed.bytes).includes("canary")).toBe(false);
    });

    it("opens nothing that is cut or changed", async () => {
      const store = await under.open();
      const sealed = await store.put("canary", "sec_1");
      const other = await under.openAgain();
      const broken = [
        sealed.bytes.subarray(0, -1),
        sealed.bytes.subarray(1),
        new Uint8Array(),
        Uint8Array.from(sealed.bytes, (byte, index) => (index === 3 ? byte ^ 1 : byte)),
      ];
      for (const bytes of broken) {
        await expect(other.get({ ...sealed, bytes }, "sec_1")).rejects.toMatchObject(GONE);
      }
    });

    it("lets go of what is dropped, twice as well as once", async () => {
      const store = await under.open();
      const sealed = await store.put("a", "sec_1");
      await store.drop(sealed, "sec_1");
      await store.drop(sealed, "sec_1");
    });
  });
}
