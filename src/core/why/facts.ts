import type { Attempt } from "../attempt.ts";
import type { AuditAction, AuditedFields } from "../audit.ts";
import type { BreakerState } from "../breaker.ts";
import type { DeliveryReason, DeliveryState } from "../delivery.ts";
import type { VersionVerdict } from "../event-version.ts";
import type { ExplainedCondition, FilterOutcome } from "../filter/filter.ts";
import type { Handshake } from "../handshake.ts";
import type { BatchRule, DisabledReason, RateLimit, Transport } from "../subscription.ts";
import type { LaneFacts } from "./lane-facts.ts";

// Everything that is known of one event and one subscription: what an explanation is made of. Times unix ms.

export interface EventFacts {
  id: string;
  type: string;
  /** When it was published. */
  createdAt: number;
}

export interface SubscriptionFacts {
  id: string;
  name: string;
  /** How a command names it: its name, or its id. */
  reference: string;
  /** Masked; undefined: a listener. */
  url: string | undefined;
  transport: Transport;
  events: readonly string[];
  filter: string | undefined;
  /** The version of its event types that it is pinned to; undefined: it takes what comes. */
  eventVersion: string | undefined;
  enabled: boolean;
  disabledReason: DisabledReason | undefined;
  disabledAt: number | undefined;
  paused: boolean;
  /** What its receiver said to being asked first; left out: nobody asks. */
  handshake?: Handshake | undefined;
  /** Its profile's name, when the process that explains does not know it. */
  unknownProfile?: string | undefined;
  concurrency: number;
  rateLimit: RateLimit | undefined;
  orderBy: string | undefined;
  batch: BatchRule | undefined;
  /** Attempts of one round. */
  maxAttempts: number;
  breaker: BreakerState;
  createdAt: number;
  updatedAt: number;
}

/** A person's change of the subscription, as the audit has it. */
export interface ChangeFact {
  at: number;
  action: AuditAction;
  by: string;
  before: AuditedFields | undefined;
  after: AuditedFields | undefined;
}

/** It was disabled or enabled, by whomever. */
export interface SwitchFact {
  at: number;
  enabled: boolean;
  reason: string;
}

export interface DeliveryFacts {
  id: string;
  state: DeliveryState;
  reason: DeliveryReason | undefined;
  attemptCount: number;
  /** Of one that waits; undefined: it waits for its turn. */
  dueAt: number | undefined;
  createdAt: number;
  completedAt: number | undefined;
}

/** What a filter comes to for the event. */
export interface FilterFacts {
  text: string;
  outcome: FilterOutcome;
  conditions: ExplainedCondition[];
}

/** Who would send: `lane`: asked just now; `none`: no process sends; `elsewhere`: another process does, and was not asked. */
export type SenderFacts = { kind: "lane"; lane: LaneFacts | undefined } | { kind: "none" } | { kind: "elsewhere" };

export interface WhyFacts {
  now: number;
  event: EventFacts;
  /** Undefined: it is deleted. */
  subscription: SubscriptionFacts | undefined;
  subscriptionId: string;
  delivery: DeliveryFacts | undefined;
  /** In order of number. */
  attempts: readonly Attempt[];
  /** After the event, oldest first. */
  changes: readonly ChangeFact[];
  switches: readonly SwitchFact[];
  /** The filter as it is, and as it was when the event came; undefined: it has, or had, none. */
  filter: FilterFacts | undefined;
  filterThen: FilterFacts | undefined;
  /** What becomes of the event's version for it, as it is pinned now, and as it was. */
  version: VersionVerdict;
  versionThen: VersionVerdict;
  sender: SenderFacts;
  /** The delivery of the same order key that comes first; undefined: none does, or it is this one. */
  ahead:
    | { id: string; eventId: string; state: DeliveryState; attemptCount: number; dueAt: number | undefined }
    | undefined;
  /** Who cancelled or retried the delivery, newest first. */
  deeds: readonly { at: number; action: AuditAction; by: string }[];
}
