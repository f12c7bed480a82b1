// HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530).

import { defineRecord } from "../define-record.ts";
import type { SignedMessage, UnsignedRequest } from "../options.ts";
import type { BodyHash, CodeSignOptions, FindHeader, ReadMessage, Signing } from "../scheme-code.ts";
import type { StatementAlgorithm } from "../signed-content.ts";
import {
  type InnerList,
  type Item,
  type Parameters,
  parseDictionary,
  serializeInnerList,
} from "../structured-fields.ts";
import { type Refusal, refuse } from "../verdict.ts";
import type { WebhookRequest } from "../webhook-request.ts";
import { digestHeader, readDigest } from "./content-digest.ts";
import { componentsOf, signatureBase } from "./signature-base.ts";

const INPUT = "signature-input";
const SIGNATURE = "signature";
const DIGEST = "content-digest";

/** Signatures with names that are looked at: a bound on the work, far above what proxies add. */
const MAX_SIGNATURES = 8;

/** Names of the RFC's registry. */
const ALGORITHMS: ReadonlyMap<string, StatementAlgorithm> = /* @__PURE__ */ new Map([
  ["hmac-sha256", "hmac-sha256"],
  ["ed25519", "ed25519"],
  ["ecdsa-p256-sha256", "ecdsa-p256-sha256-raw"],
  ["ecdsa-p384-sha384", "ecdsa-p384-sha384-raw"],
  ["rsa-pss-sha512", "rsa-pss-sha512"],
  ["rsa-v1_5-sha256", "rsa-sha256"],
]);

/** By the type of the key. */
const SIGNING_ALGORITHMS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["secret", "hmac-sha256"],
  ["ed25519", "ed25519"],
  ["P-256", "ecdsa-p256-sha256"],
  ["P-384", "ecdsa-p384-sha384"],
  ["rsa", "rsa-pss-sha512"],
  ["rsa-pss", "rsa-pss-sha512"],
]);

/** What a signature has to name to be for this request and no other. */
const TARGETS = ["@target-uri", "@authority", "@path", "@request-target", DIGEST];

export const rfc9421 = /* @__PURE__ */ defineRecord({
  name: "rfc9421",
  title: "HTTP Message Signatures (RFC 9421)",
  aliases: ["http-message-signatures"],
  signature: { headers: [SIGNATURE], format: "raw" },
  timestamp: { headers: [INPUT], unit: "s", past: 300, future: 0 },
  content: "the components that signature-input names; content-digest for {body}",
  algorithm: "hmac-sha256",
  encoding: "base64",
  secret: { decode: "base64" },
  code: { headers: [DIGEST, "host"], namesKey: true, read, sign },
  notes: [
    "What is signed is the sender's choice: a message that names the method or the URL is refused (`unsupported_version`) where the caller did not give them, the URL whole.",
    "The secret is the base64 of an HMAC key, or a public key (PEM or JWK); `resolveKey` answers them by `keyid`.",
    "A Content-Digest is always compared with the body, and a signature that covers nothing of the request's target or body is refused.",
  ],
});

function read(request: WebhookRequest, find: FindHeader): readonly (ReadMessage | Refusal)[] {
  const input = joined(INPUT, find);
  if (typeof input !== "string") return [input];
  const given = joined(SIGNATURE, find);
  if (typeof given !== "string") return [given];
  const inputs = parseDictionary(input);
  const signatures = parseDictionary(given);
  if (inputs === undefined || inputs.size === 0)
    return [refuse("malformed_header", `${INPUT} is not a dictionary of signatures`)];
  if (signatures === undefined)
    return [refuse("malformed_header", `${SIGNATURE} is not a dictionary of byte sequences`)];
  const digest = find(DIGEST)?.join(", ");
  const bodyHashes = digest === undefined ? [] : readDigest(digest);
  if ("reason" in bodyHashes) return [bodyHashes];
  return [...inputs].slice(0, MAX_SIGNATURES).flatMap(([name, member]) => {
    const signature = signatures.get(name);
    if (!("items" in member)) return [refuse("malformed_header", `${INPUT}: "${name}" is no list of components`)];
    if (
      signature === undefined ||
      !("value" in signature) ||
      signature.value.type !== "bytes" ||
      signature.value.bytes.length === 0
    ) {
      return [refuse("malformed_header", `${SIGNATURE} has no byte sequence "${name}"`)];
    }
    return readOne(request, member, signature.value.text, bodyHashes);
  });
}

/** Without `alg` the key says which algorithm it is: one reading for each. */
function readOne(
  request: WebhookRequest,
  member: InnerList,
  signature: string,
  bodyHashes: readonly BodyHash[],
): (ReadMessage | Refusal)[] {
  const { parameters } = member;
  const alg = textParameter(parameters, "alg");
  const keyName = textParameter(parameters, "keyid");
  const created = numberParameter(parameters, "created");
  const expires = numberParameter(parameters, "expires");
  if (alg === false || keyName === false)
    return [refuse("malformed_header", `${INPUT}: alg and keyid must be strings`)];
  if (created === false || expires === false)
    return [refuse("timestamp_malformed", `${INPUT}: created and expires must be whole unix seconds`)];
  const components = componentsOf(member);
  if ("reason" in components) return [components];
  const covered = components.map(({ name }) => name);
  if (!covered.some((name) => TARGETS.includes(name))) {
    return [refuse("malformed_header", `${INPUT}: covers neither the request's target nor ${DIGEST}`)];
  }
  const base = signatureBase(member, components, request);
  if (typeof base !== "string") return [base];
  const algorithms = alg === undefined ? [...ALGORITHMS.values()] : [ALGORITHMS.get(alg)];
  return algorithms.map((algorithm): ReadMessage | Refusal => {
    if (algorithm === undefined)
      return refuse("unsupported_version", `${INPUT}: alg is none of ${[...ALGORITHMS.keys()].join(", ")}`);
    const message: ReadMessage = {
      bodyHashes,
      statements: [{ algorithm, encoding: "base64", signatures: [signature], contents: [[base]] }],
      bodyUnsigned: !covered.includes(DIGEST) && request.body.length > 0,
    };
    if (created !== undefined) message.timestamp = created;
    if (expires !== undefined) message.expires = expires;
    if (keyName !== undefined) message.keyName = keyName;
    return message;
  });
}

function* sign(
  { body, method = "POST", url }: UnsignedRequest,
  { timestamp, keyId, keyType }: CodeSignOptions,
): Signing<SignedMessage> {
  if (url === undefined || !URL.canParse(url)) {
    throw new TypeError("rfc9421 signs the url: request.url is needed, and whole");
  }
  const alg = SIGNING_ALGORITHMS.get(keyType);
  if (alg === undefined) throw new TypeError(`rfc9421 cannot sign with a key of the type ${keyType}`);
  const created = Math.floor(timestamp);
  const member: InnerList = {
    items: ["@method", "@target-uri", DIGEST].map(
      (text): Item => ({ value: { type: "string", text }, parameters: new Map() }),
    ),
    parameters: new Map([
      ["created", { type: "integer", number: created }],
      ["keyid", { type: "string", text: keyId }],
      ["alg", { type: "string", text: alg }],
    ]),
  };
  const headers: Record<string, string> = { [DIGEST]: yield* digestHeader(body) };
  const components = componentsOf(member);
  const base = "reason" in components ? components : signatureBase(member, components, { headers, body, method, url });
  if (typeof base !== "string") throw new TypeError(`rfc9421: ${base.detail}`);
  const signature = `sig1=:${yield { sign: ALGORITHMS.get(alg)!, content: [base], encoding: "base64" }}:`;
  headers[INPUT] = `sig1=${serializeInnerList(member)}`;
  headers[SIGNATURE] = signature;
  return { headers, signature, timestamp: created };
}

function joined(name: string, find: FindHeader): string | Refusal {
  const values = find(name);
  if (values === undefined) return refuse("missing_header", `${name} is missing`);
  return values.includes(undefined) ? refuse("malformed_header", `${name} is not text`) : values.join(", ");
}

/** False when it is there and of another type. */
function textParameter(parameters: Parameters, name: string): string | undefined | false {
  const value = parameters.get(name);
  if (value === undefined) return undefined;
  return value.type === "string" ? value.text : false;
}

function numberParameter(parameters: Parameters, name: string): number | undefined | false {
  const value = parameters.get(name);
  if (value === undefined) return undefined;
  return value.type === "integer" && value.number >= 0 ? value.number : false;
}
