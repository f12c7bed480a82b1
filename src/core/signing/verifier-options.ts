import type { VerifyOptions } from "./options.ts";
import type { ReplayStore } from "./replays.ts";

export interface VerifierOptions extends VerifyOptions {
  /**
   * Refuses a message that was accepted before, as `replayed`: the very same signed message. A sender's next try of it
   * has a new time and so is another, where the scheme signs a time.
   */
  replays?: ReplayStore | undefined;
}
