import type { CompiledScheme } from "./compiled-scheme.ts";
import type { Tolerance } from "./message-time.ts";
import type { Content } from "./signed-content.ts";
import { type Accepted, refuse, type VerifyResult } from "./verdict.ts";

/**
 * Remembers messages that were accepted. One of your own may be shared by many processes: with Redis, `add` is
 * `(await redis.set(key, "", { NX: true, EX: seconds })) !== null` and `delete` is `redis.del(key)`.
 */
export interface ReplayStore {
  /**
   * Remembers a key for at least so many seconds; false when it was there already. Both must be one step, so that of two
   * messages at once only one is new.
   * @param now the verifier's clock, unix seconds
   */
  add(key: string, seconds: number, now: number): boolean | Promise<boolean>;
  delete(key: string): unknown;
}

/** Where the verifier leaves what was signed of the message that it accepted. */
export interface SignedContent {
  content?: Content;
}

/** For schemes that judge no age, whose messages stay valid for ever: the longest that a provider tries again. */
const UNTIMED_SECONDS = 3 * 86_400;

/** @throws TypeError for a scheme of which two messages can have one signature: the second would be lost. */
export function checkReplayScheme({ name, algorithm, repeats }: CompiledScheme["scheme"]): void {
  if (algorithm !== "token" && repeats !== true) return;
  throw new TypeError(
    `${name} cannot have a replay store: ${algorithm === "token" ? "it signs nothing" : "different messages can have one signature"}, so a new message could be taken for a known one`,
  );
}

/** How long a message could be accepted again. */
export function secondsToRemember(
  { scheme }: CompiledScheme,
  { timestamp }: Accepted,
  now: number,
  tolerance: Tolerance | undefined,
): number {
  const past = scheme.timestamp?.past;
  if (past === undefined || timestamp === undefined || tolerance === "none") return UNTIMED_SECONDS;
  return Math.max(1, Math.ceil(timestamp + (tolerance ?? past) - Math.floor(now)) + 1);
}

/** What is hashed before the signed content, so that a key is never what some scheme takes for a signature. */
export function replayKeyHead(schemeName: string): string {
  return `hooks-replay\0${schemeName}\0`;
}

/** @param isNew what the store answered */
export function judgeReplay(accepted: Accepted, key: string, isNew: boolean): VerifyResult {
  if (!isNew) return refuse("replayed", "this very message was accepted before: answer it as then, and do nothing");
  accepted.replayKey = key;
  return accepted;
}

const DEFAULT_MAX = 100_000;

/** A store in this process's memory. When it is full the oldest is forgotten. */
export class MemoryReplays implements ReplayStore {
  readonly #max: number;
  /** Key → unix seconds until which it is known; in the order of arrival. */
  readonly #known = new Map<string, number>();

  /** @throws TypeError for a number of keys that is none. */
  constructor(max: number = DEFAULT_MAX) {
    if (!Number.isSafeInteger(max) || max < 1) throw new TypeError(`max must be a whole number from 1 up, got ${max}`);
    this.#max = max;
  }

  add(key: string, seconds: number, now: number): boolean {
    const until = this.#known.get(key);
    if (until !== undefined && now <= until) return false;
    // Anew, so that it stands at the end.
    this.#known.delete(key);
    for (const [oldest, end] of this.#known) {
      if (now <= end && this.#known.size < this.#max) break;
      this.#known.delete(oldest);
    }
    this.#known.set(key, now + seconds);
    return true;
  }

  delete(key: string): void {
    this.#known.delete(key);
  }

  /** How many keys it holds, those included that are over and not yet removed. */
  get size(): number {
    return this.#known.size;
  }
}
