import { setTimeout as sleep } from "node:timers/promises";
import { withBadSignature, withStaleTimestamp, withUnknownSignature } from "../core/faulty-headers.ts";
import type { ListenFault } from "../core/listen-fault.ts";
import type { Answer } from "./delivery-desk.ts";
import type { DeliveryFrame } from "./protocol.ts";

export type Forward = (delivery: DeliveryFrame, signal: AbortSignal) => Promise<Answer>;

export interface FaultyForwardOptions {
  faults: readonly ListenFault[];
  forward: Forward;
  /** In the form of a subscription's, known to nobody. */
  unknownSecret: string;
  /** What a person should know of what was done to a delivery, and cannot see in its result. */
  onNote(delivery: DeliveryFrame, text: string): void;
}

/** The longest that a delivery is held back for one that it could change places with. */
const REORDER_MS = 2_000;

/** Forwards deliveries with what `--fault` asks for done to them. */
export class FaultyForward {
  /** What signs the session's deliveries; undefined until it is open. */
  secret: string | undefined;
  readonly #options: FaultyForwardOptions;
  /** Lets the delivery go that waits for a later one. */
  #release: ((later: Promise<Answer>) => void) | undefined;

  constructor(options: FaultyForwardOptions) {
    this.#options = options;
  }

  /** Never rejects, as what it wraps. */
  readonly forward: Forward = async (delivery, signal) => {
    const { faults, onNote } = this.#options;
    const has = (kind: ListenFault["kind"]): boolean => faults.some((fault) => fault.kind === kind);
    if (has("drop") && delivery.attempt === 1) {
      const message = "dropped by --fault drop: your program did not get it";
      return { kind: "failed", code: "aborted", message, durationMs: 0 };
    }
    for (const fault of faults) if (fault.kind === "delay") await pause(fault.ms, signal);
    const changed = this.#changed(delivery);
    const send = (): Promise<Answer> => this.#options.forward(changed, signal);
    const answer = await (has("reorder") ? this.#inPairs(send, signal) : send());
    if (!has("duplicate")) return answer;
    const second = await send();
    onNote(delivery, `duplicate: ${inWords(answer)}, then ${inWords(second)}`);
    return answer;
  };

  #changed(delivery: DeliveryFrame): DeliveryFrame {
    const { faults, unknownSecret } = this.#options;
    let { headers } = delivery;
    for (const { kind } of faults) {
      const signed = { headers, body: delivery.body };
      if (kind === "stale-timestamp" && this.secret !== undefined) headers = withStaleTimestamp(signed, this.secret);
      else if (kind === "rotate-secret") headers = withUnknownSignature(signed, unknownSecret);
      else if (kind === "bad-signature") headers = withBadSignature(signed);
    }
    return { ...delivery, headers };
  }

  /** The first of two waits until the second was answered. */
  async #inPairs(send: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    const release = this.#release;
    if (release !== undefined) {
      this.#release = undefined;
      const answer = send();
      release(answer);
      return answer;
    }
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const mine = (later: Promise<Answer>): void => resolve(later);
    this.#release = mine;
    await Promise.race([promise, pause(REORDER_MS, signal)]);
    if (this.#release === mine) this.#release = undefined;
    return send();
  }
}

/** Ends early, and without an error, with the signal: then the request itself is given up. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

function inWords(answer: Answer): string {
  return answer.kind === "answered" ? `answered ${answer.status}` : answer.message;
}
