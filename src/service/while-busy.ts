import { isHooksError } from "../core/errors.ts";

/** How often a store that is locked is asked again, and after how long. */
const BUSY_TRIES = 50;
const BUSY_WAIT_MS = 100;

/** A change that could not be read because the store was locked for a moment would be missed until the next one. */
export async function whileBusy<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      if (tries === BUSY_TRIES || !isHooksError(error) || error.code !== "store_busy") throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT_MS));
    }
  }
}
