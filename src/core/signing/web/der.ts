// The little of DER (X.690) that keys and certificates need. Web Crypto reads no certificates, and does not say of a key
// which algorithm it is for.

export interface DerItem {
  tag: number;
  content: Uint8Array;
  /** With tag and length. */
  bytes: Uint8Array;
}

export const DER = { integer: 0x02, bits: 0x03, octets: 0x04, null: 0x05, oid: 0x06, sequence: 0x30 } as const;

/** The items that stand one behind the other; undefined when these are none. */
export function derItems(bytes: Uint8Array): DerItem[] | undefined {
  const items: DerItem[] = [];
  for (let start = 0; start < bytes.length; ) {
    const tag = bytes[start]!;
    let length = bytes[start + 1];
    let at = start + 2;
    if (length === undefined) return undefined;
    if (length >= 0x80) {
      const count = length - 0x80;
      // 0: no length at all, which DER does not have. 4 bytes of it are 4 GiB.
      if (count < 1 || 4 < count || bytes[at] === 0) return undefined;
      length = 0;
      for (const end = at + count; at < end; at++) length = length * 256 + (bytes[at] ?? Number.NaN);
      if (length < 0x80) return undefined;
    }
    const end = at + length;
    if (!(end <= bytes.length)) return undefined;
    items.push({ tag, content: bytes.subarray(at, end), bytes: bytes.subarray(start, end) });
    start = end;
  }
  return items;
}

/** The items of a sequence that is all there is; undefined when it is none. */
export function derSequence(bytes: Uint8Array): DerItem[] | undefined {
  const items = derItems(bytes);
  const [sequence] = items ?? [];
  return items?.length === 1 && sequence?.tag === DER.sequence ? derItems(sequence.content) : undefined;
}

/** One item of several. */
export function derItem(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  const lengthBytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) lengthBytes.unshift(rest % 256);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 + lengthBytes.length, ...lengthBytes];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const content of contents) {
    bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}
