import type { Actor } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import type { Subscription } from "../core/subscription.ts";

/** What a listener asks for (the frame `hello` of the listen protocol). */
export interface ListenRequest {
  scope: Scope;
  /** Who the audit says made the session; undefined: it is not recorded. */
  actor?: Actor | undefined;
  /** Default of the CLI: host + folder. The same name again resumes. 1–128 of A–Z a–z 0–9 . _ - : / @ */
  session: string;
  /** Patterns; at least one. */
  events: readonly string[];
  /** Only events for which this expression is true; undefined: all. */
  filter?: string | undefined;
  /** Only what came to these sources, and as it came; undefined: events. */
  sources?: readonly string[] | undefined;
  /** Try again on the subscription's default schedule; otherwise each delivery is answered once. */
  retry: boolean;
  /** The local answer must come within this, 1–300 s. */
  timeoutMs: number;
  /** Most deliveries in flight at once. */
  concurrency: number;
  /**
   * How long deliveries wait while nobody listens; then they are cancelled, and the session stops collecting. Undefined:
   * as it was, and 24 h for a new one. While others listen the longer time counts.
   */
  keepMs: number | undefined;
  /** The session waits for a listener for a minute only, and is gone then. One that was to be kept is kept. */
  isEphemeral: boolean;
  /** For people: who listens. */
  name: string;
  /** Nobody is going to listen: a session that is there stays as it is, a new one collects nothing. */
  onlyLooks?: boolean;
  /** Whether somebody listens to a session now: such a one is never ended to make room. */
  isListening?(subscriptionRowId: number): boolean;
}

/** A session as far as it matters whether anybody listens to it. */
export interface HeardSession {
  /** Of its subscription. */
  rowId: number;
  scope: Scope;
  /** Its name. */
  session: string;
}

/** Does the work unless somebody listens to the session; nobody begins to meanwhile. */
export type WhileUnheard = (session: HeardSession, work: () => Promise<void>) => Promise<void>;

export interface ListenSession {
  /** A real subscription, transport `tunnel`. */
  subscription: Subscription;
  /** Whole secrets as text, so that the local program can verify. */
  secrets: string[];
  /** True when the session existed before. */
  resumed: boolean;
  /** It is gone a minute after its last listener. */
  isEphemeral: boolean;
  /** Deliveries that are due already. */
  waiting: number;
  /** When the first and the last of the waiting events happened, unix ms; undefined when none wait. */
  missedFrom: number | undefined;
  missedTo: number | undefined;
}

/** The sessions behind listeners: each is a durable subscription whose deliveries go through the tunnel. */
export interface ListenSessions {
  /** Creates the session, or takes it up again with these patterns and settings (and enables it if it had stopped
   * collecting).
   * @throws HooksError `invalid_request`; `conflict` when the tenant has as many sessions as it may, all in use. */
  open(request: ListenRequest): Promise<ListenSession>;
  /** The listener is gone. `collect: false` (it quit cleanly): no new deliveries are made for it, waiting ones are
   * cancelled, and an ephemeral one is deleted; `true`: it goes on collecting and its deliveries wait for it. */
  close(subscription: Subscription, options: { collect: boolean }): Promise<void>;
}
