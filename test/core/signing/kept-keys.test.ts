import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createVerifier, defineScheme, sign, verify } from "../../../src/index.ts";

// One-off calls keep the keys of secrets that they have seen: what they answer must not depend on it.

const NOW = 1_760_000_000;
const AT = { id: "msg_1", timestamp: NOW };
const whsec = () => `whsec_${randomBytes(32).toString("base64")}`;
const judge = (scheme: string, headers: Record<string, string>, secrets: string | string[]) =>
  verify(scheme, { headers, body: "{}" }, secrets, { now: NOW });

describe("one-off calls", () => {
  it("answer the same each time, with many more secrets than are kept", () => {
    const secrets = Array.from({ length: 100 }, whsec);
    const signed = secrets.map((secret) => sign("standard-webhooks", { body: "{}" }, secret, AT).headers);
    for (let round = 0; round < 4; round++) {
      for (const [index, secret] of secrets.entries()) {
        const other = secrets[(index + 1) % secrets.length]!;

        expect(sign("standard-webhooks", { body: "{}" }, secret, AT).headers).toEqual(signed[index]);
        expect(judge("standard-webhooks", signed[index]!, secret).valid).toBe(true);
        expect(judge("standard-webhooks", signed[index]!, [other, secret])).toMatchObject({ secretIndex: 1 });
        expect(judge("standard-webhooks", signed[index]!, other)).toMatchObject({ reason: "signature_mismatch" });
      }
    }
  });

  it("read one secret as each scheme asks", () => {
    const secret = whsec();
    for (let round = 0; round < 3; round++) {
      for (const scheme of ["standard-webhooks", "polar", "openai"]) {
        const { headers } = sign(scheme, { body: "{}" }, secret, AT);
        const valid = ["standard-webhooks", "polar", "openai"].filter((one) => judge(one, headers, secret).valid);

        expect(valid).toEqual(scheme === "polar" ? ["polar"] : ["standard-webhooks", "openai"]);
      }
    }
  });

  it("say each time that a secret is unusable", () => {
    const { headers } = sign("standard-webhooks", { body: "{}" }, whsec(), AT);
    for (let round = 0; round < 3; round++) {
      for (const secret of ["", "whsec_", "whsec_?", [whsec(), ""], []]) {
        expect(judge("standard-webhooks", headers, secret)).toMatchObject({ reason: "secret_unusable" });
      }
      expect(() => sign("standard-webhooks", { body: "{}" }, "whsec_?", AT)).toThrow(/is not valid base64/);
    }
  });

  it("take no public key for a private one, however often either was used", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const signing = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const verifying = publicKey.export({ format: "pem", type: "spki" }).toString();
    for (let round = 0; round < 3; round++) {
      const { headers } = sign("discord", { body: "{}" }, signing, AT);

      expect(judge("discord", headers, verifying).valid).toBe(true);
      expect(judge("discord", headers, signing).valid).toBe(true);
      expect(() => sign("discord", { body: "{}" }, verifying, AT)).toThrow(/takes the private one/);
    }
  });

  it("and a verifier sign the secret's own text, where a scheme has it in what is signed", () => {
    const record = { name: "acme", signature: { headers: ["x-acme"] }, content: "{secret}.{body}" };
    for (const algorithm of ["hmac-sha256", "sha256"]) {
      const acme = defineScheme({ ...record, algorithm });
      for (let round = 0; round < 3; round++) {
        const { headers } = sign(acme, { body: "{}" }, "a secret");
        const request = { headers, body: "{}" };

        expect(verify(acme, request, "a secret").valid).toBe(true);
        expect(verify(acme, request, "another").valid).toBe(false);
        expect(createVerifier(acme, "a secret").verify(request).valid).toBe(true);
        expect(createVerifier(acme, "another").verify(request).valid).toBe(false);
      }
    }
  });
});
