import type { RawData } from "ws";

/** A text message of ws, which hands them out as bytes (it has checked that they are UTF-8). */
export function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}
