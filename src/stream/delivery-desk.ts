import type { HeaderPairs } from "../core/attempt.ts";
import { type ClientFrame, DELIVERY_MAX_BODY_BYTES, type DeliveryFrame, type LocalFailureCode } from "./protocol.ts";
import { RecentAnswers } from "./recent-answers.ts";

/** What came of a delivery at the local program. */
export type Answer = LocalAnswer | LocalFailure;

export interface LocalAnswer {
  kind: "answered";
  status: number;
  headers: HeaderPairs;
  /** At most 64 KiB. */
  body: Uint8Array;
  truncated: boolean;
  /** Whole ms. */
  durationMs: number;
}

export interface LocalFailure {
  kind: "failed";
  code: LocalFailureCode;
  /** For people. */
  message: string;
  durationMs: number;
}

/** What a delivery is answered with when there is no program to ask. */
export const ACCEPTED: Answer = {
  kind: "answered",
  status: 200,
  headers: [],
  body: new Uint8Array(),
  truncated: false,
  durationMs: 0,
};

export interface DeliveryDeskOptions {
  answer(delivery: DeliveryFrame): Promise<Answer>;
  /** Take no more than so many deliveries; undefined: no limit. */
  most: number | undefined;
  /** The last of `most` has been taken. */
  onFull(): void;
  /** After the answer has been sent. */
  onAnswered(delivery: DeliveryFrame, answer: Answer): void;
  /** Most that the server has in flight here: of so many answers it may have got none. */
  credit(): number;
}

/** At least so many answers are remembered for the case that the server asks again and something else comes between. */
const LEAST_REMEMBERED = 64;

/**
 * The deliveries in hand. One whose connection was lost before its answer arrived comes again under the same attempt
 * number; the local program does not get it twice: it is answered with what its program said (or is about to say).
 */
export class DeliveryDesk {
  readonly #options: DeliveryDeskOptions;
  readonly #answers = new RecentAnswers<Answer>();
  #taken = 0;
  #busy = 0;

  constructor(options: DeliveryDeskOptions) {
    this.#options = options;
  }

  /** Deliveries that the local program has not answered yet. */
  get busy(): number {
    return this.#busy;
  }

  /** @param send sends over the connection that the delivery came by; does nothing once that is lost */
  take(delivery: DeliveryFrame, send: (frame: ClientFrame) => void): void {
    const key = `${delivery.delivery_id} ${delivery.attempt}`;
    const known = this.#answers.get(key);
    const reply = (answer: Answer): void => send(answerFrame(delivery, answer));
    if (known !== undefined) {
      void known.then(reply);
      return;
    }
    if (this.#options.most !== undefined && this.#options.most <= this.#taken) {
      reply({ kind: "failed", code: "not_taken", message: "this listener takes no more", durationMs: 0 });
      return;
    }
    this.#taken += 1;
    this.#busy += 1;
    const answer = this.#answer(delivery);
    this.#answers.add(key, answer, Math.max(LEAST_REMEMBERED, this.#options.credit()));
    void answer.then((value) => {
      reply(value);
      this.#busy -= 1;
      this.#options.onAnswered(delivery, value);
    });
    if (this.#taken === this.#options.most) this.#options.onFull();
  }

  async #answer(delivery: DeliveryFrame): Promise<Answer> {
    if (delivery.body.byteLength <= DELIVERY_MAX_BODY_BYTES) return await this.#options.answer(delivery);
    const message = `the body has ${delivery.body.byteLength} bytes, more than ${DELIVERY_MAX_BODY_BYTES}`;
    return { kind: "failed", code: "too_large", message, durationMs: 0 };
  }
}

function answerFrame({ delivery_id, attempt }: DeliveryFrame, answer: Answer): ClientFrame {
  const duration_ms = answer.durationMs;
  if (answer.kind === "failed") {
    return { type: "error", delivery_id, attempt, code: answer.code, message: answer.message, duration_ms };
  }
  const { status, headers, body, truncated } = answer;
  return { type: "result", delivery_id, attempt, status, headers, body, truncated, duration_ms };
}
