import type { HooksError } from "../../core/errors.ts";
import type { Durability } from "./connection.ts";
import type { FileSystem } from "./file-system.ts";

/** What decides whether an acknowledged commit stays, as it was found when the store was opened. */
export interface StoreFacts extends Durability {
  /** Undefined where the system does not tell. */
  fileSystem: FileSystem | undefined;
  /** What is missing, in a store that was opened for reading all the same. */
  loss: HooksError | undefined;
}
