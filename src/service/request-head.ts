// The head of a request that came to a source is kept sealed: some senders write the secret itself into a header. The key
// is the source's own, which the master key seals: a new master key leaves the requests as they are.

import type { HeaderPairs } from "../core/attempt.ts";
import type { OriginalRequest } from "../core/sources/source.ts";
import { newNonce, seal, unseal } from "./sealing.ts";
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

function keyOf(requestKey: string): { id: string; bytes: Buffer } {
  return { id: "", bytes: Buffer.from(requestKey, "base64") };
}
