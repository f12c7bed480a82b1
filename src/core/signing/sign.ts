import { type CompiledScheme, type ContentValues, computeSignature, contentOf } from "./compiled-scheme.ts";
import { formatTimestamp, parseTimestamp } from "./message-time.ts";
import type { Secrets, SignedMessage, SignOptions, UnsignedRequest } from "./options.ts";
import { schemeNamed } from "./registry.ts";
import type { Scheme, TimestampRule } from "./scheme.ts";
import { putSignature, readValues } from "./signed-body.ts";
import { readSigningKey } from "./signing-key.ts";
import { type StatementAlgorithm, type StatementKey, type StatementSigner, signStatement } from "./statement.ts";
import { checkBody } from "./webhook-request.ts";

/** First second of the year 10000, which RFC 3339 cannot write. */
const TIMESTAMP_END = 253_402_300_800;

export type CompleteSignOptions = SignOptions & { id: string; timestamp: number };

/**
 * Signs a webhook. Several secrets give several signatures in one header, where the scheme's header takes a list.
 * @throws TypeError for an unknown scheme, an unusable secret, or an id or time that the scheme cannot carry.
 */
export function sign(
  schemeName: string,
  request: UnsignedRequest,
  secrets: Secrets,
  options: CompleteSignOptions,
): SignedMessage {
  return signMessage(schemeNamed(schemeName), request, secrets, options);
}

/** As `sign`, with the scheme itself. */
export function signMessage(
  compiled: CompiledScheme,
  request: UnsignedRequest,
  secrets: Secrets,
  options: CompleteSignOptions,
): SignedMessage {
  const { scheme, idEnd } = compiled;
  if (typeof request !== "object" || request === null) throw new TypeError("request must be { body }");
  checkBody(request.body);
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (list.length === 0) throw new TypeError("no secret is given");
  const keys = list.map((secret, index) => {
    const key = readSigningKey(scheme, secret);
    if (typeof key === "string") throw new TypeError(`secret #${index + 1} ${key}`);
    return key;
  });
  if (scheme.code !== undefined) return signByCode(scheme, request, keys, options);

  const id = scheme.id === undefined ? undefined : checkId(options.id, idEnd);
  const timestamp = scheme.timestamp === undefined ? undefined : writeTimestamp(scheme.timestamp, options.timestamp);
  const read = compiled.readsJson ? readValues(compiled, request.body, timestamp, options.id) : undefined;
  const values: ContentValues = {
    id,
    timestamp: read?.timestamp ?? timestamp,
    method: request.method,
    url: request.url,
    json: read?.json,
  };
  const signatures = keys.map((key) =>
    compiled.hash === undefined
      ? signStatement(
          scheme.algorithm as StatementAlgorithm,
          scheme.encoding,
          key,
          contentOf(compiled, key, values, request.body),
        )
      : computeSignature(compiled, key, values, request.body),
  );

  const signature = writeSignature(scheme, signatures, timestamp);
  const headers: Record<string, string> = { ...scheme.require };
  if (id !== undefined) headers[scheme.id!.headers[0]!] = id;
  if (timestamp !== undefined && "headers" in scheme.timestamp!) headers[scheme.timestamp.headers[0]!] = timestamp;
  if ("headers" in scheme.signature) writeHeaders(scheme, signatures, signature, headers);
  return {
    headers,
    signature,
    ...("json" in scheme.signature ? { body: putSignature(read!.body, scheme.signature.json, signature) } : {}),
    ...(id === undefined ? {} : { id }),
    ...(timestamp === undefined ? {} : { timestamp: parseTimestamp(values.timestamp!, scheme.timestamp!.unit)! }),
  };
}

function signByCode(
  { name, code }: Scheme,
  request: UnsignedRequest,
  keys: readonly StatementKey[],
  { id, timestamp, keyId = "hooks" }: CompleteSignOptions,
): SignedMessage {
  if (typeof timestamp !== "number" || !(0 <= timestamp && timestamp < TIMESTAMP_END)) throw noTimestamp(timestamp);
  const [key, ...more] = keys;
  if (key === undefined || more.length > 0)
    throw new TypeError(`${name} carries one signature, so it takes one secret`);
  const signer: StatementSigner = {
    keyType: "text" in key || key.type === "secret" ? "secret" : (key.asymmetricKeyType ?? "unknown"),
    sign: (algorithm, encoding, content) => signStatement(algorithm, encoding, key, content),
  };
  return code!.sign(request, { id: checkId(id, undefined), timestamp, keyId: checkId(keyId, '"') }, signer);
}

function checkId(id: unknown, idEnd: string | undefined): string {
  if (typeof id !== "string" || !/^[\x21-\x7e]+$/.test(id)) {
    throw new TypeError("id must be one or more visible ASCII characters without blanks");
  }
  if (idEnd !== undefined && id.includes(idEnd)) throw new TypeError(`id may not contain "${idEnd}"`);
  return id;
}

function writeTimestamp(rule: TimestampRule, timestamp: unknown): string {
  if (typeof timestamp !== "number" || !(0 <= timestamp && timestamp < TIMESTAMP_END)) throw noTimestamp(timestamp);
  return formatTimestamp(timestamp, rule.unit);
}

function noTimestamp(timestamp: unknown): TypeError {
  return new TypeError(`timestamp must be a number of unix seconds, got ${String(timestamp)}`);
}

/** Where a scheme has a header for each key, each gets its own. */
function writeHeaders(
  { name, signature: rule }: Scheme,
  signatures: readonly string[],
  value: string,
  headers: Record<string, string>,
): void {
  if (!("headers" in rule)) return;
  if (rule.also === undefined) {
    headers[rule.headers[0]!] = value;
    return;
  }
  const names = [rule.headers[0]!, ...rule.also];
  if (names.length < signatures.length) throw new TypeError(`${name} carries ${names.length} signatures at most`);
  for (const [index, signature] of signatures.entries()) headers[names[index]!] = signature;
}

function writeSignature(
  { name, signature: rule, timestamp: timeRule }: Scheme,
  signatures: string[],
  timestamp?: string,
): string {
  if (rule.format === "list") {
    const time = timeRule !== undefined && "field" in timeRule ? [`${timeRule.field}${rule.pair}${timestamp}`] : [];
    return [...time, ...signatures.map((signature) => `${rule.field}${rule.pair}${signature}`)].join(
      rule.joiner ?? rule.separator,
    );
  }
  const [signature = "", ...more] = signatures;
  if (more.length > 0 && !("also" in rule && rule.also !== undefined)) {
    throw new TypeError(`${name} carries one signature, so it takes one secret`);
  }
  return rule.format === "prefixed" ? rule.prefix + signature : signature;
}
