import type { SignatureRule } from "./scheme.ts";
import { type Refusal, refuse } from "./verdict.ts";
import { trimBlanks } from "./webhook-request.ts";

/** Far more than a rotation needs, and a bound on the work that a hostile header causes. */
const MAX_ITEMS = 128;

/** An item's name that may be a version which we do not know, and not just garbage. */
const NAME = /^[\w-]{1,32}$/;

export interface SignatureHeader {
  /** As received and not yet decoded; at least one. */
  signatures: string[];
  /** Values of the timestamp's field; empty when it stands elsewhere. */
  timestamps: string[];
}

/** Takes the header's values apart: all of them count, as many as were sent. */
export function readSignatureHeader(
  rule: SignatureRule,
  values: readonly string[],
  timestampField: string | undefined,
): SignatureHeader | Refusal {
  const signatures: string[] = [];
  const timestamps: string[] = [];
  let items = 0;
  let otherVersion = false;

  for (const value of values) {
    if (rule.format !== "list") {
      items++;
      if (rule.format === "raw") signatures.push(value);
      else if (value.startsWith(rule.prefix)) signatures.push(value.slice(rule.prefix.length));
      else otherVersion ||= hasPrefixLike(rule.prefix, value);
      if (MAX_ITEMS < items) return tooMany(rule);
      continue;
    }
    // By index and not by split, which makes a list of all items.
    for (let start = 0; start <= value.length; ) {
      const next = value.indexOf(rule.separator, start);
      const end = next < 0 ? value.length : next;
      const text = start === 0 && next < 0 ? value : trimBlanks(value.slice(start, end));
      start = end + rule.separator.length;
      if (MAX_ITEMS < ++items) return tooMany(rule);
      const at = text.indexOf(rule.pair);
      if (at < 0) continue;
      const rest = text.slice(at + rule.pair.length);
      if (at === rule.field.length && text.startsWith(rule.field)) signatures.push(rest);
      else if (timestampField !== undefined && at === timestampField.length && text.startsWith(timestampField)) {
        timestamps.push(rest);
      } else otherVersion ||= NAME.test(text.slice(0, at));
    }
  }
  if (signatures.length > 0) return { signatures, timestamps };
  const form = `of the form "${formOf(rule)}"`;
  return otherVersion
    ? refuse("unsupported_version", `${placeOf(rule)} holds no signature ${form}`)
    : refuse("malformed_header", `${placeOf(rule)} is not ${form}`);
}

function tooMany(rule: SignatureRule): Refusal {
  return refuse("malformed_header", `${placeOf(rule)} holds more than ${MAX_ITEMS} signatures`);
}

/** For people. */
function placeOf(rule: SignatureRule): string {
  return "json" in rule ? rule.json : rule.headers[0]!;
}

function formOf(rule: SignatureRule): string {
  switch (rule.format) {
    case "raw":
      return "…";
    case "prefixed":
      return `${rule.prefix}…`;
    case "list":
      return `${rule.field}${rule.pair}…`;
  }
}

/** `sha1=…` where `sha256=…` is expected. */
function hasPrefixLike(prefix: string, value: string): boolean {
  const at = value.indexOf(prefix.slice(-1));
  return 0 < at && at < value.length - 1 && NAME.test(value.slice(0, at));
}
