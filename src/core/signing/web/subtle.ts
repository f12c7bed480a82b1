// Web Crypto (https://www.w3.org/TR/webcrypto-2/): the same in browsers, workers, Deno, Bun and Node.

type Subtle = typeof crypto.subtle;
export type ImportedKey = Awaited<ReturnType<Subtle["importKey"]>>;

/** @throws TypeError where there is none. */
export function subtle(): Subtle {
  const found = (globalThis as { crypto?: { subtle?: Subtle } }).crypto?.subtle;
  if (found !== undefined) return found;
  throw new TypeError("this runtime has no Web Crypto; pages have it in secure contexts only: https, or localhost");
}

/**
 * What Web Crypto answers, or undefined where it refuses the data.
 * @throws TypeError where it does not know the algorithm: that is no fault of a message, and no verdict.
 */
export async function attempt<T>(algorithm: string, work: (subtle: Subtle) => Promise<T>): Promise<T | undefined> {
  const crypto = subtle();
  try {
    return await work(crypto);
  } catch (error) {
    if (nameOf(error) !== "NotSupportedError") return undefined;
    throw new TypeError(`the Web Crypto of this runtime has no ${algorithm}: a newer one has, and so has node:crypto`, {
      cause: error,
    });
  }
}

function nameOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "name" in error ? error.name : undefined;
}

/** In one piece, as Web Crypto takes it; text is UTF-8. */
export function joinContent(content: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const pieces = content.map((piece) => (typeof piece === "string" ? new TextEncoder().encode(piece) : piece));
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export async function digest(
  hash: string,
  content: readonly (string | Uint8Array)[],
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await subtle().digest(HASHES[hash]!, joinContent(content)));
}

/** Web Crypto's names of hashes. */
export const HASHES: Readonly<Record<string, string>> = {
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};
