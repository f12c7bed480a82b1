import { type CompiledScheme, signatureHeaders } from "../compiled-scheme.ts";
import { computeSignature } from "../hmac-signature.ts";
import { readMessage } from "../message.ts";
import { readVerifyingKeys } from "../verifying-key.ts";
import type { Hint, HintCode } from "./hint.ts";
import type { Trials } from "./trials.ts";

interface Repair {
  code: HintCode;
  text: string;
  repair(value: string): string;
}

const BASE64_LETTERS = "A-Za-z0-9+/";

/** What proxies, log files and copying do to a header, and how it is undone. */
const REPAIRS: readonly Repair[] = [
  {
    code: "header_mangled",
    text: "It matches when the signature is percent-decoded: something on the way escaped the header.",
    repair: (value) =>
      value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  },
  {
    code: "header_mangled",
    text: "It matches when blanks in the signature are pluses again: something on the way decoded the header like a form.",
    repair: (value) => value.replace(new RegExp(`(?<=[${BASE64_LETTERS}]) (?=[${BASE64_LETTERS}=])(?!v\\d)`, "g"), "+"),
  },
  {
    code: "header_mangled",
    text: "It matches without the quotes around the header.",
    repair: (value) => value.replace(/^["']+|["']+$/g, ""),
  },
  {
    code: "header_mangled",
    text: "It matches when the header is put together again: blanks or line breaks stand inside the signature.",
    repair: (value) => value.replace(/\s+(?!v\d+a?[,=])/g, ""),
  },
  {
    code: "header_mangled",
    text: "It matches when the signatures are separated as they were sent: something on the way joined them with commas.",
    repair: (value) => value.replace(/,\s*(?=v\d+a?,)/g, " "),
  },
  {
    code: "hex_case",
    text: "It matches in lower case: something on the way changed the case of the header.",
    repair: (value) => value.toLowerCase(),
  },
  {
    code: "signature_encoding",
    text: "It matches when the signature is written in the alphabet of base64 with its padding: it came in that of URLs, or unpadded.",
    repair: (value) => {
      const standard = value.replaceAll("-", "+").replaceAll("_", "/");
      return standard.replace(/[A-Za-z0-9+/]{27,}=*$/, (text) => {
        const bare = text.replace(/=+$/, "");
        return bare.padEnd(Math.ceil(bare.length / 4) * 4, "=");
      });
    },
  },
];

/** The first repair of the signature's header after which the message matches. */
export function explainHeader(trials: Trials): Hint[] {
  const names = new Set(signatureHeaders(trials.compiled.scheme.signature));
  for (const { code, text, repair } of REPAIRS) {
    const headers = trials.headers.map(([name, value]) =>
      names.has(name.toLowerCase()) ? ([name, repair(value)] as const) : ([name, value] as const),
    );
    const isOther = headers.some(([, value], at) => value !== trials.headers[at]?.[1]);
    if (isOther && trials.matches({ headers })) return [{ code, text }];
  }
  return prefixMissing(trials) ?? truncated(trials.compiled, trials);
}

function prefixMissing(trials: Trials): Hint[] | undefined {
  const { signature: rule } = trials.compiled.scheme;
  if (rule.format === "raw" || !("headers" in rule)) return undefined;
  const names = new Set(rule.headers);
  const before = rule.format === "prefixed" ? rule.prefix : rule.field + rule.pair;
  const headers = trials.headers.map(([name, value]) =>
    names.has(name.toLowerCase()) ? ([name, before + value.trim()] as const) : ([name, value] as const),
  );
  if (!trials.matches({ headers })) return undefined;
  return [{ code: "header_mangled", text: `It matches with "${before}" before the signature: it was taken off.` }];
}

/** Shorter ones say nothing. */
const SHORTEST_CUT = 8;

/** A signature of which only the beginning arrived. */
function truncated(compiled: CompiledScheme, trials: Trials): Hint[] {
  if (compiled.hash === undefined) return [];
  const message = readMessage(compiled, trials.request);
  const keys = readVerifyingKeys(compiled.scheme, trials.secrets);
  if ("reason" in message || "reason" in keys) return [];
  for (const key of keys) {
    let expected: string;
    try {
      expected = computeSignature(compiled, key, message, trials.request.body);
    } catch (error) {
      if (error instanceof TypeError) return [];
      throw error;
    }
    const cut = message.signatures.find((one) => SHORTEST_CUT <= one.length && expected.startsWith(one));
    if (cut !== undefined) {
      const text = `Only the first ${cut.length} of ${expected.length} characters of the signature arrived: something cut the header.`;
      return [{ code: "signature_truncated", text }];
    }
  }
  return [];
}
