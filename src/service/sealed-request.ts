// The head of a request that came to a source is kept sealed: some senders write the secret itself into a header. So is a
// body of which no event was made: some hand over a secret in a handshake's body, and nobody has said that it is one. An
// event's data is not: payloads are in the store as they came (docs/security.md). The key is the source's own, which the
// master key seals: a new master key leaves the requests as they are.

import type { HeaderPairs } from "../core/attempt.ts";
import { newNonce, seal, unseal } from "../core/sealing.ts";
import type { OriginalRequest } from "../core/sources/source.ts";
import type { SourceSecrets } from "./stored-source.ts";

type Head = Omit<OriginalRequest, "body">;

/** `id`: of the request. */
export function sealHead(
  { method, path, query, headers }: Head,
  id: string,
  { requestKey }: SourceSecrets,
  random: (size: number) => Uint8Array,
): Uint8Array {
  return seal(Buffer.from(JSON.stringify([method, path, query, headers])), id, keyOf(requestKey), newNonce(random));
}

/** @throws HooksError `store_unusable` when it is damaged */
export function openHead(sealed: Uint8Array, id: string, { requestKey }: SourceSecrets): Head {
  const [method, path, query, headers] = JSON.parse(unseal(sealed, id, keyOf(requestKey)).toString()) as [
    string,
    string,
    string,
    HeaderPairs,
  ];
  return { method, path, query, headers };
}

/** `id`: of the request. */
export function sealBody(
  body: Uint8Array,
  id: string,
  { requestKey }: SourceSecrets,
  random: (size: number) => Uint8Array,
): Uint8Array {
  return seal(body, bodyOf(id), keyOf(requestKey), newNonce(random));
}

/** @throws HooksError `store_unusable` when it is damaged */
export function openBody(sealed: Uint8Array, id: string, { requestKey }: SourceSecrets): Uint8Array {
  return unseal(sealed, bodyOf(id), keyOf(requestKey));
}

/** Whom it is bound to: a body can never stand for a head. */
function bodyOf(id: string): string {
  return `${id} body`;
}

function keyOf(requestKey: string): { id: string; bytes: Buffer } {
  return { id: "", bytes: Buffer.from(requestKey, "base64") };
}
