import type { EnvironmentPatch, EventTypeInput } from "../event-type.ts";
import type { JsonValue } from "../json-value.ts";
import type { Role } from "../key.ts";
import type { SourceInput } from "../sources/source.ts";
import type { SubscriptionInput } from "../subscription.ts";

/** Of a whole set-up, as JSON: a full catalogue of 16 MiB and what stands beside it. */
export const SETUP_MAX_BYTES = 24 * 1024 * 1024;
/** Of each kind. */
export const MAX_SETUP_ENTRIES = 10_000;
/** What things are set up by where nobody names a set. */
export const DEFAULT_SET = "default";
export const SET_NAME_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * A text that is kept secret. In a file it is a reference (`env:NAME`, `file:PATH`); whoever applies the file puts the
 * value beside it, so that an export can name the reference again. The value alone: nobody knows where it came from.
 */
export type ReferencedText = string | { from: string; value: string };

/** A whole set-up of one tenant and environment, as a file names it. What is left out is not looked at. */
export interface SetupDocument {
  version?: 1 | undefined;
  /** Under which name this is set up: whoever removes what is not in the file any more removes what has this name. */
  set?: string | undefined;
  settings?: SetupSettings | undefined;
  /** Rules (core/alert-rule.ts) of this environment, beside those that the server has. */
  alerts?: string[] | undefined;
  event_types?: SetupEventType[] | undefined;
  subscriptions?: SetupSubscription[] | undefined;
  sources?: SetupInbound[] | undefined;
  keys?: SetupKey[] | undefined;
}

export const SETUP_SECTIONS = ["settings", "alerts", "event_types", "subscriptions", "sources", "keys"] as const;

/** What is left out stays as it is. */
export type SetupSettings = Omit<EnvironmentPatch, "alerts">;

export interface SetupVersion extends Pick<EventTypeInput, "schema" | "example" | "down"> {
  version: string;
}

/** What is left out has its default. */
export interface SetupEventType {
  name: string;
  description?: string | null | undefined;
  tags?: string[] | null | undefined;
  deprecated?: boolean | undefined;
  /** Of a type with the one version "1". */
  schema?: JsonValue | undefined;
  example?: JsonValue | undefined;
  /** From the oldest on. */
  versions?: SetupVersion[] | undefined;
  /** Default: the last one. */
  default_version?: string | undefined;
  removed_versions?: string[] | undefined;
}

/** What is left out has its default; `enabled`, `paused` and the secret stay as they are. */
export interface SetupSubscription extends Omit<SubscriptionInput, "name" | "url" | "headers" | "secret"> {
  /** Which one is meant. */
  name: string;
  url: ReferencedText;
  headers?: Record<string, ReferencedText> | null | undefined;
  secret?: ReferencedText | null | undefined;
  paused?: boolean | undefined;
}

/** An inbound source. What is left out has its default; `enabled` and what is secret stay as they are. */
export interface SetupInbound extends Omit<SourceInput, "secret" | "verify_token"> {
  secret?: ReferencedText | null | undefined;
  /** Null: it has none. */
  verify_token?: ReferencedText | null | undefined;
}

/** A key of exactly this tenant and environment. */
export interface SetupKey {
  name: string;
  role: Role;
  /** ISO 8601. A duration would mean another time whenever it is applied. */
  expires?: string | null | undefined;
  rate_limit?: string | null | undefined;
  /** The whole key, for one that is made elsewhere. */
  key?: ReferencedText | null | undefined;
}

export interface SetupRequest {
  setup: SetupDocument;
  /** Also deletes what this set had set up and is not in it any more; of the sections that it has. */
  prune?: boolean | undefined;
  /** Only says what would be done. */
  dry_run?: boolean | undefined;
  /** The plan that was shown: another one is not carried out. */
  plan?: string | undefined;
  /** How long secrets that are replaced sign beside the new ones. Default: "24h". */
  grace?: string | undefined;
}

export const SETUP_KINDS = ["setting", "alert", "event_type", "subscription", "source", "key"] as const;
export type SetupKind = (typeof SETUP_KINDS)[number];

/** `adopt`: it is as the file says, and from now on it is this set's. */
export const SETUP_ACTIONS = ["create", "update", "adopt", "delete"] as const;
export type SetupAction = (typeof SETUP_ACTIONS)[number];

/** One place in it that is another afterwards. */
export interface FieldChange {
  /** `retry.delays[2]`, `versions[1].schema.properties.amount` */
  field: string;
  /** Left out: it is not there. What is secret is masked: two that look the same differ. */
  before?: JsonValue | undefined;
  after?: JsonValue | undefined;
}

export interface SetupChange {
  action: SetupAction;
  kind: SetupKind;
  name: string;
  /** Null: it has none, or not yet. */
  id: string | null;
  changes: FieldChange[];
  /** A new signing secret, or a new key, that was made here: shown once. */
  secret?: string | undefined;
}

export interface SetupResult {
  dry_run: boolean;
  /** `pln_…`: the same as long as the same would be done. */
  plan: string;
  set: string;
  changes: SetupChange[];
  /** How many are as the set-up says. */
  unchanged: number;
  /** What this set had set up and is not in it any more; `prune` deletes it. */
  left: { kind: SetupKind; name: string }[];
  warnings: string[];
}

export interface SetupExport {
  tenant: string;
  environment: string;
  setup: SetupDocument;
  /** References in it that nobody ever gave: they are to be filled before it can be applied. */
  references: { field: string; reference: string }[];
  /** What cannot be in it, and why. */
  left_out: { kind: SetupKind; id: string; reason: string }[];
}

/** Sets up an environment from a document, all of it or nothing. */
export interface SetupService {
  /**
   * `invalid_request` names the field by its place in the document; `conflict`: the plan is another by now.
   */
  applySetup(request: SetupRequest): Promise<SetupResult>;
  /** What `applySetup` would make of an empty environment what this one is, but for secrets. */
  exportSetup(): Promise<SetupExport>;
}
