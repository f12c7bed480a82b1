import { generateKeyPairSync } from "node:crypto";
import type { Scheme } from "../../../../src/core/signing/scheme.ts";

const URL_IN = "https://hooks.example.com/in?a=1&b=%20c";
const HEX_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
const newPairs = () => ({
  ed25519: generateKeyPairSync("ed25519"),
  p256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
});
const pairs = newPairs();
const otherPairs = newPairs();

/** What checks nothing that `keysOf` signs. */
export function otherKeyOf(scheme: Scheme): string {
  const { verifying } = keysOf(scheme, otherPairs);
  if (verifying !== keysOf(scheme).verifying) return verifying;
  return verifying.startsWith("whsec_") ? "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" : `0000${verifying}`;
}

/** What signs and what checks a scheme, which are two keys where the scheme has a public one. */
export function keysOf(
  { name, algorithm, secret }: Scheme,
  { ed25519, p256, rsa } = pairs,
): { signing: string; verifying: string } {
  const pem = ({ privateKey, publicKey }: typeof ed25519) => ({
    signing: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    verifying: publicKey.export({ format: "pem", type: "spki" }).toString(),
  });
  if (name === "standard-webhooks-v1a") {
    const { d = "", x = "" } = ed25519.privateKey.export({ format: "jwk" });
    const both = Buffer.concat([Buffer.from(d, "base64url"), Buffer.from(x, "base64url")]);
    const verifying = `whpk_${Buffer.from(x, "base64url").toString("base64")}`;
    return { signing: `whsk_${both.toString("base64")}`, verifying };
  }
  if (algorithm === "ed25519") {
    const { d = "", x = "" } = ed25519.privateKey.export({ format: "jwk" });
    const encoding = secret.decode === "hex" ? "hex" : "base64";
    const text = (key: string) => Buffer.from(key, "base64url").toString(encoding);
    return { signing: text(d), verifying: text(x) };
  }
  if (algorithm === "ecdsa-p256-sha256") return pem(p256);
  if (algorithm === "rsa") return pem(rsa);
  const text = { base64: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", hex: HEX_KEY, utf8: "a secret", pem: "" }[
    secret.decode
  ];
  const one = secret.decode === "base64" && secret.prefix === undefined ? text.slice("whsec_".length) : text;
  return { signing: one, verifying: one };
}

/** A body that the scheme can sign, with a text of the caller's in what is covered. */
export function bodyFor({ name }: Scheme, text: string, timestamp: number): string {
  switch (name) {
    case "linear":
      return JSON.stringify({ text, webhookTimestamp: timestamp * 1000 });
    case "plain":
      return JSON.stringify({
        text,
        webhookMetadata: { webhookDeliveryAttemptTimestamp: new Date(timestamp * 1000).toISOString() },
      });
    case "mailgun":
      return JSON.stringify({ "event-data": { text } });
    case "dropbox-sign":
      return JSON.stringify({ event: { event_time: String(timestamp), event_type: text } });
    case "sns":
      return JSON.stringify({ Message: text });
    case "adyen-payments":
      return JSON.stringify({ notificationItems: [{ NotificationRequestItem: { merchantReference: text } }] });
    case "twilio":
      return new URLSearchParams({ text }).toString();
    default:
      return text;
  }
}

export const SAMPLE_REQUEST = { method: "POST", url: URL_IN };
