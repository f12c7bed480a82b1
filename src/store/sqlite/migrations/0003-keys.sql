-- Organisations that somebody created by name. Others exist through their data (scopes) or keys.
CREATE TABLE tenants (
  tenant_id   INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;

-- API keys. '*' as tenant or environment: any. A revoked one stays, so that its owner can be told.
CREATE TABLE keys (
  key_id       INTEGER PRIMARY KEY,
  public_id    TEXT NOT NULL UNIQUE,
  tenant       TEXT NOT NULL,
  environment  TEXT NOT NULL,
  name         TEXT NOT NULL,
  role         TEXT NOT NULL CHECK (role IN ('admin', 'publisher', 'reader', 'listener')),
  -- SHA-256 of the whole key, of which there is no other trace.
  hash         BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  hint         TEXT NOT NULL,
  -- '600/m'; NULL: no limit.
  rate_limit   TEXT,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  -- To the minute.
  last_used_at INTEGER
) STRICT;

-- Who changed what, in the transaction of the change. Rows are only ever added.
CREATE TABLE audit (
  audit_id      INTEGER PRIMARY KEY,
  public_id     TEXT NOT NULL UNIQUE,
  at            INTEGER NOT NULL,
  -- Of what was changed; '*': of a key for any.
  tenant        TEXT NOT NULL,
  environment   TEXT NOT NULL,
  -- Public id of the key it was done with; NULL: by whoever owns the store's files.
  actor_key     TEXT,
  actor_name    TEXT NOT NULL,
  came_from     TEXT NOT NULL,
  action        TEXT NOT NULL,
  resource_kind TEXT NOT NULL,
  -- NULL: many.
  resource_id   TEXT,
  -- JSON of the fields that changed.
  before        TEXT,
  after         TEXT,
  -- The tenant was deleted since: who gets its name later must not see it.
  is_past       INTEGER NOT NULL DEFAULT 0 CHECK (is_past IN (0, 1))
) STRICT;

CREATE INDEX audit_of_tenant ON audit (tenant, environment);
CREATE INDEX audit_of_resource ON audit (resource_id);
CREATE INDEX audit_of_key ON audit (actor_key);
