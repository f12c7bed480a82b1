import type { Connection } from "./connection.ts";

/** What is deleted or replaced meanwhile is overwritten in the file, instead of left in its free space. */
export function wiping<T>(connection: Connection, write: () => T): T {
  connection.pragma("secure_delete = ON");
  try {
    return write();
  } finally {
    connection.pragma("secure_delete = FAST");
  }
}
