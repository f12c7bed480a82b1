// What `sign` does before and after the cryptography: the same for node:crypto and for Web Crypto.

import type { CompiledScheme, ContentValues } from "./compiled-scheme.ts";
import { formatTimestamp, parseTimestamp } from "./message-time.ts";
import type { Secrets, SignedMessage, SignOptions, UnsignedRequest } from "./options.ts";
import type { Scheme, TimestampRule } from "./scheme.ts";
import type { CodeSignOptions } from "./scheme-code.ts";
import { putSignature, readValues } from "./signed-body.ts";
import { checkBody } from "./webhook-request.ts";

export type CompleteSignOptions = SignOptions & { id: string; timestamp: number };

/** A message that lacks its signatures only. */
export interface UnsignedMessage {
  id: string | undefined;
  /** As it is written. */
  timestamp: string | undefined;
  values: ContentValues;
  /** The body to put a signature into, for schemes that keep it there. */
  body: string | undefined;
}

/** First second of the year 10000, which RFC 3339 cannot write. */
const TIMESTAMP_END = 253_402_300_800;

/** @throws TypeError when it is none, or no secret is given. */
export function checkSigning(request: UnsignedRequest, secrets: Secrets): readonly unknown[] {
  if (typeof request !== "object" || request === null) throw new TypeError("request must be { body }");
  checkBody(request.body);
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (list.length === 0) throw new TypeError("no secret is given");
  return list;
}

/** @throws TypeError for an id or a time that the scheme cannot carry, and for a body that it cannot sign. */
export function prepareMessage(
  compiled: CompiledScheme,
  request: UnsignedRequest,
  options: CompleteSignOptions,
): UnsignedMessage {
  const { scheme, idEnd } = compiled;
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
  return { id, timestamp, values, body: read?.body };
}

/** The message with one signature of each key, encoded. @throws TypeError when the scheme carries fewer. */
export function withSignatures(
  { scheme }: CompiledScheme,
  { id, timestamp, values, body }: UnsignedMessage,
  signatures: readonly string[],
): SignedMessage {
  const signature = writeSignature(scheme, signatures, timestamp);
  const headers: Record<string, string> = { ...scheme.require };
  if (id !== undefined) headers[scheme.id!.headers[0]!] = id;
  if (timestamp !== undefined && "headers" in scheme.timestamp!) headers[scheme.timestamp.headers[0]!] = timestamp;
  if ("headers" in scheme.signature) writeHeaders(scheme, signatures, signature, headers);
  const message: SignedMessage = { headers, signature };
  if ("json" in scheme.signature) message.body = putSignature(body!, scheme.signature.json, signature);
  if (id !== undefined) message.id = id;
  if (timestamp !== undefined) message.timestamp = parseTimestamp(values.timestamp!, scheme.timestamp!.unit)!;
  return message;
}

/** Options for a scheme's own code. @throws TypeError for what no scheme can carry. */
export function checkCodeOptions(
  { id, timestamp, keyId = "hooks" }: CompleteSignOptions,
  keyType: string,
): CodeSignOptions {
  checkTimestamp(timestamp);
  return { id: checkId(id, undefined), timestamp, keyId: checkId(keyId, '"'), keyType };
}

export function carriesOne({ name }: Scheme): TypeError {
  return new TypeError(`${name} carries one signature, so it takes one secret`);
}

function checkId(id: unknown, idEnd: string | undefined): string {
  if (typeof id !== "string" || !/^[\x21-\x7e]+$/.test(id)) {
    throw new TypeError("id must be one or more visible ASCII characters without blanks");
  }
  if (idEnd !== undefined && id.includes(idEnd)) throw new TypeError(`id may not contain "${idEnd}"`);
  return id;
}

function writeTimestamp(rule: TimestampRule, timestamp: number): string {
  checkTimestamp(timestamp);
  return formatTimestamp(timestamp, rule.unit);
}

function checkTimestamp(timestamp: unknown): void {
  if (typeof timestamp === "number" && 0 <= timestamp && timestamp < TIMESTAMP_END) return;
  throw new TypeError(`timestamp must be a number of unix seconds, got ${String(timestamp)}`);
}

/** Where a scheme has a header for each key, each gets its own. A list has them all in its one header. */
function writeHeaders(
  { name, signature: rule }: Scheme,
  signatures: readonly string[],
  value: string,
  headers: Record<string, string>,
): void {
  if (!("headers" in rule)) return;
  if (rule.also === undefined || rule.format === "list") {
    headers[rule.headers[0]!] = value;
    return;
  }
  const names = [rule.headers[0]!, ...rule.also];
  if (names.length < signatures.length) throw new TypeError(`${name} carries ${names.length} signatures at most`);
  const prefix = rule.format === "prefixed" ? rule.prefix : "";
  for (const [index, signature] of signatures.entries()) headers[names[index]!] = prefix + signature;
}

function writeSignature(scheme: Scheme, signatures: readonly string[], timestamp?: string): string {
  const { signature: rule, timestamp: timeRule } = scheme;
  if (rule.format === "list") {
    const time = timeRule !== undefined && "field" in timeRule ? [`${timeRule.field}${rule.pair}${timestamp}`] : [];
    return [...time, ...signatures.map((signature) => `${rule.field}${rule.pair}${signature}`)].join(
      rule.joiner ?? rule.separator,
    );
  }
  const [signature = "", ...more] = signatures;
  if (more.length > 0 && !("also" in rule && rule.also !== undefined)) throw carriesOne(scheme);
  return rule.format === "prefixed" ? rule.prefix + signature : signature;
}
