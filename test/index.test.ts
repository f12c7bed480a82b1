import { generateKeyPairSync } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import * as library from "../src/index.ts";
import { createVerifier, defineScheme, MemoryReplays, sign, verify, verifyAsync } from "../src/index.ts";

/** Of the signing library. */
const FUNCTIONS = ["MemoryReplays", "createVerifier", "defineScheme", "sign", "verify", "verifyAsync"];
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("the library", () => {
  it("exports these functions", () => {
    expect(Object.keys(library)).toEqual(expect.arrayContaining(FUNCTIONS));
  });

  it("signs with a new id and the system's time, and accepts it", () => {
    const one = sign("standard-webhooks", { body: "{}" }, SECRET);
    const other = sign("standard-webhooks", { body: "{}" }, SECRET);

    expect(one.id).toMatch(/^msg_[0-9a-z]{26}$/);
    expect(one.id).not.toBe(other.id);
    expect(verify("standard-webhooks", { headers: one.headers, body: "{}" }, SECRET)).toMatchObject({ valid: true });
    expect(verify("standard-webhooks", { headers: one.headers, body: "[]" }, SECRET)).toMatchObject({ valid: false });
  });

  it("judges by the caller's clock where one is given", () => {
    const { headers } = sign("standard-webhooks", { body: "{}" }, SECRET, { id: "msg_1", timestamp: 1_000 });
    const verifier = createVerifier("standard-webhooks", ["whsec_AAAA", SECRET]);

    expect(verify("standard-webhooks", { headers, body: "{}" }, SECRET)).toMatchObject({ reason: "timestamp_too_old" });
    expect(verify("standard-webhooks", { headers, body: "{}" }, SECRET, { now: 1_300 })).toMatchObject({ valid: true });
    expect(verifier.verify({ headers, body: "{}" })).toMatchObject({ reason: "timestamp_too_old" });
    expect(verifier.verify({ headers, body: "{}" }, { now: 1_300 })).toEqual({
      valid: true,
      secretIndex: 1,
      timestamp: 1_000,
    });
  });

  it("takes the headers of Node's requests and of fetch as they are", () => {
    const { headers } = sign("standard-webhooks", { body: "{}" }, SECRET);
    const ofNode: IncomingHttpHeaders = { ...headers, host: "example.com", "set-cookie": ["a", "b"] };

    expect(verify("standard-webhooks", { headers: ofNode, body: "{}" }, SECRET).valid).toBe(true);
    expect(verify("standard-webhooks", { headers: new Headers(headers), body: "{}" }, SECRET).valid).toBe(true);
  });

  it("takes a scheme of the caller's own, once it is checked", () => {
    const record = { name: "acme", signature: { headers: ["x-acme"] }, content: "{body}", algorithm: "hmac-sha256" };
    const acme = defineScheme(record);
    const { headers } = sign(acme, { body: "{}" }, "s");

    expect(verify(acme, { headers, body: "{}" }, "s")).toEqual({ valid: true, secretIndex: 0 });
    expect(createVerifier(acme, "s").verify({ headers, body: "[]" }).valid).toBe(false);
    expect(() => defineScheme({ ...record, algorithm: "none" })).toThrow(/algorithm must be one of/);
    expect(() => verify({ ...record, title: "" }, { headers, body: "{}" }, "s")).toThrow(/what defineScheme answers/);
  });

  it("waits for a key that the message names, and takes none that is only promised", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const body = "{}";
    const key = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const { headers } = sign("plaid", { body }, key, { keyId: "kid-1" });
    const pem = publicKey.export({ format: "pem", type: "spki" }).toString();
    const resolveKey = async (name: string) => (name === "kid-1" ? pem : undefined);

    expect(await verifyAsync("plaid", { headers, body }, [], { resolveKey })).toMatchObject({ valid: true });
    expect(await verifyAsync("plaid", { headers, body: "[]" }, [], { resolveKey })).toMatchObject({ valid: false });
    expect(await verifyAsync("plaid", { headers, body }, [], { resolveKey: async () => undefined })).toMatchObject({
      valid: false,
    });
    expect(() => verify("plaid", { headers, body }, [], { resolveKey })).toThrow(/call verifyAsync/);
    expect(verify("plaid", { headers, body }, [], { resolveKey: () => pem }).valid).toBe(true);
  });

  it("refuses a message that came before, until it is told to forget it", async () => {
    const { headers } = sign("github", { body: "{}" }, "s");
    const verifier = createVerifier("github", "s", { replays: new MemoryReplays() });
    const accepted = verifier.verify({ headers, body: "{}" });

    expect(accepted).toMatchObject({ valid: true });
    expect(verifier.verify({ headers, body: "{}" })).toMatchObject({ reason: "replayed" });
    if (accepted.valid) await verifier.forget(accepted);
    expect(await verifier.verifyAsync({ headers, body: "{}" })).toMatchObject({ valid: true });
    await createVerifier("github", "s").forget({ valid: true, secretIndex: 0 });
    expect(() => createVerifier("gitlab", "s", { replays: new MemoryReplays() })).toThrow(/cannot have a replay store/);
  });

  it("throws for an unknown scheme at once", () => {
    const scheme = "nope" as "standard-webhooks";

    expect(() => createVerifier(scheme, SECRET)).toThrow(TypeError);
    expect(() => sign(scheme, { body: "" }, SECRET)).toThrow(TypeError);
  });
});
