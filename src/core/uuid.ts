// Our own ids as UUIDs (RFC 4122), for receivers that expect them. An id holds a UUIDv7; RFC 4122 knows the versions 1 to
// 5, and many a receiver's check no other, so it is written with the version 4. Nothing is stored for it: back from the
// UUID, the version is known.

import { formatId, type IdPrefix, parseId } from "./ids.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const VERSION_AT = 6;
const VARIANT_AT = 8;
/** Of ids that are made of the time and random bits. */
const MADE_VERSION = 0x70;

/** The UUID of an id of ours; undefined for any other text. */
export function uuidOf(prefix: IdPrefix, id: string): string | undefined {
  const bytes = parseId(prefix, id);
  return bytes === undefined ? undefined : formatUuid(bytes);
}

/** The same, but undefined for an id that a publisher gave: one that does not come back from its UUID. */
export function uuidOfMade(prefix: IdPrefix, id: string): string | undefined {
  const bytes = parseId(prefix, id);
  if (bytes === undefined || (bytes[VERSION_AT]! & 0xf0) !== MADE_VERSION || bytes[VARIANT_AT]! >> 6 !== 2) {
    return undefined;
  }
  return formatUuid(bytes);
}

/**
 * The ids that have this UUID, the likeliest first: ids that are hashes have other bits where a UUID has version and
 * variant. Empty for what is no UUID.
 */
export function idsOfUuid(prefix: IdPrefix, uuid: string): string[] {
  if (!UUID.test(uuid)) return [];
  const bytes = Buffer.from(uuid.replaceAll("-", ""), "hex");
  const ids: string[] = [];
  for (let turn = 0; turn < 64; turn++) {
    const version = (MADE_VERSION + ((turn & 15) << 4)) & 0xf0;
    const variant = (0x80 + ((turn >> 4) << 6)) & 0xc0;
    bytes[VERSION_AT] = version | (bytes[VERSION_AT]! & 0x0f);
    bytes[VARIANT_AT] = variant | (bytes[VARIANT_AT]! & 0x3f);
    ids.push(formatId(prefix, bytes));
  }
  return ids;
}

function formatUuid(from: Uint8Array): string {
  const bytes = Buffer.from(from);
  bytes[VERSION_AT] = 0x40 | (bytes[VERSION_AT]! & 0x0f);
  bytes[VARIANT_AT] = 0x80 | (bytes[VARIANT_AT]! & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
