import { decodeStrictly, encodeBytes, utf8OfLatin1 } from "../byte-text.ts";
import { replayKeyHead } from "../replays.ts";
import type { SignatureEncoding } from "../scheme.ts";
import type { BodyHash } from "../scheme-code.ts";
import type { Content, Statement, StatementAlgorithm } from "../signed-content.ts";
import { derOfRaw, rawOfDer } from "./ecdsa-signature.ts";
import { isSameSecret, isSameText } from "./same-text.ts";
import { attempt, digest, joinContent, subtle } from "./subtle.ts";
import { fitsAlgorithm, importedFor, pairAlgorithm, type WebKey } from "./web-key.ts";

/** As the function of this name for node:crypto: every signature is compared with every content. */
export async function trueContent(
  { algorithm, encoding, signatures, contents }: Statement,
  key: WebKey,
): Promise<Content | undefined> {
  if (!fitsAlgorithm(key, algorithm)) return undefined;
  let right: Content | undefined;
  for (const content of contents) {
    if (pairAlgorithm(algorithm) !== undefined) {
      for (const signature of signatures) {
        if (await isSignature(algorithm, decodeStrictly(signature, encoding), key, content)) right = content;
      }
      continue;
    }
    const expected = await secretSignature(algorithm, encoding, key, content);
    for (const signature of signatures) {
      // Equal to the one canonical spelling is the strictest form of "decodes to the same bytes". Hex has two.
      const text = encoding === "hex" && algorithm !== "token" ? signature.toLowerCase() : signature;
      const isSame = algorithm === "token" ? await isSameToken(expected, text) : isSameText(expected, text);
      if (isSame) right = content;
    }
  }
  return right;
}

/** @throws TypeError when the key does not fit. */
export async function signStatement(
  algorithm: StatementAlgorithm,
  encoding: SignatureEncoding,
  key: WebKey,
  content: Content,
): Promise<string> {
  const pair = pairAlgorithm(algorithm);
  if (pair === undefined) return await secretSignature(algorithm, encoding, key, content);
  const imported =
    key.kind === "private" && fitsAlgorithm(key, algorithm) ? await importedFor(key, algorithm) : undefined;
  if (imported === undefined) throw new TypeError(`signing with ${algorithm} takes its private key`);
  const raw = new Uint8Array(await subtle().sign(pair.use, imported, joinContent(content)));
  return encodeBytes(pair.derSize === undefined ? raw : derOfRaw(raw), encoding);
}

export async function hashBody(
  algorithm: BodyHash["algorithm"],
  encoding: SignatureEncoding,
  body: Uint8Array | string,
): Promise<string> {
  return encodeBytes(await digest(algorithm, [body]), encoding);
}

export async function isHashOf({ algorithm, encoding, text }: BodyHash, body: Uint8Array | string): Promise<boolean> {
  return isSameText(text, await hashBody(algorithm, encoding, body));
}

/** The same as that of node:crypto, so that both can share a replay store. */
export async function contentKey(schemeName: string, content: Content): Promise<string> {
  return `${schemeName}:${encodeBytes(await digest("sha256", [replayKeyHead(schemeName), ...content]), "base64url")}`;
}

async function isSameToken(secret: string, text: string): Promise<boolean> {
  const [asItIs, asUtf8] = [await isSameSecret(secret, text), await isSameSecret(secret, utf8OfLatin1(text) ?? text)];
  return asItIs || asUtf8;
}

async function isSignature(
  algorithm: StatementAlgorithm,
  signature: Uint8Array<ArrayBuffer> | undefined,
  key: WebKey,
  content: Content,
): Promise<boolean> {
  const { use, derSize } = pairAlgorithm(algorithm)!;
  const raw = signature !== undefined && derSize !== undefined ? rawOfDer(signature, derSize) : signature;
  const imported = await importedFor(key, algorithm);
  if (raw === undefined || raw.length === 0 || imported === undefined) return false;
  return (await attempt(algorithm, (crypto) => crypto.verify(use, imported, raw, joinContent(content)))) === true;
}

/** Of a secret: an HMAC, a hash that has it in its content, or the secret itself. */
async function secretSignature(
  algorithm: StatementAlgorithm,
  encoding: SignatureEncoding,
  key: WebKey,
  content: Content,
): Promise<string> {
  if (key.kind !== "secret") throw new TypeError(`signing with ${algorithm} takes a secret`);
  if (algorithm === "token") return key.text ?? new TextDecoder().decode(key.bytes);
  if (algorithm === "sha256") return encodeBytes(await digest("sha256", content), encoding);
  const imported = await importedFor(key, algorithm);
  if (imported === undefined) throw new TypeError(`signing with ${algorithm} takes a secret`);
  return encodeBytes(new Uint8Array(await subtle().sign("HMAC", imported, joinContent(content))), encoding);
}
