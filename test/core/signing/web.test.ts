import { describe, expect, it } from "vitest";
import { findScheme, SCHEMES } from "../../../src/core/signing/registry.ts";
import { sign as signByNode } from "../../../src/core/signing/sign.ts";
import { verify as verifyByNode } from "../../../src/core/signing/verify.ts";
import { signMessage } from "../../../src/core/signing/web/sign.ts";
import { Verifier } from "../../../src/core/signing/web/verify.ts";
import { bodyFor, keysOf, otherKeyOf, SAMPLE_REQUEST } from "./support/scheme-samples.ts";
import { bodyOf, readVectors, resolverOf } from "./support/vectors.ts";

// Web Crypto must give the verdicts of node:crypto. Here in Node; test/e2e/web-in-chromium.test.ts asks a browser.

const NOW = 1_760_000_000;

describe.each(readVectors())("the vectors of $scheme", (file) => {
  const resolveKey = resolverOf(file);

  it.each(file.vectors)("$id: as by node:crypto", async (vector) => {
    const { headers, method, url, now } = vector;
    const request = { headers, method, url, body: bodyOf(vector) };
    const byNode = verifyByNode(file.scheme, request, vector.secrets, { now, resolveKey });
    const verifier = new Verifier(findScheme(file.scheme)!, vector.secrets, {
      resolveKey: resolveKey && (async (name) => resolveKey(name)),
    });

    expect(await verifier.verify(request, now)).toEqual(byNode);
    if (vector.must !== "either") expect(byNode.valid).toBe(vector.must === "valid");
  });
});

/** Signatures of these are another each time. */
const RANDOM = new Set(["sendgrid", "plaid"]);

describe.each(SCHEMES)("$name", (scheme) => {
  const { signing, verifying } = keysOf(scheme);
  const compiled = findScheme(scheme.name)!;
  const unsigned = { ...SAMPLE_REQUEST, body: bodyFor(scheme, "text with ünïcödé", NOW) };
  const options = { id: "msg_1", timestamp: NOW };

  it("signs what node:crypto accepts, and as it does", async () => {
    const byWeb = await signMessage(compiled, unsigned, signing, options);
    const received = { ...unsigned, headers: byWeb.headers, body: byWeb.body ?? unsigned.body };

    expect(verifyByNode(scheme.name, received, verifying, { now: NOW })).toMatchObject({ valid: true });
    expect(verifyByNode(scheme.name, received, otherKeyOf(scheme), { now: NOW })).toMatchObject({ valid: false });
    if (!RANDOM.has(scheme.name)) expect(byWeb).toEqual(signByNode(scheme.name, unsigned, signing, options));
  });

  it("accepts what node:crypto signs, by the public and by the private key, and by no other", async () => {
    const byNode = signByNode(scheme.name, unsigned, signing, options);
    const received = { ...unsigned, headers: byNode.headers, body: byNode.body ?? unsigned.body };
    const judge = (secrets: string | string[]) => new Verifier(compiled, secrets).verify(received, NOW);

    expect(await judge(verifying)).toEqual(verifyByNode(scheme.name, received, verifying, { now: NOW }));
    expect(await judge(verifying)).toMatchObject({ valid: true, secretIndex: 0 });
    expect(await judge(signing)).toEqual(verifyByNode(scheme.name, received, signing, { now: NOW }));
    expect(await judge([otherKeyOf(scheme), verifying])).toMatchObject({ valid: true, secretIndex: 1 });
    expect(await judge(otherKeyOf(scheme))).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });

  it("says of unusable secrets what node:crypto says", async () => {
    const request = { ...unsigned, headers: {} };
    for (const secret of [
      "",
      " ",
      "x",
      "whsec_",
      "whpk_AAAA",
      "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
      "{}",
      [],
    ]) {
      const byNode = verifyByNode(scheme.name, request, secret, { now: NOW });

      expect(await new Verifier(compiled, secret).verify(request, NOW), JSON.stringify(secret)).toEqual(byNode);
    }
  });
});
