import { randomFillSync } from "node:crypto";
import { V7Generator } from "uuidv7";
import { formatId, type IdPrefix } from "../core/ids.ts";

/** Random words drawn at once: asking the system for each id costs more than making the id. */
const POOL_WORDS = 1_024;

const pool = new Uint32Array(POOL_WORDS);
let used = POOL_WORDS;

const generator = new V7Generator({
  nextUint32: () => {
    if (used === POOL_WORDS) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++]!;
  },
});

/** A new public id, from the clock and the system's random source; ids of one process never go back in order. */
export function newId(prefix: IdPrefix): string {
  return formatId(prefix, generator.generate().bytes);
}
