import { type CompiledScheme, computeSignature } from "./compiled-scheme.ts";
import { formatTimestamp, parseTimestamp } from "./message-time.ts";
import type { Secrets, SignedMessage, UnsignedRequest } from "./options.ts";
import { schemeNamed } from "./registry.ts";
import type { Scheme, TimestampRule } from "./scheme.ts";
import { readSecret } from "./secret-key.ts";
import { checkBody } from "./webhook-request.ts";

/** First second of the year 10000, which RFC 3339 cannot write. */
const TIMESTAMP_END = 253_402_300_800;

/**
 * Signs a webhook. Several secrets give several signatures in one header, where the scheme's header takes a list.
 * @throws TypeError for an unknown scheme, an unusable secret, or an id or time that the scheme cannot carry.
 */
export function sign(
  schemeName: string,
  request: UnsignedRequest,
  secrets: Secrets,
  options: { id: string; timestamp: number },
): SignedMessage {
  return signMessage(schemeNamed(schemeName), request, secrets, options);
}

/** As `sign`, with the scheme itself. */
export function signMessage(
  compiled: CompiledScheme,
  request: UnsignedRequest,
  secrets: Secrets,
  options: { id: string; timestamp: number },
): SignedMessage {
  const { scheme, idEnd } = compiled;
  if (typeof request !== "object" || request === null) throw new TypeError("request must be { body }");
  checkBody(request.body);
  const id = scheme.id === undefined ? undefined : checkId(options.id, idEnd);
  const timestamp = scheme.timestamp === undefined ? undefined : writeTimestamp(scheme.timestamp, options.timestamp);

  const values = { id, timestamp, method: request.method, url: request.url };
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (list.length === 0) throw new TypeError("no secret is given");
  const signatures = list.map((secret, index) => {
    const key = readSecret(scheme.secret, secret);
    if (typeof key === "string") throw new TypeError(`secret #${index + 1} ${key}`);
    return computeSignature(compiled, key, values, request.body);
  });

  const signature = writeSignature(scheme, signatures, timestamp);
  const headers: Record<string, string> = {};
  if (id !== undefined) headers[scheme.id!.headers[0]!] = id;
  if (timestamp !== undefined && "headers" in scheme.timestamp!) headers[scheme.timestamp.headers[0]!] = timestamp;
  headers[scheme.signature.headers[0]!] = signature;
  return {
    headers,
    signature,
    ...(id === undefined ? {} : { id }),
    ...(timestamp === undefined ? {} : { timestamp: parseTimestamp(timestamp, scheme.timestamp!.unit)! }),
  };
}

function checkId(id: unknown, idEnd: string | undefined): string {
  if (typeof id !== "string" || !/^[\x21-\x7e]+$/.test(id)) {
    throw new TypeError("id must be one or more visible ASCII characters without blanks");
  }
  if (idEnd !== undefined && id.includes(idEnd)) throw new TypeError(`id may not contain "${idEnd}"`);
  return id;
}

function writeTimestamp(rule: TimestampRule, timestamp: unknown): string {
  if (typeof timestamp !== "number" || !(0 <= timestamp && timestamp < TIMESTAMP_END)) {
    throw new TypeError(`timestamp must be a number of unix seconds, got ${String(timestamp)}`);
  }
  return formatTimestamp(timestamp, rule.unit);
}

function writeSignature(
  { name, signature: rule, timestamp: timeRule }: Scheme,
  signatures: string[],
  timestamp?: string,
): string {
  if (rule.format === "list") {
    const time = timeRule !== undefined && "field" in timeRule ? [`${timeRule.field}${rule.pair}${timestamp}`] : [];
    return [...time, ...signatures.map((signature) => `${rule.field}${rule.pair}${signature}`)].join(rule.separator);
  }
  const [signature = "", ...more] = signatures;
  if (more.length > 0) throw new TypeError(`${name} carries one signature, so it takes one secret`);
  return rule.format === "prefixed" ? rule.prefix + signature : signature;
}
