import { uuidv7obj } from "uuidv7";
import { formatId, type IdPrefix } from "../core/ids.ts";

/** A new public id, from the clock and the system's random source; ids of one process never go back in order. */
export function newId(prefix: IdPrefix): string {
  return formatId(prefix, uuidv7obj().bytes);
}
