import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";

/** What may become of a log when nobody looks. SQLite takes each for a shorter one or for none, and says nothing. */
export const LOG_DAMAGES: Readonly<Record<string, (log: string) => void>> = {
  "a flipped bit in the middle": (log) => {
    const bytes = readFileSync(log);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = bytes[middle]! ^ 1;
    writeFileSync(log, bytes);
  },
  "cut off at 70 %": (log) => truncateSync(log, Math.floor(statSync(log).size * 0.7)),
  "its header zeroed": (log) => {
    const bytes = readFileSync(log);
    writeFileSync(log, bytes.fill(0, 0, 32));
  },
  emptied: (log) => truncateSync(log, 0),
  deleted: (log) => rmSync(log),
};
