// Inbound sources of a running daemon, wired: what comes in by /in/NAME, and how it goes on to listeners as it came.

import type { SendResult } from "./core/attempt.ts";
import type { Scope } from "./core/scope.ts";
import type { DaemonLog } from "./daemon-log.ts";
import { calledBack, type DeliveryTransport, type Outgoing } from "./deliver/transport.ts";
import { Inbound } from "./service/inbound.ts";
import { InboundLog, type InboundOutcome } from "./service/inbound-log.ts";
import { LiveAnswers } from "./service/live-answers.ts";
import type { LocalHooks } from "./service/open-local.ts";
import type { ListenServer } from "./stream/listen-server.ts";

export interface DaemonSourcesOptions {
  local: LocalHooks;
  tunnel: ListenServer;
  log: DaemonLog;
  onOutcome(scope: Scope, outcome: InboundOutcome): void;
  onFault(error: unknown): void;
}

export interface DaemonSources {
  inbound: Inbound;
  /** The tunnel, through which a listener of a source gets the sender's own request. */
  transport: DeliveryTransport;
  close(): Promise<void>;
}

/** Of a handshake that is completed by a GET. */
const CONFIRM_TIMEOUT_MS = 10_000;

export async function createDaemonSources(options: DaemonSourcesOptions): Promise<DaemonSources> {
  const { local, tunnel, log, onOutcome, onFault } = options;
  const { parts, publishing } = local.cases;
  const sources = await local.cases.sources();
  const answers = new LiveAnswers();
  const inboundLog = new InboundLog({
    parts,
    onOutcome,
    onKept: (source, { id, outcome, status, reason, detail, from }) => {
      const facts = { source, request: id, status, reason, detail, from };
      if (outcome === "refused") log.warn("source.refused", facts);
      else log.info(`source.${outcome}`, facts);
    },
    onFault,
  });
  const inbound = new Inbound({
    parts,
    publishing,
    sources,
    log: inboundLog,
    live: {
      listensTo: (scope, source) => tunnel.listensTo(scope, source),
      answerOf: (scope, eventId, withinMs) => answers.answerOf(scope, eventId, withinMs),
    },
    confirm: (url, source) => {
      const rules = { environment: "production", allow: [], deny: [] };
      const request = { method: "GET" as const, url, headers: [], body: new Uint8Array(0), rules };
      void parts.send({ ...request, timeoutMs: CONFIRM_TIMEOUT_MS }).then((result) => {
        const status = result.kind === "answered" ? result.status : undefined;
        const isDone = status !== undefined && 200 <= status && status < 300;
        const error = result.kind === "error" ? result.message : undefined;
        (isDone ? log.info : log.warn)("source.confirmed", { source, status, error });
      }, onFault);
    },
  });
  const transport: Required<DeliveryTransport> = {
    room: (subscription) => tunnel.room(subscription),
    isThere: (subscription) => tunnel.isThere(subscription),
    send: calledBack((outgoing) =>
      outgoing.subscription.sources === undefined
        ? tunnel.send(outgoing)
        : sendOriginal(outgoing, inbound, tunnel, answers),
    ),
  };
  return { inbound, transport, close: () => inboundLog.close() };
}

/** What is kept of the attempt are the headers that went out, without what is secret. */
async function sendOriginal(
  outgoing: Outgoing,
  inbound: Inbound,
  tunnel: ListenServer,
  answers: LiveAnswers,
): Promise<SendResult> {
  const { delivery, request } = outgoing;
  const original = await inbound.originalOf(delivery.scope, delivery.event.id);
  if (original === undefined) return tunnel.send(outgoing);
  request.headers = original.shownHeaders.flat();
  const result = await tunnel.send({ ...outgoing, original });
  answers.came(delivery.scope, delivery.event.id, result);
  return result;
}
