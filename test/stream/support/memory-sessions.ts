import type { Subscription } from "../../../src/core/subscription.ts";
import type { ListenRequest, ListenSession, ListenSessions } from "../../../src/service/listen-sessions.ts";
import { DEVELOPMENT } from "../../support/egress.ts";

/** The contract of listen sessions over a map: what the tunnel's tests need of a store. */
export class MemorySessions implements ListenSessions {
  readonly opened: ListenRequest[] = [];
  readonly closed: { subscriptionId: string; collect: boolean }[] = [];
  /** Thrown by the next `open`. */
  failure: Error | undefined;
  /** What the next `open` says of waiting deliveries. */
  backlog: Pick<ListenSession, "waiting" | "missedFrom" | "missedTo"> = {
    waiting: 0,
    missedFrom: undefined,
    missedTo: undefined,
  };
  /** Awaited by `open`, so that a test can hold it up. */
  gate: Promise<void> = Promise.resolve();
  readonly #subscriptions = new Map<string, Subscription>();
  /** Those that are not ephemeral, whoever asks for it. */
  readonly #kept = new Set<string>();

  async open(request: ListenRequest): Promise<ListenSession> {
    await this.gate;
    this.opened.push(request);
    if (this.failure !== undefined) throw this.failure;
    const key = `${request.scope.tenant}/${request.scope.environment}/${request.session}`;
    const existing = this.#subscriptions.get(key);
    const subscription = tunnelSubscription(existing?.rowId ?? this.#subscriptions.size + 1, request);
    this.#subscriptions.set(key, subscription);
    const isEphemeral = request.isEphemeral && !this.#kept.has(key);
    if (!isEphemeral) this.#kept.add(key);
    return { subscription, secrets: ["whsec_c2VjcmV0"], resumed: existing !== undefined, isEphemeral, ...this.backlog };
  }

  close(subscription: Subscription, options: { collect: boolean }): Promise<void> {
    this.closed.push({ subscriptionId: subscription.id, ...options });
    return Promise.resolve();
  }
}

export function tunnelSubscription(rowId: number, request: Partial<ListenRequest> = {}): Subscription {
  return {
    rowId,
    id: `sub_${rowId}`,
    scope: request.scope ?? { tenant: "default", environment: "development" },
    name: request.name ?? "",
    description: "",
    url: undefined,
    egress: DEVELOPMENT,
    transport: "tunnel",
    events: request.events ?? ["*"],
    enabled: true,
    disabledReason: undefined,
    paused: false,
    profile: "standard",
    headers: {},
    secrets: [],
    retry: { strategy: "list", delaysMs: [], jitter: 0 },
    retryOn: "any",
    on410: "retry",
    timeoutMs: request.timeoutMs ?? 30_000,
    concurrency: request.concurrency ?? 10,
    rateLimit: undefined,
    autoDisable: { failures: 0, minSpanMs: 0, reEnable: undefined },
    hasBreaker: false,
    breaker: { openings: 0, openUntil: undefined },
    orderBy: undefined,
    batch: undefined,
    excerptChars: 1_000,
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
  };
}
