// The headers of a signature for each of a delivery's secrets, by any scheme that signs in headers.

import { type CompiledScheme, type ContentValues, contentOf } from "../signing/compiled-scheme.ts";
import { computeSignature } from "../signing/hmac-signature.ts";
import { formatTimestamp } from "../signing/message-time.ts";
import type { Scheme } from "../signing/scheme.ts";
import type { StatementAlgorithm } from "../signing/signed-content.ts";
import { type StatementKey, signStatement } from "../signing/statement.ts";
import type { SigningSecret } from "../subscription.ts";

/** In a header of this ending the new secret signs while the old one still signs the main one. */
const NEXT = "-next";

export interface ToSign {
  /** Newest first. */
  secrets: readonly SigningSecret[];
  /** Of the event, or of the batch. */
  id: string;
  /** When it is sent, unix ms: also what decides which secrets have not ended. */
  sentAt: number;
  url: string | undefined;
  body: Uint8Array;
}

/** Names in lower case of all headers that signing may set. */
export function signatureHeaderNames({ signature, id, timestamp, require }: Scheme): string[] {
  const own = "headers" in signature ? [signature.headers[0]!, ...(signature.also ?? [])] : [];
  return [
    ...own,
    ...(carriesSeveral(signature) ? [] : own.map((name) => name + NEXT)),
    ...(id === undefined ? [] : [id.headers[0]!]),
    ...(timestamp !== undefined && "headers" in timestamp ? [timestamp.headers[0]!] : []),
    ...Object.keys(require ?? {}),
  ];
}

/**
 * Names in lower case and values. Where the scheme's header takes several signatures, each secret that signs has one in
 * it. Where it takes one, the oldest secret signs it, so that a receiver that nobody changed goes on; the newest signs
 * beside it in `<header>-next`. Empty without secrets: a preview of the request.
 */
export function signatureHeaders(compiled: CompiledScheme, what: ToSign): [name: string, value: string][] {
  const { scheme } = compiled;
  const rule = scheme.signature;
  const secrets = what.secrets.filter(({ expiresAt }) => expiresAt === undefined || what.sentAt < expiresAt);
  if (secrets.length === 0 || !("headers" in rule)) return [];
  const timestamp =
    scheme.timestamp === undefined ? undefined : formatTimestamp(what.sentAt / 1_000, scheme.timestamp.unit);
  const values: ContentValues = {
    id: what.id,
    timestamp,
    method: "POST",
    url: what.url ?? "",
    json: undefined,
  };
  const headers: [string, string][] = [];
  if (scheme.id !== undefined) headers.push([scheme.id.headers[0]!, what.id]);
  if (timestamp !== undefined && "headers" in scheme.timestamp!)
    headers.push([scheme.timestamp.headers[0]!, timestamp]);
  for (const [name, value] of Object.entries(scheme.require ?? {})) headers.push([name, value]);

  const sign = ({ key }: SigningSecret): string => signed(compiled, key, values, what.body);
  const name = rule.headers[0]!;
  if (rule.format === "list") {
    const time =
      timestamp !== undefined && "field" in scheme.timestamp!
        ? [`${scheme.timestamp.field}${rule.pair}${timestamp}`]
        : [];
    const items = [...time, ...secrets.map((secret) => `${rule.field}${rule.pair}${sign(secret)}`)];
    headers.push([name, items.join(rule.joiner ?? rule.separator)]);
    return headers;
  }
  const prefix = rule.format === "prefixed" ? rule.prefix : "";
  const oldestFirst = secrets.toReversed();
  if (rule.also !== undefined) {
    const names = [name, ...rule.also];
    for (const [index, secret] of oldestFirst.slice(-names.length).entries())
      headers.push([names[index]!, prefix + sign(secret)]);
    return headers;
  }
  headers.push([name, prefix + sign(oldestFirst[0]!)]);
  if (1 < secrets.length) headers.push([name + NEXT, prefix + sign(secrets[0]!)]);
  return headers;
}

function carriesSeveral(rule: Scheme["signature"]): boolean {
  return rule.format === "list" || ("also" in rule && rule.also !== undefined);
}

function signed(compiled: CompiledScheme, key: StatementKey, values: ContentValues, body: Uint8Array): string {
  const { hash, scheme } = compiled;
  if (hash !== undefined) return computeSignature(compiled, key, values, body);
  const content = contentOf(compiled, key, values, body);
  return signStatement(scheme.algorithm as StatementAlgorithm, scheme.encoding, key, content);
}
