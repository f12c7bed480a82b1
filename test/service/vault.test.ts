import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { newNonce, seal, unseal } from "../../src/core/sealing.ts";
import { ensureLocalToken, readLocalToken, tokenMatcher } from "../../src/service/local-token.ts";
import { masterKeyOf } from "../../src/service/master-key.ts";
import { Vault } from "../../src/service/vault.ts";
import type { MasterKeys } from "../../src/store/store.ts";

const DAMAGED = expect.objectContaining({ code: "store_unusable" });

function openFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-vault-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A vault of a store in which nothing is sealed yet, or that says otherwise. */
function openVault(dataDirectory: string, env: Record<string, string> = {}, keys: Partial<MasterKeys> = {}): Vault {
  const store = { readMasterKeys: async () => ({ sealing: undefined, change: undefined, ...keys }) };
  return new Vault({ env, dataDirectory, random: randomBytes }, store);
}

describe("sealing", () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const content = fc.uint8Array({ maxLength: 200 });

  it("opens with the same key and owner, and with no other of either", () => {
    fc.assert(
      fc.property(content, fc.string(), fc.string(), bytes, bytes, (text, owner, otherOwner, one, other) => {
        const key = masterKeyOf(one);
        const sealed = seal(text, owner, key, newNonce(randomBytes));
        expect(Buffer.from(unseal(sealed, owner, key)).equals(text)).toBe(true);
        if (otherOwner !== owner) expect(() => unseal(sealed, otherOwner, key)).toThrow(DAMAGED);
        if (!Buffer.from(one).equals(other)) expect(() => unseal(sealed, owner, masterKeyOf(other))).toThrow(DAMAGED);
      }),
    );
  });

  it("opens nothing that is cut, lengthened, or put together of two", () => {
    const key = masterKeyOf(randomBytes(32));
    fc.assert(
      fc.property(
        content,
        content,
        fc.nat(300),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (one, other, at, more) => {
          const [a, b] = [seal(one, "sec_1", key, randomBytes(12)), seal(other, "sec_1", key, randomBytes(12))];
          const cut = at % a.length;
          const broken = [
            a.subarray(0, cut),
            a.subarray(a.length - cut),
            Buffer.concat([a, more]),
            Buffer.concat([more, a]),
            // Nonce, content or tag of the other.
            Buffer.concat([b.subarray(0, 12), a.subarray(12)]),
            Buffer.concat([a.subarray(0, -16), b.subarray(-16)]),
            Buffer.concat([a.subarray(0, 12), b.subarray(12)]),
          ];
          for (const bytes of broken) {
            if (Buffer.from(bytes).equals(a)) continue;
            expect(() => unseal(bytes, "sec_1", key)).toThrow(DAMAGED);
          }
        },
      ),
    );
  });

  it("notices every changed bit", () => {
    const key = masterKeyOf(randomBytes(32));
    const sealed = seal(Buffer.from("whsec_secret"), "sec_1", key, randomBytes(12));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const bytes = Uint8Array.from(sealed);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => unseal(bytes, "sec_1", key)).toThrow(DAMAGED);
    }
  });
});

describe("Vault", () => {
  it("opens what it sealed, for the same owner only, and says which key it was", async () => {
    const vault = openVault(openFolder());
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string(), fc.string(), async (text, owner, other) => {
        const sealed = await vault.put(text, owner);
        expect(sealed.keyId).toMatch(/^[0-9a-f]{16}$/);
        expect(vault.peek(sealed, owner)).toBe(text);
        expect(await vault.get(sealed, owner)).toBe(text);
        if (other !== owner) await expect(vault.get(sealed, other)).rejects.toThrow(DAMAGED);
      }),
    );
  });

  it("seals the same text differently each time, and shows none of it", async () => {
    const vault = openVault(openFolder());
    const [one, other] = [await vault.put("canary-canary", "sec_1"), await vault.put("canary-canary", "sec_1")];
    expect(Buffer.from(one.bytes).equals(other.bytes)).toBe(false);
    expect(Buffer.from(one.bytes).includes("canary")).toBe(false);
  });

  it("makes a key at its first use and not before, readable by its owner alone under any umask", async () => {
    const folder = openFolder();
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const vault = openVault(folder);
    expect(existsSync(path.join(folder, "master.key"))).toBe(false);
    const sealed = await vault.put("a", "sec_1");
    expect(statSync(path.join(folder, "master.key")).mode & 0o777).toBe(0o600);
    expect(await openVault(folder).get(sealed, "sec_1")).toBe("a");
  });

  it("takes the key from the environment, as hex or base64, or from a file that it names", async () => {
    const folder = openFolder();
    const key = randomBytes(32);
    const file = path.join(folder, "key");
    writeFileSync(file, `${key.toString("base64")}\n`, { mode: 0o600 });
    const sealed = await openVault(folder, { HOOKS_MASTER_KEY: key.toString("hex") }).put("a", "sec_1");
    expect(await openVault(folder, { HOOKS_MASTER_KEY: key.toString("base64") }).get(sealed, "sec_1")).toBe("a");
    expect(await openVault(folder, { HOOKS_MASTER_KEY_FILE: file }).get(sealed, "sec_1")).toBe("a");
    expect(existsSync(path.join(folder, "master.key"))).toBe(false);
    const other = openVault(folder, { HOOKS_MASTER_KEY: randomBytes(32).toString("hex") });
    expect(other.peek(sealed, "sec_1")).toBeUndefined();
    await expect(other.get(sealed, "sec_1")).rejects.toMatchObject({
      code: "store_unusable",
      hint: expect.stringContaining(sealed.keyId),
    });
    await expect(openVault(folder).get(sealed, "sec_1")).rejects.toThrow(/another master key/);
  });

  it("seals with the store's key or not at all", async () => {
    const folder = openFolder();
    const key = masterKeyOf(randomBytes(32));
    const env = { HOOKS_MASTER_KEY: Buffer.from(key.bytes).toString("hex") };
    expect((await openVault(folder, env, { sealing: key.id }).put("a", "sec_1")).keyId).toBe(key.id);
    const other = { HOOKS_MASTER_KEY: randomBytes(32).toString("hex") };
    await expect(openVault(folder, other, { sealing: key.id }).put("a", "sec_1")).rejects.toThrow(/another master key/);
    // Nor does it make a key for a store that has one.
    await expect(openVault(folder, {}, { sealing: key.id }).put("a", "sec_1")).rejects.toThrow(/another master key/);
    expect(existsSync(path.join(folder, "master.key"))).toBe(false);
  });

  it.each([
    [{ HOOKS_MASTER_KEY: "" }, "HOOKS_MASTER_KEY"],
    [{ HOOKS_MASTER_KEY: "short" }, "HOOKS_MASTER_KEY"],
    [{ HOOKS_MASTER_KEY_FILE: "/nowhere/key" }, "HOOKS_MASTER_KEY_FILE"],
  ])("refuses %j, naming the variable", async (env, field) => {
    await expect(openVault(openFolder(), env).put("a", "sec_1")).rejects.toMatchObject({ code: "usage", field });
  });

  it("refuses a key file that others can read", async () => {
    const folder = openFolder();
    await openVault(folder).put("a", "sec_1");
    chmodSync(path.join(folder, "master.key"), 0o644);
    await expect(openVault(folder).put("a", "sec_1")).rejects.toThrow(/read by others/);
  });
});

describe("local token", () => {
  it("is made once, 0600, and compared whole", () => {
    const folder = openFolder();
    expect(readLocalToken(folder)).toBeUndefined();
    const token = ensureLocalToken(folder, randomBytes);
    expect(token).toMatch(/^hk_local_[A-Za-z0-9_-]{43}$/);
    expect(ensureLocalToken(folder, randomBytes)).toBe(token);
    expect(readFileSync(path.join(folder, "token"), "utf8")).toBe(`${token}\n`);
    expect(statSync(path.join(folder, "token")).mode & 0o777).toBe(0o600);
    expect(tokenMatcher(token)(token)).toBe(true);
    for (const other of ["", token.slice(0, -1), `${token}x`, token.replace("hk_", "HK_")])
      expect(tokenMatcher(token)(other)).toBe(false);
  });

  it("is refused when others can read it", () => {
    const folder = openFolder();
    ensureLocalToken(folder, randomBytes);
    chmodSync(path.join(folder, "token"), 0o640);
    expect(() => readLocalToken(folder)).toThrow(/read by others/);
  });
});
