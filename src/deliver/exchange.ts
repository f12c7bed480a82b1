import type { Dispatcher } from "undici";
import type { AttemptPhase, HeaderPairs, SendResult } from "../core/attempt.ts";
import { NOWHERE } from "../core/in-flight.ts";
import { type AnswerReader, MAX_ANSWER_BYTES } from "./answer-watch.ts";
import type { Connection } from "./connections.ts";
import type { Expiring } from "./deadlines.ts";
import { broken, classify, type SendFailure, timedOut } from "./send-errors.ts";

/** What is read of an answer's body; then the connection is dropped. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Header lines that are kept of an answer; more may come. */
const MAX_HEADERS = 256;
/** 1xx answers before the one that counts. */
const MAX_INFORMATIONAL = 20;

const EMPTY = new Uint8Array(0);
const NOT_SENT: SendResult = { kind: "not_sent" };

export interface ExchangeOptions {
  connection: Connection;
  /** Length of the request's body. */
  bodyLength: number;
  timeoutMs: number;
  /** Unix ms. */
  startedAt: number;
  /** Called exactly once. `reusable`: the answer was read to its end. */
  onEnd(exchange: Exchange, result: SendResult, reusable: boolean): void;
}

/**
 * One request and its answer, as undici's handler. Whatever the receiver does, it ends in one result: the status line
 * decides as soon as it is there, and what comes after it (a body that is endless, cut, or late) no longer matters.
 */
export class Exchange implements Dispatcher.DispatchHandler, Expiring, AnswerReader {
  readonly connection: Connection;
  readonly deadline: number;
  place = NOWHERE;
  readonly #options: ExchangeOptions;
  readonly #begunAt: number;
  #controller: Dispatcher.DispatchController | undefined;
  /** Undefined until the request is handed to the socket: so long the connection's own phase counts. */
  #phase: AttemptPhase | undefined;
  #status = 0;
  #informational = 0;
  #responseHeaders: HeaderPairs = [];
  /** The body so far: its first chunk, or from the second on a copy with room to grow. */
  #body: Uint8Array = EMPTY;
  #received = 0;
  #isOver = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.#begunAt = performance.now();
    this.deadline = this.#begunAt + options.timeoutMs;
  }

  // ---- undici's calls --------------------------------------------------------------------------------------------

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#phase = "write";
    this.connection.answer.begin(this);
    if (this.#isOver) controller.abort(new Error("over"));
  }

  onRequestSent(): void {
    this.#phase = "headers";
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) {
      this.#onInformational(controller, status);
      return;
    }
    this.#status = status;
    this.#phase = "body";
    this.#responseHeaders = pairsOf(controller.rawHeaders);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    const room = MAX_BODY_BYTES - this.#received;
    const taken = chunk.length <= room ? chunk : chunk.subarray(0, room);
    this.#append(taken);
    if (taken === chunk) return;
    this.#endAnswered(true);
    controller.abort(new Error("enough"));
  }

  onResponseEnd(): void {
    this.#phase = "done";
    this.#endAnswered(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isOver) return;
    if (this.#status !== 0) this.#endAnswered(true);
    else {
      const { socket, served } = this.connection;
      this.#endFailed(classify(error, this.#currentPhase(), socket?.readableEnded === true, 0 < served));
    }
  }

  /** Not as a list: a receiver may send its body byte by byte, and each chunk is an object of 100 bytes. */
  #append(chunk: Uint8Array): void {
    const length = this.#received + chunk.length;
    if (this.#received === 0) {
      this.#body = chunk;
    } else {
      if (this.#body.length < length) {
        const grown = Buffer.allocUnsafeSlow(Math.min(2 * length, MAX_BODY_BYTES));
        grown.set(this.#body.subarray(0, this.#received));
        this.#body = grown;
      }
      this.#body.set(chunk, this.#received);
    }
    this.#received = length;
  }

  /** A 1xx says that the answer is still to come; a receiver that says nothing else would keep us busy for ever. */
  #onInformational(controller: Dispatcher.DispatchController, status: number): void {
    this.#informational += 1;
    if (status === 101) this.#break(controller, "the receiver switched protocols, which nobody asked for");
    else if (MAX_INFORMATIONAL < this.#informational) this.#break(controller, "the receiver sends 1xx without end");
  }

  #break(controller: Dispatcher.DispatchController | undefined, message: string): void {
    this.#endFailed(broken(message));
    controller?.abort(new Error("broken"));
  }

  // ---- our own ---------------------------------------------------------------------------------------------------

  flooded(): void {
    if (this.#status === 0) {
      this.#break(this.#controller, `the receiver sent ${MAX_ANSWER_BYTES / 1_024} KiB and no status`);
      return;
    }
    this.#endAnswered(true);
    this.#controller?.abort(new Error("enough"));
  }

  expire(): void {
    if (this.#status !== 0) this.#endAnswered(true);
    else if (this.#isShort) this.#end(NOT_SENT, false);
    else this.#endFailed(timedOut(this.#options.timeoutMs, this.#currentPhase()));
    this.#controller?.abort(new Error("expired"));
  }

  /** Ends it now, as failed. */
  cancel(failure: SendFailure): void {
    if (this.#status !== 0) this.#endAnswered(true);
    else if (this.#isShort) this.#end(NOT_SENT, false);
    else this.#endFailed(failure);
    this.#controller?.abort(new Error("cancelled"));
  }

  #endAnswered(truncated: boolean): void {
    this.#end(
      {
        kind: "answered",
        status: this.#status,
        responseHeaders: this.#responseHeaders,
        responseBody: this.#received === this.#body.length ? this.#body : this.#body.subarray(0, this.#received),
        truncated,
        startedAt: this.#options.startedAt,
        durationMs: Math.round(performance.now() - this.#begunAt),
        phase: this.#phase ?? "body",
        remoteAddress: this.connection.remoteAddress,
        bytesSent: this.#options.bodyLength,
      },
      // An answer may come before the request is out: what is left of it would be the head of the next.
      !truncated && this.#unsentBytes() === 0,
    );
  }

  #endFailed(failure: SendFailure): void {
    const phase = this.#currentPhase();
    const { bodyLength, startedAt } = this.#options;
    this.#end(
      {
        kind: "error",
        code: failure.code,
        message: failure.message,
        startedAt,
        durationMs: Math.round(performance.now() - this.#begunAt),
        phase,
        remoteAddress: this.connection.remoteAddress,
        bytesSent: this.#phase === undefined ? 0 : Math.max(0, bodyLength - this.#unsentBytes()),
      },
      false,
    );
  }

  #end(result: SendResult, reusable: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onEnd(this, result, reusable);
  }

  /** Nothing was sent, and that was no fault of the receiver's. */
  get #isShort(): boolean {
    return this.#phase === undefined && this.connection.shortage !== undefined;
  }

  #currentPhase(): AttemptPhase {
    if (this.#phase === undefined) return this.connection.phase;
    // undici calls a request sent when the socket has taken it; the kernel may not have.
    return this.#phase === "headers" && 0 < this.#unsentBytes() ? "write" : this.#phase;
  }

  #unsentBytes(): number {
    return this.connection.socket?.writableLength ?? 0;
  }
}

/** undici's raw headers: name, value, name, value … as bytes (latin1, RFC 9112). */
function pairsOf(raw: Dispatcher.DispatchController["rawHeaders"]): HeaderPairs {
  const pairs: HeaderPairs = [];
  if (!Array.isArray(raw)) return pairs;
  const length = Math.min(raw.length, 2 * MAX_HEADERS);
  for (let at = 0; at + 1 < length; at += 2) pairs.push([latin1(raw[at]!), latin1(raw[at + 1]!)]);
  return pairs;
}

function latin1(value: Buffer | string): string {
  return typeof value === "string" ? value : value.toString("latin1");
}
