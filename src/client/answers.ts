import type { AlertResource } from "../core/alert.ts";
import type { AuditEntry } from "../core/audit.ts";
import type { BatchReceipt, PublishReceipt } from "../core/event.ts";
import type { EnvironmentResource, EventTypeResource, EventTypeSummary, EventTypeVersion } from "../core/event-type.ts";
import type { EventTypeImportResult, ImportedType } from "../core/event-type-import.ts";
import type { ExplainedCondition } from "../core/filter/filter.ts";
import type { FilterTrialResult } from "../core/filter/filter-trial.ts";
import type { Meta, Page, TestResult } from "../core/hooks-service.ts";
import type { KeyResource, KeyWithSecret } from "../core/key.ts";
import type { PurgeReceipt, ReplayReceipt, ReplayResource, ReplayStarted } from "../core/replay.ts";
import { byKind } from "../core/retention.ts";
import type { SecretsRotated, SubscriptionResource, SubscriptionWithSecret } from "../core/subscription.ts";
import type { TenantResource } from "../core/tenant.ts";
import type { Whoami } from "../core/whoami.ts";
import {
  anything,
  either,
  type Form,
  flag,
  listOf,
  maybe,
  number,
  objectOf,
  orNull,
  record,
  text,
} from "./answer-form.ts";

// The form of every answer of the API that the client takes, as http-api.md and the OpenAPI document have it.

export function pageOf(row: Form): Form {
  return objectOf<Page<unknown>>({ data: listOf(row), next_cursor: orNull(text) });
}

export const PUBLISH_RECEIPT = objectOf<PublishReceipt>({
  id: text,
  deliveries: number,
  repeated: maybe(flag),
  warnings: maybe(listOf(text)),
});

const BATCH_ERROR = objectOf<{ error: object }>({
  error: objectOf<{ code: string; message: string }>({ code: text, message: text }),
});

/** One result for each event, in order: with fewer nobody could say what became of which. */
export function batchReceipt(events: number): Form {
  const form = objectOf<BatchReceipt>({ results: listOf(either(PUBLISH_RECEIPT, BATCH_ERROR)) });
  return (value, path) =>
    form(value, path) ??
    ((value as BatchReceipt).results.length === events
      ? undefined
      : `${path}.results has not one entry for each event`);
}

export const HEALTH_MEMBERS = {
  state: text,
  consecutive_failures: number,
  success_rate: number,
  disabled_reason: orNull(text),
  last_triggered_at: orNull(text),
  last_success_at: orNull(text),
  breaker: objectOf<SubscriptionResource["health"]["breaker"]>({ state: text, open_until: orNull(text) }),
};

export const HANDSHAKE = orNull(
  objectOf<NonNullable<SubscriptionResource["handshake"]>>({
    origin: text,
    rate: orNull(number),
    state: text,
    allowed_rate: orNull(number),
    checked_at: orNull(text),
    error: orNull(text),
  }),
);

const SUBSCRIPTION_MEMBERS = {
  id: text,
  name: text,
  description: text,
  url: orNull(text),
  transport: text,
  events: listOf(text),
  enabled: flag,
  paused: flag,
  profile: text,
  headers: record,
  filter: orNull(text),
  retry: objectOf<SubscriptionResource["retry"]>({
    strategy: text,
    delays: maybe(listOf(text)),
    first_delay: maybe(text),
    longest_delay: maybe(text),
    max_attempts: maybe(number),
    jitter: number,
  }),
  retry_on: either(text, listOf(text)),
  timeout_ms: number,
  on_410: text,
  breaker: flag,
  auto_disable: objectOf<SubscriptionResource["auto_disable"]>({
    failures: number,
    min_span: text,
    re_enable: orNull(text),
  }),
  rotate_every: orNull(text),
  handshake: HANDSHAKE,
  allow_net: listOf(text),
  deny_net: listOf(text),
  concurrency: number,
  rate_limit: orNull(text),
  excerpt_chars: number,
  order_by: orNull(text),
  batch: orNull(objectOf<NonNullable<SubscriptionResource["batch"]>>({ max_events: number, max_wait: text })),
  metadata: record,
  tenant: text,
  environment: text,
  event_version: orNull(text),
  health: objectOf<SubscriptionResource["health"]>(HEALTH_MEMBERS),
  counts: objectOf<SubscriptionResource["counts"]>({ succeeded: number, failed: number }),
  secrets: listOf(
    objectOf<SubscriptionResource["secrets"][number]>({
      id: text,
      created_at: text,
      expires_at: orNull(text),
      hint: text,
    }),
  ),
  created_at: text,
  updated_at: text,
  warnings: maybe(listOf(text)),
};
export const SUBSCRIPTION = objectOf<SubscriptionResource>(SUBSCRIPTION_MEMBERS);

export const SUBSCRIPTION_WITH_SECRET = objectOf<SubscriptionWithSecret>({
  ...SUBSCRIPTION_MEMBERS,
  secret: text,
});

export const SECRETS_ROTATED = objectOf<SecretsRotated>({
  data: listOf(SUBSCRIPTION_WITH_SECRET),
  next_cursor: orNull(text),
});

export const TEST_RESULT = objectOf<TestResult>({
  success: flag,
  status: orNull(number),
  duration_ms: number,
  response: orNull(text),
  error: orNull(text),
});

export const REPLAY_RECEIPT = objectOf<ReplayReceipt>({ count: number, dry_run: flag });
export const PURGE_RECEIPT = objectOf<PurgeReceipt>({ count: number, dry_run: flag });
export const REPLAY_STARTED = objectOf<ReplayStarted>({
  count: number,
  dry_run: flag,
  id: orNull(text),
  status: text,
});
export const REPLAY = objectOf<ReplayResource>({
  id: text,
  status: text,
  filter: record,
  rate: orNull(text),
  count: number,
  reopened: number,
  tenant: text,
  environment: text,
  created_at: text,
  updated_at: text,
  ended_at: orNull(text),
});

export const EVENT_TYPE_SUMMARY = objectOf<EventTypeSummary>({
  name: text,
  description: text,
  tags: listOf(text),
  deprecated: flag,
  catalogued: flag,
  versions: listOf(text),
  default_version: orNull(text),
  updated_at: orNull(text),
});

export const EVENT_TYPE = objectOf<EventTypeResource>({
  name: text,
  description: text,
  tags: listOf(text),
  deprecated: flag,
  default_version: text,
  versions: listOf(
    objectOf<EventTypeVersion>({
      version: text,
      schema: anything,
      example: anything,
      down: orNull(record),
      created_at: text,
    }),
  ),
  removed_versions: listOf(text),
  tenant: text,
  environment: text,
  created_at: text,
  updated_at: text,
  warnings: maybe(listOf(text)),
});

export const ENVIRONMENT = objectOf<EnvironmentResource>({
  tenant: text,
  environment: text,
  strict_types: flag,
  retention: objectOf<EnvironmentResource["retention"]>(byKind(() => orNull(text))),
  retention_in_force: objectOf<EnvironmentResource["retention_in_force"]>(byKind(() => text)),
  alerts: listOf(text),
  updated_at: orNull(text),
});

export const CONDITION = objectOf<ExplainedCondition>({
  expression: text,
  result: orNull(flag),
  error: orNull(text),
  values: listOf(objectOf<ExplainedCondition["values"][number]>({ expression: text, value: orNull(text) })),
});

export const FILTER_TRIAL_RESULT = objectOf<FilterTrialResult>({
  matched: flag,
  filter: orNull(text),
  outcome: text,
  error: orNull(text),
  pattern: orNull(text),
  conditions: listOf(CONDITION),
});

export const ALERT = objectOf<AlertResource>({
  id: text,
  state: text,
  kind: text,
  rule: text,
  unit: text,
  value: number,
  threshold: number,
  subscription: orNull(text),
  tenant: text,
  environment: text,
  began_at: text,
  ended_at: orNull(text),
});

export const EVENT_TYPE_IMPORT_RESULT = objectOf<EventTypeImportResult>({
  dry_run: flag,
  results: listOf(objectOf<ImportedType>({ name: text, version: text, outcome: text, warnings: listOf(text) })),
});

export const META = objectOf<Meta>({
  version: text,
  egress_addresses: orNull(listOf(text)),
  limits: objectOf<Meta["limits"]>({
    event_bytes: number,
    batch_events: number,
    batch_bytes: number,
    json_depth: number,
    tunnel_body_bytes: number,
    subscriptions: number,
    backlog: orNull(number),
  }),
});

const KEY_MEMBERS = {
  id: text,
  name: text,
  role: text,
  tenant: text,
  environment: text,
  status: text,
  hint: text,
  rate_limit: orNull(text),
  created_at: text,
  expires_at: orNull(text),
  last_used_at: orNull(text),
  revoked_at: orNull(text),
};
export const KEY = objectOf<KeyResource>(KEY_MEMBERS);
export const KEY_WITH_SECRET = objectOf<KeyWithSecret>({ ...KEY_MEMBERS, key: text });

export const TENANT = objectOf<TenantResource>({
  name: text,
  description: text,
  environments: listOf(text),
  subscriptions: number,
  keys: number,
  created_at: orNull(text),
  updated_at: orNull(text),
});

export const AUDIT_ENTRY = objectOf<AuditEntry>({
  id: text,
  at: text,
  action: text,
  actor: objectOf<AuditEntry["actor"]>({ key: orNull(text), name: text }),
  from: text,
  resource: objectOf<AuditEntry["resource"]>({ kind: text, id: orNull(text) }),
  tenant: text,
  environment: text,
  before: orNull(record),
  after: orNull(record),
});

export const WHOAMI = objectOf<Whoami>({ name: text, role: text, tenant: text, environment: text });
