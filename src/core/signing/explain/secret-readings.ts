import { decodeStrictly } from "../byte-text.ts";
import type { Scheme, SecretRule } from "../scheme.ts";
import type { Hint } from "./hint.ts";
import type { Trials } from "./trials.ts";

export interface SecretReading extends Hint {
  scheme: Scheme;
  secret: string;
}

/** A name before the secret proper: `whsec_`, `polar_whs_`, `sk_test_`. */
const PREFIX = /^(?:[A-Za-z]{2,8}_){1,3}(?=[A-Za-z0-9+/=_-]{8,}$)/;

const BASES = { hex: "hex", base64: "base64" } as const;

/** How else the text of a secret may have been made a key, likeliest first. */
export function* secretReadings(scheme: Scheme, secret: string): Generator<SecretReading> {
  const { decode } = scheme.secret;
  if (decode === "pem") return;
  for (const { text, code, what } of textsOf(scheme.secret, secret)) {
    for (const reading of decodingsOf(scheme)) {
      const key = reading === "base64" ? fromUrlAlphabet(text) : text;
      const hint: Hint | undefined =
        reading === decode
          ? code && { code, text: `It matches when the secret is taken ${what}.` }
          : { code: reading === "utf8" ? "secret_not_decoded" : "secret_decoded", text: sentence(reading, what) };
      if (hint !== undefined) yield { ...hint, scheme: { ...scheme, secret: { decode: reading } }, secret: key };
    }
  }
}

interface SecretText {
  text: string;
  code: "secret_prefix" | "secret_spelling" | "secret_whitespace" | undefined;
  what: string;
}

function textsOf(rule: SecretRule, secret: string): SecretText[] {
  const trimmed = secret.trim().replace(/^(["'])(.*)\1$/s, "$2");
  const prefix = PREFIX.exec(trimmed)?.[0];
  const bare = prefix === undefined ? trimmed : trimmed.slice(prefix.length);
  const isOwnPrefix = prefix === rule.prefix;
  const quoted = trimmed !== secret;
  const texts: SecretText[] = [
    quoted && isOwnPrefix
      ? { text: bare, code: "secret_whitespace", what: "without the blanks or quotes around it" }
      : { text: bare, ...bareCause(rule, bare, prefix) },
    {
      text: trimmed,
      code: prefix !== undefined && isOwnPrefix ? "secret_prefix" : undefined,
      what: prefix === undefined ? "as it stands" : "with its prefix",
    },
    { text: `whsec_${bare}`, code: "secret_prefix", what: 'with "whsec_" before it' },
    { text: secret, code: undefined, what: "as it stands" },
    { text: `${trimmed}\n`, code: "secret_whitespace", what: "with a line break at its end" },
  ];
  if (quoted) {
    texts.unshift({ text: trimmed, code: "secret_whitespace", what: "without the blanks or quotes around it" });
  }
  return texts;
}

/** Why the secret matches without its prefix and does not as it was given. */
function bareCause(rule: SecretRule, bare: string, prefix: string | undefined): Omit<SecretText, "text"> {
  if (prefix !== undefined && prefix !== rule.prefix) return { code: "secret_prefix", what: `without "${prefix}"` };
  if (rule.decode === "base64" && decodeStrictly(bare, "base64") === undefined) {
    return { code: "secret_spelling", what: "in the alphabet of base64 with + and /, and with its padding (=)" };
  }
  if (prefix !== undefined) return { code: undefined, what: `without "${prefix}"` };
  if (rule.prefix === undefined) return { code: undefined, what: "as it stands" };
  return { code: "secret_prefix", what: `with "${rule.prefix}" before it` };
}

function decodingsOf({ algorithm, secret }: Scheme): ("utf8" | "base64" | "hex")[] {
  if (algorithm === "token" || algorithm === "sha256") return ["utf8"];
  if (algorithm === "ed25519") return [BASES.hex, BASES.base64];
  const all = ["utf8", "base64", "hex"] as const;
  return [...all].sort((one, other) => Number(other === secret.decode) - Number(one === secret.decode));
}

function sentence(reading: "utf8" | "base64" | "hex", what: string): string {
  return reading === "utf8"
    ? `It matches when the secret is taken as text, ${what}: the sender does not decode it as this scheme asks.`
    : `It matches when the secret is decoded from ${reading}, ${what}: this scheme takes another form.`;
}

function fromUrlAlphabet(text: string): string {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  return standard.padEnd(Math.ceil(standard.length / 4) * 4, "=");
}

/** The first reading of a secret with which the message matches. */
export function explainSecret(trials: Trials): Hint[] {
  for (const secret of trials.secrets) {
    for (const { code, text, scheme, secret: read } of secretReadings(trials.compiled.scheme, secret)) {
      if (trials.matches({ scheme, secrets: read })) return [{ code, text }];
    }
  }
  return [];
}
