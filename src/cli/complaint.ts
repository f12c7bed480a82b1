import { isHooksError } from "../core/errors.ts";

/** What a check says of an answer, for whoever is asked (`ask`); undefined: nothing is wrong with it. */
export function complaint(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isHooksError(error)) return error.message;
    throw error;
  }
}
