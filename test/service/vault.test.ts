import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { ensureLocalToken, isSameToken, readLocalToken } from "../../src/service/local-token.ts";
import { Vault } from "../../src/service/vault.ts";

function openFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-vault-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function openVault(dataDirectory: string, env: Record<string, string> = {}): Vault {
  return new Vault({ env, dataDirectory, random: randomBytes });
}

describe("Vault", () => {
  it("opens what it sealed, for the same owner only", () => {
    const vault = openVault(openFolder());
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), fc.string(), (text, owner, other) => {
        const sealed = vault.seal(text, owner);
        expect(vault.open(sealed, owner)).toBe(text);
        if (other !== owner)
          expect(() => vault.open(sealed, other)).toThrow(expect.objectContaining({ code: "store_unusable" }));
      }),
    );
  });

  it("notices every changed bit", () => {
    const vault = openVault(openFolder());
    const sealed = vault.seal("whsec_secret", "sec_1");
    for (let bit = 0; bit < sealed.bytes.length * 8; bit++) {
      const bytes = Uint8Array.from(sealed.bytes);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => vault.open({ ...sealed, bytes }, "sec_1")).toThrow(
        expect.objectContaining({ code: "store_unusable" }),
      );
    }
  });

  it("seals the same text differently each time, and shows none of it", () => {
    const vault = openVault(openFolder());
    const [one, other] = [vault.seal("canary-canary", "sec_1"), vault.seal("canary-canary", "sec_1")];
    expect(Buffer.from(one.bytes).equals(other.bytes)).toBe(false);
    expect(Buffer.from(one.bytes).includes("canary")).toBe(false);
  });

  it("makes a key at its first use and not before, readable by its owner alone under any umask", () => {
    const folder = openFolder();
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const vault = openVault(folder);
    expect(existsSync(path.join(folder, "master.key"))).toBe(false);
    const sealed = vault.seal("a", "sec_1");
    expect(statSync(path.join(folder, "master.key")).mode & 0o777).toBe(0o600);
    expect(openVault(folder).open(sealed, "sec_1")).toBe("a");
  });

  it("takes the key from the environment, as hex or base64, or from a file that it names", () => {
    const folder = openFolder();
    const key = randomBytes(32);
    const file = path.join(folder, "key");
    writeFileSync(file, `${key.toString("base64")}\n`, { mode: 0o600 });
    const sealed = openVault(folder, { HOOKS_MASTER_KEY: key.toString("hex") }).seal("a", "sec_1");
    expect(openVault(folder, { HOOKS_MASTER_KEY: key.toString("base64") }).open(sealed, "sec_1")).toBe("a");
    expect(openVault(folder, { HOOKS_MASTER_KEY_FILE: file }).open(sealed, "sec_1")).toBe("a");
    expect(existsSync(path.join(folder, "master.key"))).toBe(false);
    const other = openVault(folder, { HOOKS_MASTER_KEY: randomBytes(32).toString("hex") });
    expect(() => other.open(sealed, "sec_1")).toThrow(
      expect.objectContaining({ code: "store_unusable", hint: expect.stringContaining(sealed.keyId) }),
    );
    expect(() => openVault(folder).open(sealed, "sec_1")).toThrow(/another master key/);
  });

  it.each([
    [{ HOOKS_MASTER_KEY: "" }, "HOOKS_MASTER_KEY"],
    [{ HOOKS_MASTER_KEY: "short" }, "HOOKS_MASTER_KEY"],
    [{ HOOKS_MASTER_KEY_FILE: "/nowhere/key" }, "HOOKS_MASTER_KEY_FILE"],
  ])("refuses %j, naming the variable", (env, field) => {
    expect(() => openVault(openFolder(), env).seal("a", "sec_1")).toThrow(
      expect.objectContaining({ code: "usage", field }),
    );
  });

  it("refuses a key file that others can read", () => {
    const folder = openFolder();
    openVault(folder).seal("a", "sec_1");
    chmodSync(path.join(folder, "master.key"), 0o644);
    expect(() => openVault(folder).seal("a", "sec_1")).toThrow(/read by others/);
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
    expect(isSameToken(token, token)).toBe(true);
    for (const other of ["", token.slice(0, -1), `${token}x`, token.replace("hk_", "HK_")])
      expect(isSameToken(other, token)).toBe(false);
  });

  it("is refused when others can read it", () => {
    const folder = openFolder();
    ensureLocalToken(folder, randomBytes);
    chmodSync(path.join(folder, "token"), 0o640);
    expect(() => readLocalToken(folder)).toThrow(/read by others/);
  });
});
