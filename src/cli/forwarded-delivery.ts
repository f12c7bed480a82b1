import type { HeaderPairs } from "../core/attempt.ts";

/** A delivery that was forwarded, and what came of it. */
export interface ForwardedDelivery {
  /** When it was answered, unix ms. */
  at: number;
  deliveryId: string;
  attempt: number;
  eventId: string;
  eventType: string;
  /** A person asked for it. */
  replay: boolean;
  request: { method: string; path: string; query: string; headers: HeaderPairs; body: Uint8Array };
  result: { status: number; headers: HeaderPairs; body: Uint8Array; truncated: boolean } | undefined;
  /** Why there is no result. */
  failure: { code: string; message: string } | undefined;
  durationMs: number;
}

export function isOk({ result }: Pick<ForwardedDelivery, "result">): boolean {
  return result !== undefined && 200 <= result.status && result.status < 300;
}
