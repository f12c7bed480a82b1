import type { Scope } from "../core/scope.ts";
import type { RequestOutcome } from "../core/sources/source.ts";
import type { NewInboundRequest, SourceStore } from "../store/source-store.ts";
import type { InboundRequest } from "./inbound.ts";
import { sealBody, sealHead } from "./sealed-request.ts";
import type { ServiceParts } from "./service-parts.ts";
import type { OpenedSource } from "./source-directory.ts";

/** `limited`: too many came. They are counted, and not kept. */
export type InboundOutcome = RequestOutcome | "limited";

/** Why it made no event. */
export interface InboundFinding {
  outcome: RequestOutcome;
  status: number;
  reason: string | undefined;
  detail: string;
  /** The event that it repeats. */
  eventId?: string | undefined;
  /** Of what it said, nothing is kept. */
  isErased?: boolean | undefined;
}

export interface InboundLogOptions {
  parts: Pick<ServiceParts, "now" | "newId" | "random"> & { store: { sources: Pick<SourceStore, "record"> } };
  /** Of every request, whatever becomes of it. */
  onOutcome(scope: Scope, outcome: InboundOutcome): void;
  /** Of those that are kept, for the log. */
  onKept(source: string, kept: NewInboundRequest): void;
  onFault(error: unknown): void;
}

/** Of each source. */
const MOST_KEPT = 100;
/** Of a body that came to nothing. */
const MOST_BODY_BYTES = 64 * 1024;
/** Whoever writes to the disk what a stranger sends bounds it: so many of each source in this span, ms. */
const MOST_IN_SPAN = 20;
const SPAN_MS = 1_000;
/** They are written together. */
const WRITE_AFTER_MS = 50;

/** What came to sources and made no event, for their operators: counted all of it, kept the last of it. */
export class InboundLog {
  readonly #options: InboundLogOptions;
  #waiting: NewInboundRequest[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** By row id of the source, since the span began. */
  readonly #counts = new Map<number, number>();
  #spanEndsAt = 0;

  constructor(options: InboundLogOptions) {
    this.#options = options;
  }

  count(scope: Scope, outcome: InboundOutcome): void {
    this.#options.onOutcome(scope, outcome);
  }

  add(
    { stored, secrets }: OpenedSource,
    request: InboundRequest,
    { outcome, status, reason, detail, eventId, isErased = false }: InboundFinding,
  ): void {
    this.count(stored.scope, outcome);
    if (!this.#hasRoom(stored.rowId)) return;
    const { now, newId, random } = this.#options.parts;
    const id = newId("req");
    const { method, from, body } = request;
    const keepsBody = !isErased && body.length <= MOST_BODY_BYTES;
    const kept: NewInboundRequest = {
      id,
      sourceRowId: stored.rowId,
      receivedAt: now(),
      outcome,
      status,
      reason,
      detail,
      method,
      from,
      bodyBytes: body.length,
      head: sealHead(isErased ? { method, path: "/", query: "", headers: [] } : request, id, secrets, random),
      body: keepsBody ? sealBody(body, id, secrets, random) : undefined,
      isBodySealed: keepsBody,
      eventId,
    };
    this.#options.onKept(stored.name, kept);
    this.#waiting.push(kept);
    this.#timer ??= setTimeout(() => this.#write(), WRITE_AFTER_MS);
  }

  /** Resolves when all of it is on disk. */
  async close(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  #hasRoom(sourceRowId: number): boolean {
    const now = performance.now();
    if (this.#spanEndsAt <= now) {
      this.#counts.clear();
      this.#spanEndsAt = now + SPAN_MS;
    }
    const count = (this.#counts.get(sourceRowId) ?? 0) + 1;
    this.#counts.set(sourceRowId, count);
    return count <= MOST_IN_SPAN;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const requests = this.#waiting;
    if (requests.length === 0) return;
    this.#waiting = [];
    this.#writing = this.#options.parts.store.sources
      .record(requests, MOST_KEPT)
      .catch((error: unknown) => this.#options.onFault(error));
  }
}
