import { generateKeyPairSync, KeyObject } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { readSecretOf } from "../../src/core/profiles/secret-form.ts";
import { readStandardSecret } from "../../src/core/profiles/standard.ts";
import { readOwnScheme } from "../../src/core/signing/own-scheme.ts";
import { prepared } from "../../src/core/signing/prepared-scheme.ts";
import { readPrivateKey, readPublicKey, readResolvedKey, readWritten } from "../../src/core/signing/public-key.ts";
import { readScheme } from "../../src/core/signing/read-scheme.ts";
import { WrongField } from "../../src/core/signing/record-fields.ts";
import { findScheme, SCHEMES } from "../../src/core/signing/registry.ts";
import type { Scheme } from "../../src/core/signing/scheme.ts";
import { parseSchemes } from "../../src/core/signing/scheme-file.ts";
import { readDigest } from "../../src/core/signing/schemes/content-digest.ts";
import { readSecret } from "../../src/core/signing/secret-text.ts";
import { signMessage } from "../../src/core/signing/sign.ts";
import { readSignatureHeader } from "../../src/core/signing/signature-header.ts";
import { readValues } from "../../src/core/signing/signed-body.ts";
import { readSigningKey } from "../../src/core/signing/signing-key.ts";
import { parseDictionary } from "../../src/core/signing/structured-fields.ts";
import { suggestSchemes } from "../../src/core/signing/suggest-scheme.ts";
import { Verifier } from "../../src/core/signing/verify.ts";
import { readVerifyingKey, readVerifyingKeys } from "../../src/core/signing/verifying-key.ts";
import * as webKeys from "../../src/core/signing/web/read-key.ts";
import { hostileText, hostileValue, RUNS } from "./support/hostile-text.ts";
import { describeParsers, type Parsers } from "./support/parser-table.ts";

// Schemes that users wrote, keys and secrets, and what senders write into headers and bodies.

const NOW = 1_760_000_000;

const RECORD = {
  name: "acme",
  title: "Acme",
  signature: { headers: ["x-acme-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
  timestamp: { field: "t", unit: "s", past: 300, future: 300 },
  content: "{timestamp}.{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8", prefix: "acme_" },
};
const OTHER_RECORDS = [
  { name: "b", extends: "github", notes: ["x"], require: { "x-version": "1" } },
  { name: "c", signature: { json: "sig.value" }, content: "{json:a.b}{url}", algorithm: "sha256", secret: {} },
  { name: "d", extends: "standard-webhooks", aliases: ["e"], timestamp: null, id: null, content: "{method}{body}" },
];

/** The mistake of a program is a TypeError that says so; anything else is our own. */
function unlessMistake<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof TypeError && MISTAKES.test(error.message)) return undefined;
    throw error;
  }
}
const MISTAKES =
  /^(scheme: |[a-z0-9_-]+ (signs|reads|cannot|needs|takes) |the (signature stands|id|timestamp|body)|secret #1 |id |a timestamp|timestamp )/;

/** Whatever was taken for a scheme, messages of anybody are judged by it, and what it signs it finds valid. */
function use(scheme: Scheme): void {
  const compiled = prepared(scheme);
  const request = {
    headers: { "x-acme-signature": "t=1,v1=0" },
    body: "{}",
    method: "POST",
    url: "https://a.example/",
  };
  expect(new Verifier(compiled, "abcd").verify(request, NOW)).toMatchObject({
    valid: scheme.algorithm === "token" ? expect.any(Boolean) : false,
  });
  suggestSchemes(request, [scheme]);
  const signed = unlessMistake(() => signMessage(compiled, request, "abcd", { id: "msg_1", timestamp: NOW }));
  if (signed === undefined) return;
  new Verifier(compiled, "abcd").verify({ ...request, headers: signed.headers, body: signed.body ?? "{}" }, NOW);
}

const pem = (key: KeyObject, type: "spki" | "pkcs8") => key.export({ format: "pem", type }).toString();
const jwk = (key: KeyObject) => JSON.stringify(key.export({ format: "jwk" }));
const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const KEYS = [
  pem(ed25519.publicKey, "spki"),
  pem(p256.privateKey, "pkcs8"),
  jwk(p256.publicKey),
  jwk(ed25519.privateKey),
  '{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw"}',
  `whpk_${Buffer.alloc(32, 7).toString("base64")}`,
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  Buffer.alloc(32, 7).toString("hex"),
];
const KEYED = ["standard-webhooks", "standard-webhooks-v1a", "discord", "sendgrid", "sns", "rfc9421", "github"].map(
  (name) => findScheme(name)!.scheme,
);

/** A key, or why there is none, with nothing of the text in it. */
function expectKey(answer: unknown, text: string): void {
  if (typeof answer !== "string") return;
  expect(answer.length).toBeLessThan(200);
  if (text.length > 20) expect(answer).not.toContain(text);
}

const TEXTS: Parsers<string> = {
  "file of schemes": {
    parse: (text) => {
      for (const scheme of parseSchemes(text, "--scheme-file: f")) use(scheme);
    },
    samples: [
      JSON.stringify(RECORD),
      JSON.stringify({ schemes: [RECORD, ...OTHER_RECORDS.slice(0, 1)] }),
      JSON.stringify(OTHER_RECORDS[2]),
    ],
  },
  "structured field": {
    parse: parseDictionary,
    samples: ['sig1=("@method" "@path";req);created=1;alg="x"', "a=:AAAA:, b=?1;c=1.5, d"],
  },
  "Content-Digest": {
    parse: readDigest,
    samples: [`sha-256=:${Buffer.alloc(32).toString("base64")}:`, "sha-512=:AA==:, md5=:AA==:"],
  },
  "header of signatures": {
    parse: (text) => {
      for (const { signature, timestamp } of SCHEMES) {
        const read = readSignatureHeader(
          signature,
          [text, text],
          timestamp !== undefined && "field" in timestamp ? timestamp.field : undefined,
        );
        if (!("reason" in read)) expect(read.signatures.length).toBeGreaterThan(0);
      }
    },
    samples: ["t=1760000000,v1=abc,v1=def", "v1,K5oZ v1a,abc", "sha256=00", "ts=1;h1=ab"],
  },
  "fields of a body that is signed": {
    parse: (text) => {
      for (const name of ["mailgun", "linear", "plain", "dropbox-sign"]) {
        unlessMistake(() => readValues(findScheme(name)!, text, "1760000000", "msg_1"));
      }
    },
    samples: [
      '{"webhookTimestamp":1760000000000}',
      '{"event":{"event_time":"1","event_type":"a"}}',
      '{"signature":{}}',
    ],
  },
  secret: {
    parse: (text) => {
      for (const { secret } of SCHEMES) expectKey(readSecret(secret, text), text);
    },
    samples: KEYS,
  },
  "secret of a profile": {
    parse: (text) => {
      for (const scheme of KEYED) {
        try {
          readSecretOf(scheme, text);
        } catch (error) {
          if (!(error instanceof HooksError)) throw error;
          expectKey(error.message, text);
        }
      }
    },
    samples: KEYS,
  },
  "secret of the standard profile": { parse: readStandardSecret, samples: KEYS },
  key: {
    parse: (text) => {
      expect(readResolvedKey(text) ?? ed25519.publicKey).toBeInstanceOf(KeyObject);
      for (const { secret, algorithm } of KEYED) {
        const named =
          algorithm === "ed25519" || algorithm === "rsa" || algorithm === "ecdsa-p256-sha256" ? algorithm : undefined;
        expectKey(readPublicKey(secret, named, text), text);
        expectKey(readPrivateKey(secret, named, text), text);
      }
    },
    samples: KEYS,
  },
  "key that signs or checks": {
    parse: (text) => {
      for (const scheme of KEYED) {
        expectKey(readSigningKey(scheme, text), text);
        expectKey(readVerifyingKey(scheme, text), text);
        const keys = readVerifyingKeys(scheme, [text, text]);
        if ("reason" in keys) expectKey(keys.detail, text);
      }
    },
    samples: KEYS,
  },
};

describeParsers(TEXTS);

it("a written key is a key, or an error that the callers take", () => {
  fc.assert(
    fc.property(hostileText(KEYS), (text) => {
      let key: unknown;
      try {
        key = readWritten(text);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
      if (key !== undefined) expect(key).toBeInstanceOf(KeyObject);
    }),
    { numRuns: RUNS },
  );
});

it("a record is a scheme that can be used, or the field is named that is wrong", () => {
  fc.assert(
    fc.property(hostileValue([RECORD, ...OTHER_RECORDS]), (value) => {
      const own = unlessMistake(() =>
        readOwnScheme(value, (name) => (typeof name === "string" ? findScheme(name)?.scheme : undefined)),
      );
      if (own !== undefined) use(own);
      try {
        expect(readScheme(value, "at", () => undefined).name).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
      } catch (error) {
        expect(error).toBeInstanceOf(WrongField);
        expect((error as WrongField).field).toMatch(/^at/);
      }
      expect(({} as { x?: unknown }).x).toBeUndefined();
    }),
    { numRuns: 2 * RUNS },
  );
});

it("what resolveKey answers is a key or none, whatever it is, in Node and on Web Crypto", async () => {
  const answers = hostileValue([
    { alg: "ed25519", key: Buffer.alloc(32, 7).toString("base64") },
    { alg: "hmac-sha256", key: "AAEC" },
    JSON.parse(KEYS[2]!) as unknown,
    { kty: "oct", k: "AAEC" },
    { kty: { toString: "" }, crv: [] },
    { kty: "constructor" },
    { kty: "RSA", crv: { toString: 1 }, d: {} },
    KEYS[0],
  ]);
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      expect(readResolvedKey(answer) ?? ed25519.publicKey).toBeInstanceOf(KeyObject);
      await webKeys.readResolvedKey(answer);
    }),
    { numRuns: RUNS },
  );
});

it("a key for Web Crypto is one, or why it is none", async () => {
  await fc.assert(
    fc.asyncProperty(hostileText(KEYS), fc.constantFrom(...KEYED), async (text, scheme) => {
      expectKey(await webKeys.readVerifyingKey(scheme, text), text);
      expectKey(await webKeys.readSigningKey(scheme, text), text);
    }),
    { numRuns: RUNS },
  );
});
