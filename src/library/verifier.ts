import type { VerifyOptions as VerifyRules } from "../core/signing/options.ts";
import type { Accepted, VerifyResult } from "../core/signing/verdict.ts";
import type { VerifierOptions } from "../core/signing/verifier-options.ts";
import type { WebhookRequest } from "../core/signing/webhook-request.ts";

/** Checks many messages of one scheme: the secrets were decoded once. */
export interface Verifier {
  /** As the function `verify`. @throws TypeError as it does, and when the replay store answers a promise. */
  verify(request: WebhookRequest, options?: VerifyTime): VerifyResult;
  /** As the function `verifyAsync`: for `resolveKey` and replay stores that answer promises. */
  verifyAsync(request: WebhookRequest, options?: VerifyTime): Promise<VerifyResult>;
  /**
   * Makes the replay store forget a message that was accepted. Call it when processing the message failed: else the
   * sender's next try would be refused as `replayed`, and the message lost.
   */
  forget(accepted: Accepted): Promise<void>;
}

export type VerifyOptions = VerifyRules & VerifyTime;

export interface VerifyTime {
  /** The verifier's clock, unix seconds. Default: the system's. */
  now?: number | undefined;
}

/** The verifier of the core, with the system's clock. */
export function timed(
  verifier: {
    verify(request: WebhookRequest, now: number): VerifyResult;
    verifyAsync(request: WebhookRequest, now: number): Promise<VerifyResult>;
  },
  options: VerifierOptions,
): Verifier {
  return {
    verify: (request, time) => verifier.verify(request, time?.now ?? unixSeconds()),
    verifyAsync: (request, time) => verifier.verifyAsync(request, time?.now ?? unixSeconds()),
    forget: (accepted) => forget(accepted, options),
  };
}

export async function forget({ replayKey }: Accepted, { replays }: VerifierOptions): Promise<void> {
  if (replayKey !== undefined) await replays?.delete(replayKey);
}

export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
