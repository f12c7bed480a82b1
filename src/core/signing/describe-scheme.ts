// Records in words: for lists and for the documentation.

import { compileScheme } from "./compiled-scheme.ts";
import type { Scheme } from "./scheme.ts";

/** Where the signature stands, as a sender writes it: `stripe-signature: t=…,v1=<hex>`. */
export function signaturePlace({ signature: rule, timestamp, encoding, algorithm, code }: Scheme): string {
  const value = algorithm === "token" ? "<secret>" : `<${encoding}>`;
  const form = {
    raw: () => value,
    prefixed: () => (rule.format === "prefixed" ? rule.prefix : "") + value,
    list: () => {
      if (rule.format !== "list") return "";
      const time =
        timestamp !== undefined && "field" in timestamp ? `${timestamp.field}${rule.pair}…${rule.separator}` : "";
      return `${time}${rule.field}${rule.pair}${value}`;
    },
  }[rule.format]();
  if ("json" in rule) return `body: ${rule.json}`;
  return `${rule.headers[0]}: ${code?.namesKey === true ? "…" : form}`;
}

/** `300 s back, 60 s ahead`; undefined: the scheme judges no age. */
export function ageLimits({ timestamp }: Scheme): string | undefined {
  if (timestamp === undefined) return undefined;
  const { past, future } = timestamp;
  const limits = [
    past === undefined ? [] : [`${past} s back`],
    future === undefined ? [] : [`${future} s ahead`],
  ].flat();
  return limits.length === 0 ? undefined : limits.join(", ");
}

/** How the secret's text is read. */
export function secretForm({ secret, algorithm }: Scheme): string {
  if (secret.decode === "pem") return "public key or certificate: PEM, JWK, or base64 of its DER";
  const key = algorithm === "ed25519" ? "public key, " : "";
  const text = secret.decode === "utf8" ? "text" : secret.decode;
  if (secret.prefix === undefined) return `${key}${text}`;
  const other = secret.unprefixed === undefined ? "" : ", without it text";
  return `${key}${secret.prefix}… (${text} after it${secret.prefixRequired === true ? ", required" : ""}${other})`;
}

/** What the caller has to give beside headers and body. */
export function neededParts(scheme: Scheme): string[] {
  if (scheme.code !== undefined) {
    return ["url", "method"].filter((part) => scheme.content.includes(`{${part}}`));
  }
  const fields = compileScheme(scheme).parts.map(({ field }) => field);
  return [
    ...(fields.includes("url") || fields.includes("url:hubspot") ? ["url"] : []),
    ...(fields.includes("method") ? ["method"] : []),
  ];
}
