import type { ForwardedDelivery } from "../src/cli/forwarded-delivery.ts";
import type { ReadyFrame } from "../src/stream/protocol.ts";

/** What else a run of `hooks listen` does with what happens: writes a report, waits for events, starts a program. */
export interface ListenFollower {
  /** The session is open for the first time. What it throws ends the run. */
  onReady?(ready: ReadyFrame): void | Promise<void>;
  onDelivery?(forwarded: ForwardedDelivery): void;
  /**
   * Nothing more comes; called once, also when the session was never open. The first error that is thrown is the run's.
   *
   * @param fault the run's error so far
   */
  onEnd?(fault: Error | undefined): void | Promise<void>;
}
