-- Row ids are integers inside; what the outside sees is public_id. All times are unix ms.
-- Every row belongs to one tenant and one environment: scope_id, or that of the row it hangs on.

-- One row.
CREATE TABLE store (
  store_id        INTEGER PRIMARY KEY CHECK (store_id = 1),
  database_id     TEXT NOT NULL,
  -- Moves with every change of a subscription, in the same transaction, so that other processes notice.
  config_revision INTEGER NOT NULL
) STRICT;

INSERT INTO store (store_id, database_id, config_revision) VALUES (1, lower(hex(randomblob(16))), 0);

CREATE TABLE scopes (
  scope_id    INTEGER PRIMARY KEY,
  tenant      TEXT NOT NULL,
  environment TEXT NOT NULL,
  UNIQUE (tenant, environment)
) STRICT;

-- Boot ids of the processes that sent or leased something.
CREATE TABLE workers (
  worker_id INTEGER PRIMARY KEY,
  name      TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE event_types (
  event_type_id INTEGER PRIMARY KEY,
  scope_id      INTEGER NOT NULL REFERENCES scopes,
  name          TEXT NOT NULL,
  UNIQUE (scope_id, name)
) STRICT;

CREATE TABLE events (
  event_id       INTEGER PRIMARY KEY,
  scope_id       INTEGER NOT NULL REFERENCES scopes,
  public_id      TEXT NOT NULL,
  event_type_id  INTEGER NOT NULL REFERENCES event_types,
  timestamp      INTEGER NOT NULL,
  version        TEXT,
  delivery_count INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  -- SHA-256 of what idempotency compares.
  fingerprint    BLOB NOT NULL,
  metadata       BLOB,
  -- JSON text as the publisher sent it. Last, so that a list never reads a large one's pages.
  data           BLOB NOT NULL,
  UNIQUE (scope_id, public_id)
) STRICT;

CREATE INDEX events_of_type ON events (event_type_id);

CREATE TABLE subscriptions (
  subscription_id       INTEGER PRIMARY KEY,
  public_id             TEXT NOT NULL UNIQUE,
  scope_id              INTEGER NOT NULL REFERENCES scopes,
  name                  TEXT NOT NULL,
  transport             TEXT NOT NULL CHECK (transport IN ('http', 'tunnel')),
  url                   TEXT,
  events                TEXT NOT NULL,
  enabled               INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  disabled_reason       TEXT CHECK (disabled_reason IN ('by_hand', 'gone', 'failing')),
  paused                INTEGER NOT NULL CHECK (paused IN (0, 1)),
  auto_disable_failures INTEGER NOT NULL,
  auto_disable_span_ms  INTEGER NOT NULL,
  headers_key_id        TEXT,
  headers_sealed        BLOB,
  settings              TEXT NOT NULL,
  session               TEXT,
  created_at            INTEGER NOT NULL,
  updated_at            INTEGER NOT NULL,
  -- A deleted one stays for its history and is otherwise not there.
  deleted_at            INTEGER,

  CHECK ((url IS NULL) = (transport = 'tunnel')),
  CHECK (enabled = 0 OR disabled_reason IS NULL),
  CHECK ((headers_key_id IS NULL) = (headers_sealed IS NULL))
) STRICT;

CREATE UNIQUE INDEX subscriptions_of_session ON subscriptions (scope_id, session)
  WHERE session IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE secrets (
  secret_id       INTEGER PRIMARY KEY,
  scope_id        INTEGER NOT NULL REFERENCES scopes,
  subscription_id INTEGER NOT NULL REFERENCES subscriptions,
  public_id       TEXT NOT NULL UNIQUE,
  key_id          TEXT NOT NULL,
  sealed          BLOB NOT NULL,
  hint            TEXT NOT NULL,
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER
) STRICT;

CREATE INDEX secrets_of_subscription ON secrets (subscription_id);

-- What moves with each attempt, apart from the wide row of the subscription: one small write per batch.
CREATE TABLE subscription_health (
  subscription_id      INTEGER PRIMARY KEY REFERENCES subscriptions,
  scope_id             INTEGER NOT NULL REFERENCES scopes,
  recent               INTEGER NOT NULL,
  recent_count         INTEGER NOT NULL,
  consecutive_failures INTEGER NOT NULL,
  failing_since        INTEGER,
  last_attempt_at      INTEGER,
  last_success_at      INTEGER,
  -- Deliveries that ended, over the subscription's life; each round that ends counts.
  succeeded            INTEGER NOT NULL,
  failed               INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
  delivery_id     INTEGER PRIMARY KEY,
  -- The 16 bytes of a UUIDv7.
  public_id       BLOB NOT NULL UNIQUE,
  scope_id        INTEGER NOT NULL REFERENCES scopes,
  event_id        INTEGER NOT NULL REFERENCES events,
  subscription_id INTEGER NOT NULL REFERENCES subscriptions,
  -- Written with OR: for a longer IN list SQLite builds a table anew for each row that is written.
  state           TEXT NOT NULL CHECK (
    state = 'pending' OR state = 'sending' OR state = 'retrying'
    OR state = 'succeeded' OR state = 'failed' OR state = 'cancelled'
  ),
  reason          TEXT,
  -- What asked for the next attempt; NULL: the schedule.
  trigger         TEXT CHECK (trigger IN ('manual', 'replay')),
  -- Attempts recorded, over all rounds and in this one.
  attempt_count   INTEGER NOT NULL DEFAULT 0,
  round           INTEGER NOT NULL DEFAULT 1,
  round_attempts  INTEGER NOT NULL DEFAULT 0,
  -- Leases taken back in a row without a result.
  reclaims        INTEGER NOT NULL DEFAULT 0,
  -- When a sender may take it: its due time while it waits, the end of the lease while it is being sent.
  claimable_at    INTEGER,
  worker_id       INTEGER REFERENCES workers,
  created_at      INTEGER NOT NULL,
  completed_at    INTEGER,

  UNIQUE (event_id, subscription_id),
  CHECK ((claimable_at IS NOT NULL) = (state = 'pending' OR state = 'sending' OR state = 'retrying')),
  CHECK ((completed_at IS NOT NULL) = (claimable_at IS NULL)),
  CHECK ((worker_id IS NOT NULL) = (state = 'sending')),
  CHECK ((reason IS NOT NULL) = (state IN ('failed', 'cancelled')))
) STRICT;

-- The lanes: what waits, by when it is due. What is leased is in the next index instead, so that neither claiming nor
-- reclaiming ever walks over the other's rows.
CREATE INDEX deliveries_waiting ON deliveries (subscription_id, claimable_at)
  WHERE worker_id IS NULL AND claimable_at IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (worker_id) WHERE worker_id IS NOT NULL;

-- Lists: by subscription, and what failed.
CREATE INDEX deliveries_of_subscription ON deliveries (subscription_id);
CREATE INDEX deliveries_failed ON deliveries (scope_id) WHERE state = 'failed';
CREATE INDEX deliveries_failed_of_subscription ON deliveries (subscription_id) WHERE state = 'failed';

-- Clustered by delivery: what is read is always all of one delivery's, and no second index is kept.
CREATE TABLE attempts (
  delivery_id      INTEGER NOT NULL REFERENCES deliveries,
  number           INTEGER NOT NULL,
  scope_id         INTEGER NOT NULL,
  started_at       INTEGER NOT NULL,
  duration_ms      INTEGER NOT NULL,
  outcome          TEXT NOT NULL CHECK (outcome = 'success' OR outcome = 'failure'),
  status           INTEGER,
  error_code       TEXT,
  error_message    TEXT,
  phase            TEXT NOT NULL,
  remote_address   TEXT,
  bytes_sent       INTEGER NOT NULL,
  -- JSON: [[name, value], …]
  request_headers  TEXT NOT NULL,
  response_headers TEXT NOT NULL,
  response_excerpt TEXT,
  truncated        INTEGER NOT NULL CHECK (truncated = 0 OR truncated = 1),
  -- NULL: the schedule.
  trigger          TEXT CHECK (trigger = 'manual' OR trigger = 'replay'),
  worker_id        INTEGER NOT NULL,
  PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;
