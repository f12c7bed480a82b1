import { readFile } from "node:fs/promises";

/** A socket that waits for connections (state 0A), in proc(5)'s tables: `0: 0100007F:0BB8 00000000:0000 0A …` */
const LISTENER = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm;
/** 0.0.0.0, 127.0.0.0/8, ::, ::1 and the first two in IPv6's clothes, in words of the machine's byte order (little end first). */
const LOCAL = /^(?:0{8}|[0-9A-F]{6}7F|0{32}|0{24}01000000|0{16}FFFF0000(?:0{8}|[0-9A-F]{6}7F))$/;

/**
 * Whether a socket of this computer waits for connections from it on this port, without connecting to it: a program's log
 * shows nothing of it. False also where the system does not say: all but Linux, and ports that something hands on from
 * another network namespace without a socket of its own.
 */
export async function isPortListening(port: number): Promise<boolean> {
  const files = ["/proc/net/tcp", "/proc/net/tcp6"];
  const tables = await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")));
  return tables.some((table) => hasListener(table, port));
}

/** @param table the text of /proc/net/tcp or tcp6 */
export function hasListener(table: string, port: number): boolean {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  for (const [, address = "", at] of table.matchAll(LISTENER)) {
    if (at === wanted && LOCAL.test(address)) return true;
  }
  return false;
}
