import type { HeaderPairs } from "../core/attempt.ts";
import { HooksError, toHooksError } from "../core/errors.ts";
import type { Actor } from "../core/key.ts";
import { parseRateLimit } from "../core/rate-limit.ts";
import type { Scope } from "../core/scope.ts";
import { neededParts } from "../core/signing/describe-scheme.ts";
import { verifyMessage } from "../core/signing/verify.ts";
import { answerChallenge } from "../core/sources/answer-challenge.ts";
import type { ChallengeAnswer } from "../core/sources/challenge.ts";
import { type EventOfRequest, eventOfRequest } from "../core/sources/event-of-request.ts";
import type { OriginalRequest, RequestOutcome } from "../core/sources/source.ts";
import { toleranceSeconds } from "../core/sources/source-texts.ts";
import { refusalOfTopic, WRONG_TOPIC } from "../core/sources/topic-rule.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import type { AppendedEvent, NewEvent } from "../store/store.ts";
import type { InboundLog } from "./inbound-log.ts";
import type { Publishing } from "./publishing.ts";
import { openHead, sealHead } from "./sealed-request.ts";
import type { ServiceParts } from "./service-parts.ts";
import { maskedHeaders } from "./shown-secrets.ts";
import type { OpenedSource } from "./source-directory.ts";
import type { Sources } from "./sources.ts";

/** A request to /in/NAME, and where it came from. */
export interface InboundRequest extends OriginalRequest {
  /** The address of whoever sent it. */
  from: string;
  /** The whole URL by which it came, as far as the server knows. */
  url: string;
}

export interface InboundAnswer {
  status: number;
  headers: HeaderPairs;
  body: Uint8Array | string;
}

/** Those who listen to a source, for its `live` mode. */
export interface LiveListeners {
  listensTo(scope: Scope, source: string): boolean;
  /** What a listener's program answers to this event; undefined: nothing within the time, or nothing that could be passed on. */
  answerOf(
    scope: Scope,
    eventId: string,
    withinMs: number,
  ): { answer: Promise<InboundAnswer | undefined>; forget(): void };
}

export interface InboundOptions {
  parts: ServiceParts;
  publishing: Publishing;
  sources: Sources;
  log: InboundLog;
  live: LiveListeners;
  /** A GET of this URL completes a handshake. */
  confirm(url: string, source: string): void;
}

/** The audit's name for what a sender's handshake changes. */
const SENDER: Actor = { keyId: undefined, name: "sender", from: "in" };
const NOTHING: InboundAnswer = { status: 200, headers: [], body: "" };
const ID_TRIES = 2;

/**
 * Takes the requests of third parties: judges them, makes events of them, answers once those are on disk. The answer to
 * whom is not believed says no more than that; the operator sees why (`hooks source log`).
 */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #buckets = new TokenBuckets();

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** Undefined: there is no such source, or it takes nothing. @throws HooksError `unavailable` */
  async find(name: string): Promise<OpenedSource | undefined> {
    const { sources } = this.#options.parts;
    await sources.load();
    const source = await sources.find(name);
    return source?.settings.enabled === true ? source : undefined;
  }

  /** Before the body is read. @throws HooksError `rate_limited` */
  admit({ stored, settings: { rateLimit } }: OpenedSource): void {
    if (rateLimit === undefined) return;
    const now = performance.now();
    const bucket = this.#buckets.of(stored.id, parseRateLimit(rateLimit, "rate_limit"), now);
    if (bucket.take(now)) return;
    this.#options.log.count(stored.scope, "limited");
    throw new HooksError("rate_limited", "this source takes no more requests for now", {
      retryAfterMs: bucket.nextAt(now) - now,
    });
  }

  /**
   * @throws HooksError `unauthenticated`, `invalid_request`, `method_not_allowed`, which say no more than that;
   *   `unavailable`, `store_…`: nothing was stored, and the sender is to try again
   */
  async receive(source: OpenedSource, request: InboundRequest): Promise<InboundAnswer> {
    const challenge = this.#challenge(source, request);
    if (challenge !== undefined) return this.#answerChallenge(source, request, challenge);
    // Some senders ask in this way whether there is anything.
    if (request.method === "HEAD") return NOTHING;
    if (!mayBeEvent(source, request.method)) {
      throw new HooksError("method_not_allowed", `${request.method} is not possible here, only POST, PUT, PATCH`);
    }
    const refusal = this.#judge(source, request);
    if (refusal !== undefined) {
      this.#log(source, request, "refused", 401, refusal);
      throw new HooksError("unauthenticated", "the request is not signed as this source expects");
    }
    const made = eventOfRequest({ ...source.settings, name: source.stored.name }, request);
    if ("dropped" in made) {
      this.#log(source, request, "dropped", 200, { reason: undefined, detail: `the map drops ${made.dropped}` });
      return NOTHING;
    }
    if ("malformed" in made) throw this.#malformed(source, request, made.malformed);
    return this.#publish(source, request, made.event);
  }

  /** What an event was made of, as it came; undefined: nobody sent it to a source, or the source is gone. */
  async originalOf(
    scope: Scope,
    eventId: string,
  ): Promise<(OriginalRequest & { shownHeaders: HeaderPairs }) | undefined> {
    const { store, sources } = this.#options.parts;
    const row = await store.sources.findOfEvent(scope, eventId);
    if (row?.body === undefined) return undefined;
    await sources.load();
    const source = await sources.findById(row.sourceRowId);
    if (source === undefined) return undefined;
    const head = openHead(row.head, row.id, source.secrets);
    return { ...head, body: row.body, shownHeaders: maskedHeaders(head.headers, source.secrets) };
  }

  #challenge(source: OpenedSource, request: InboundRequest): ChallengeAnswer | undefined {
    const { handshake, allowOrigins, topics, rateLimit } = source.settings;
    if (handshake === undefined) return undefined;
    return answerChallenge(handshake, {
      request: { headers: request.headers, body: request.body, method: request.method, url: urlOf(source, request) },
      secrets: this.#secrets(source),
      now: Math.floor(this.#options.parts.now() / 1_000),
      verifyToken: source.secrets.verifyToken,
      origins: allowOrigins,
      topics,
      rate: rateLimit === undefined ? undefined : perMinute(rateLimit),
    });
  }

  async #answerChallenge(
    source: OpenedSource,
    request: InboundRequest,
    { handshake, status, headers, body, refused, offeredSecret, callbackUrl, confirmUrl }: ChallengeAnswer,
  ): Promise<InboundAnswer> {
    // Before it is answered: whoever is told that it was taken signs with it.
    if (
      offeredSecret !== undefined &&
      !(await this.#options.sources.takeOffered(source.stored, offeredSecret, SENDER))
    ) {
      this.#log(source, request, "challenged", 403, {
        reason: undefined,
        detail: `${handshake}: there is a secret already`,
      });
      return { status: 403, headers: [], body: "" };
    }
    const detail = [
      refused === undefined ? handshake : `${handshake}: refused, ${refused}`,
      ...(callbackUrl === undefined ? [] : [`consent may be given at ${callbackUrl}`]),
      ...(confirmUrl === undefined ? [] : ["confirmed by a GET of the URL that it names"]),
    ].join("; ");
    this.#log(source, request, "challenged", status, { reason: undefined, detail });
    if (confirmUrl !== undefined) this.#options.confirm(confirmUrl, source.stored.name);
    return { status, headers, body };
  }

  #judge(source: OpenedSource, request: InboundRequest): { reason: string; detail: string } | undefined {
    const { scheme, settings } = source;
    if (scheme === undefined) return undefined;
    const result = verifyMessage(
      scheme,
      { headers: request.headers, body: request.body, method: request.method, url: urlOf(source, request) },
      this.#secrets(source),
      { tolerance: toleranceSeconds(settings.tolerance) },
      Math.floor(this.#options.parts.now() / 1_000),
    );
    if (!result.valid) return result;
    const foreign = refusalOfTopic({ ...settings, name: source.stored.name }, request.body);
    return foreign === undefined ? undefined : { reason: WRONG_TOPIC, detail: foreign };
  }

  #secrets({ secrets }: OpenedSource): string[] {
    const now = this.#options.parts.now();
    return secrets.secrets
      .filter(({ expiresAt }) => expiresAt === undefined || now < expiresAt)
      .map(({ text }) => text);
  }

  #malformed(source: OpenedSource, request: InboundRequest, detail: string): HooksError {
    this.#log(source, request, "refused", 400, { reason: "malformed", detail });
    return new HooksError("invalid_request", "no event can be made of this request");
  }

  async #publish(source: OpenedSource, request: InboundRequest, made: EventOfRequest): Promise<InboundAnswer> {
    const { live } = this.#options;
    const { stored, settings } = source;
    const isLive = settings.mode === "live" && live.listensTo(stored.scope, stored.name);
    let waiting: ReturnType<LiveListeners["answerOf"]> | undefined;
    // Before it is stored: it may be on its way to a listener before the store has answered us.
    const expect = ({ id }: NewEvent): void => {
      if (isLive) waiting = live.answerOf(stored.scope, id, settings.liveTimeoutMs);
    };
    try {
      const { id, kind } = await this.#store(source, request, made, expect);
      const headers: HeaderPairs = [["hooks-event-id", id]];
      if (kind !== "stored") {
        const isErased = kind === "erased";
        const detail = `the same as event ${id}${isErased ? ", which was erased: nothing of it is kept" : ""}`;
        const eventId = isErased ? undefined : id;
        this.#options.log.add(source, request, {
          outcome: "repeated",
          status: 200,
          reason: undefined,
          detail,
          eventId,
          isErased,
        });
        return { ...NOTHING, headers };
      }
      this.#options.log.count(stored.scope, "accepted");
      if (settings.mode !== "live") return { ...NOTHING, headers };
      return (await waiting?.answer) ?? { status: 202, headers, body: "" };
    } catch (error) {
      const known = toHooksError(error);
      // What no second try would change is told to the operator, not to the sender.
      if (!LASTING.has(known.code)) throw error;
      throw this.#malformed(source, request, known.message);
    } finally {
      waiting?.forget();
    }
  }

  async #store(
    source: OpenedSource,
    request: InboundRequest,
    { type, id, data, metadata }: EventOfRequest,
    expect: (event: NewEvent) => void,
  ): Promise<{ id: string; kind: AppendedEvent["kind"] }> {
    const { parts, publishing } = this.#options;
    const { stored } = source;
    for (let tries = 1; ; tries++) {
      // An own event may have had that id before: then this one gets another.
      const given = tries === 1 ? id : undefined;
      const published = await publishing.publishReceived(stored.scope, { type, data, metadata, id: given }, (event) => {
        expect(event);
        const requestId = parts.newId("req");
        return parts.store.sources.append(event, {
          id: requestId,
          sourceRowId: stored.rowId,
          receivedAt: event.createdAt,
          outcome: "accepted",
          status: 200,
          reason: undefined,
          detail: undefined,
          method: request.method,
          from: request.from,
          bodyBytes: request.body.length,
          head: sealHead(request, requestId, source.secrets, parts.random),
          body: data === request.body ? undefined : request.body,
          isBodySealed: false,
          eventId: undefined,
        });
      });
      if (published.kind !== "conflict" || tries === ID_TRIES) return published;
    }
  }

  #log(
    source: OpenedSource,
    request: InboundRequest,
    outcome: RequestOutcome,
    status: number,
    why: { reason: string | undefined; detail: string },
  ): void {
    this.#options.log.add(source, request, { outcome, status, ...why });
  }
}

/** Of publishing: what is wrong with the event itself. */
const LASTING: ReadonlySet<string> = new Set([
  "invalid_request",
  "invalid_json",
  "unknown_event_type",
  "gone_version",
  "too_large",
]);

/** A GET is one only of senders that sign its URL, which is all that it says. */
function mayBeEvent({ scheme }: OpenedSource, method: string): boolean {
  if (method === "POST" || method === "PUT" || method === "PATCH") return true;
  return method === "GET" && scheme !== undefined && neededParts(scheme.scheme).includes("url");
}

/** As its owner says that the sender calls it, with what this request has behind that. */
function urlOf({ settings }: OpenedSource, { url, path, query }: InboundRequest): string {
  if (settings.url === undefined) return url;
  return `${settings.url}${path === "/" ? "" : path}${query === "" ? "" : `?${query}`}`;
}

function perMinute(rateLimit: string): number {
  const { count, perMs } = parseRateLimit(rateLimit, "rate_limit");
  return Math.max(1, Math.floor((count * 60_000) / perMs));
}
