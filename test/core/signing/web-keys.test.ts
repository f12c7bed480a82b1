import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { findScheme } from "../../../src/core/signing/registry.ts";
import { sign as signByNode } from "../../../src/core/signing/sign.ts";
import { verify as verifyByNode } from "../../../src/core/signing/verify.ts";
import { derItems } from "../../../src/core/signing/web/der.ts";
import { derOfRaw, rawOfDer } from "../../../src/core/signing/web/ecdsa-signature.ts";
import {
  importablePkcs8,
  publicKeyOfCertificate,
  typeOfPrivateKey,
  typeOfPublicKey,
} from "../../../src/core/signing/web/key-forms.ts";
import { signMessage } from "../../../src/core/signing/web/sign.ts";
import { Verifier } from "../../../src/core/signing/web/verify.ts";

const NOW = 1_760_000_000;
const RFC_9421 = findScheme("rfc9421")!;
const REQUEST = { method: "POST", url: "https://example.com/in", body: "{}" };
const AT = { id: "msg_1", timestamp: NOW, keyId: "key-1" };

const PAIRS = {
  ed25519: generateKeyPairSync("ed25519"),
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
  RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  "RSA-PSS": generateKeyPairSync("rsa-pss", { modulusLength: 2048 }),
};

function written(key: KeyObject, format: "pem" | "jwk", type?: "spki" | "pkcs8" | "pkcs1" | "sec1"): string {
  return format === "jwk"
    ? JSON.stringify({ ...key.export({ format }), alg: "none", key_ops: ["wrapKey"], use: "enc", ext: false })
    : key.export({ format, type: type as "spki" }).toString();
}

/** What `openssl ecparam -genkey` writes before the key. */
const PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

/** The same numbers, as a key of RSA for anything. */
function withAlgorithmOfRsa(key: KeyObject): Buffer {
  const pkcs8 = new Uint8Array(key.export({ format: "der", type: "pkcs8" }));
  return Buffer.from(importablePkcs8({ type: "rsa-pss" }, pkcs8));
}

/** Every way to write the keys of a pair. */
function formsOf(name: string, { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }) {
  const own = name === "RSA" ? (["pkcs1"] as const) : name.startsWith("P-") ? (["sec1"] as const) : [];
  const jwk = (key: KeyObject) => (name === "RSA-PSS" ? [] : [written(key, "jwk")]);
  return {
    private: [
      written(privateKey, "pem", "pkcs8"),
      ...own.map((type) => written(privateKey, "pem", type)),
      ...own.filter((type) => type === "sec1").map((type) => PARAMETERS + written(privateKey, "pem", type)),
      ...jwk(privateKey),
    ],
    public: [
      written(publicKey, "pem", "spki"),
      ...own.filter((type) => type === "pkcs1").map((type) => written(publicKey, "pem", type)),
      ...jwk(publicKey),
      written(publicKey, "pem", "spki").replaceAll("\n", "\r\n"),
    ],
  };
}

describe.each(Object.entries(PAIRS))("keys of %s", (name, pair) => {
  const forms = formsOf(name, pair);

  it("are read in every form that node:crypto reads, to sign and to check", async () => {
    for (const signing of forms.private) {
      const { headers } = await signMessage(RFC_9421, REQUEST, signing, AT);
      const received = { ...REQUEST, headers };
      for (const verifying of [...forms.public, ...forms.private]) {
        expect(verifyByNode("rfc9421", received, verifying, { now: NOW }), verifying).toMatchObject({ valid: true });
        expect(await new Verifier(RFC_9421, verifying).verify(received, NOW), verifying).toMatchObject({ valid: true });
      }
      const byNode = { ...REQUEST, headers: signByNode("rfc9421", REQUEST, signing, AT).headers };
      expect(await new Verifier(RFC_9421, forms.public[0]!).verify(byNode, NOW), signing).toMatchObject({
        valid: true,
      });
      expect(headers["signature-input"]).toBe(byNode.headers["signature-input"]);
    }
  });

  it("never check what another pair signed", async () => {
    for (const [other, { privateKey }] of Object.entries(PAIRS)) {
      if (other === name) continue;
      const { headers } = signByNode("rfc9421", REQUEST, written(privateKey, "pem", "pkcs8"), AT);

      for (const verifying of forms.public) {
        expect(await new Verifier(RFC_9421, verifying).verify({ ...REQUEST, headers }, NOW)).toMatchObject({
          reason: "signature_mismatch",
        });
      }
    }
  });

  it("that are public sign nothing", async () => {
    for (const key of forms.public) {
      await expect(signMessage(RFC_9421, REQUEST, key, AT)).rejects.toThrow(/takes the private one/);
    }
  });
});

it.each(["sendgrid", "plaid"])("%s signs with a key behind its parameters", async (name) => {
  const signing = PARAMETERS + written(PAIRS["P-256"].privateKey, "pem", "sec1");
  const verifying = written(PAIRS["P-256"].publicKey, "pem", "spki");
  for (const { headers } of [
    signByNode(name, REQUEST, signing, AT),
    await signMessage(findScheme(name)!, REQUEST, signing, AT),
  ]) {
    expect(verifyByNode(name, { ...REQUEST, headers }, verifying, { now: NOW })).toMatchObject({ valid: true });
  }
});

describe("keys of RSA-PSS", () => {
  it("for SHA-512 alone sign and check by node:crypto, and those for another hash do not fit; Web Crypto says why not", async () => {
    for (const hash of ["sha512", "sha256"]) {
      const limits = { modulusLength: 2048, hashAlgorithm: hash, mgf1HashAlgorithm: hash };
      const { privateKey, publicKey } = generateKeyPairSync("rsa-pss", limits);
      const [signing, verifying] = [written(privateKey, "pem", "pkcs8"), written(publicKey, "pem", "spki")];

      if (hash === "sha512") {
        const { headers } = signByNode("rfc9421", REQUEST, signing, AT);
        expect(verifyByNode("rfc9421", { ...REQUEST, headers }, verifying, { now: NOW })).toMatchObject({
          valid: true,
        });
      } else {
        const { headers } = signByNode("rfc9421", REQUEST, written(PAIRS.RSA.privateKey, "pem", "pkcs8"), AT);
        expect(verifyByNode("rfc9421", { ...REQUEST, headers }, verifying, { now: NOW })).toMatchObject({
          reason: "signature_mismatch",
        });
        expect(() => signByNode("rfc9421", REQUEST, signing, AT)).toThrow("rsa-pss (for sha256 alone)");
      }
      await expect(signMessage(RFC_9421, REQUEST, signing, AT)).rejects.toThrow("which only node:crypto reads");
      expect(await new Verifier(RFC_9421, verifying).verify({ ...REQUEST, headers: {} }, NOW)).toMatchObject({
        reason: "secret_unusable",
        detail: expect.stringContaining("which only node:crypto reads"),
      });
    }
  });

  it("check nothing that was signed by RSASSA-PKCS1-v1_5", async () => {
    const { privateKey, publicKey } = PAIRS["RSA-PSS"];
    const rsa = createPrivateKey({ key: withAlgorithmOfRsa(privateKey), format: "der", type: "pkcs8" });
    const input = `("@target-uri");created=${NOW};alg="rsa-v1_5-sha256"`;
    const text = `"@target-uri": ${REQUEST.url}\n"@signature-params": ${input}`;
    const signature = signBytes("sha256", Buffer.from(text), rsa).toString("base64");
    const received = {
      ...REQUEST,
      body: "",
      headers: { "signature-input": `a=${input}`, signature: `a=:${signature}:` },
    };

    expect(verifyByNode("rfc9421", received, written(createPublicKey(rsa), "pem", "spki"), { now: NOW }).valid).toBe(
      true,
    );
    const key = written(publicKey, "pem", "spki");
    expect(verifyByNode("rfc9421", received, key, { now: NOW })).toMatchObject({ reason: "signature_mismatch" });
    expect(await new Verifier(RFC_9421, key).verify(received, NOW)).toMatchObject({ reason: "signature_mismatch" });
  });
});

it("two halves of different ed25519 pairs are no key", async () => {
  const raw = (key: KeyObject, member: "d" | "x") => Buffer.from(key.export({ format: "jwk" })[member]!, "base64url");
  const other = generateKeyPairSync("ed25519").publicKey;
  const { privateKey, publicKey } = PAIRS.ed25519;
  const v1a = findScheme("standard-webhooks-v1a")!;
  const whsk = (half: KeyObject) => `whsk_${Buffer.concat([raw(privateKey, "d"), raw(half, "x")]).toString("base64")}`;

  expect((await signMessage(v1a, REQUEST, whsk(publicKey), AT)).signature).toMatch(/^v1a,/);
  await expect(signMessage(v1a, REQUEST, whsk(other), AT)).rejects.toThrow(/do not belong together/);
  expect(() => signByNode("standard-webhooks-v1a", REQUEST, whsk(other), AT)).toThrow(/do not belong together/);
});

describe("DER", () => {
  it("of any bytes, and of keys with another byte, is read or is none, and never throws", () => {
    const spki = PAIRS["P-256"].publicKey.export({ format: "der", type: "spki" });
    const changed = fc.tuple(fc.nat(spki.length - 1), fc.nat(255)).map(([at, byte]) => {
      const bytes = Uint8Array.from(spki);
      bytes[at] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), changed), (bytes) => {
        const items = derItems(bytes);
        if (items !== undefined) expect(items.reduce((sum, item) => sum + item.bytes.length, 0)).toBe(bytes.length);
        for (const read of [typeOfPublicKey, typeOfPrivateKey, publicKeyOfCertificate]) read(bytes);
        rawOfDer(bytes, 32);
      }),
      { numRuns: 2_000 },
    );
  });

  it("of a signature and its two numbers are each other's inverse", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.nat(40), (raw, zeros) => {
        raw.fill(0, 0, zeros);

        expect(rawOfDer(derOfRaw(raw), 32)).toEqual(Uint8Array.from(raw));
      }),
    );
  });

  it.each([
    ["a length in more bytes than it needs", "30810602010102010101"],
    ["a number with a zero too many", "300702020001020101"],
    ["a negative number", "3006020181020101"],
    ["something behind it", "300602010102010100"],
    ["three numbers", "3009020101020101020101"],
    ["a number that is too long", `3026022101${"00".repeat(32)}020101`],
  ])("of a signature with %s is none", (_, hex) => {
    expect(rawOfDer(Buffer.from(hex, "hex"), 32)).toBeUndefined();
    expect(rawOfDer(Buffer.from("3006020101020101", "hex"), 32)).toHaveLength(64);
  });
});

describe("a runtime whose Web Crypto lacks an algorithm", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("is told apart from a bad key and a bad message", async () => {
    const key = written(PAIRS.ed25519.publicKey, "pem", "spki");
    vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(new DOMException("no such algorithm", "NotSupportedError"));
    const verifier = new Verifier(findScheme("discord")!, key);
    const request = { ...REQUEST, headers: {} };

    await expect(verifier.verify(request, NOW)).rejects.toThrow(/the Web Crypto of this runtime has no Ed25519/);
    vi.mocked(crypto.subtle.importKey).mockRejectedValue(new DOMException("no such key", "DataError"));
    expect(await new Verifier(findScheme("discord")!, key).verify(request, NOW)).toMatchObject({
      reason: "secret_unusable",
    });
  });
});
