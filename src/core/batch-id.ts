import { createHash } from "node:crypto";
import { formatId } from "./ids.ts";

/**
 * The id of a request with these deliveries, in this order. Made of them, so that the same deliveries tried again
 * together have the same one, and a receiver that remembers ids takes the batch once.
 */
export function batchIdOf(deliveryIds: readonly string[]): string {
  const hash = createHash("sha256").update(deliveryIds.join(","));
  return formatId("bat", hash.digest().subarray(0, 16));
}
