-- Inbound sources: /in/NAME takes third parties' requests. A deleted one keeps its row, under a name that none can have,
-- until everything that came to it is erased.
CREATE TABLE sources (
  -- Never used again: what came to a deleted one must not be another's.
  source_id  INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT NOT NULL UNIQUE,
  scope_id   INTEGER NOT NULL REFERENCES scopes,
  name       TEXT NOT NULL UNIQUE,
  -- JSON; nothing in it is secret.
  settings   TEXT NOT NULL,
  -- Its secrets, and the key that seals the heads of its requests. NULL: it is deleted.
  key_id     TEXT,
  sealed     BLOB,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  CHECK ((key_id IS NULL) = (sealed IS NULL)),
  CHECK ((sealed IS NULL) = (deleted_at IS NOT NULL))
) STRICT;

-- What came, as it came. With an event it goes when that goes; without one, when newer ones come.
CREATE TABLE inbound_requests (
  request_id   INTEGER PRIMARY KEY,
  public_id    TEXT NOT NULL UNIQUE,
  source_id    INTEGER NOT NULL REFERENCES sources,
  event_id     INTEGER REFERENCES events ON DELETE CASCADE,
  received_at  INTEGER NOT NULL,
  outcome      TEXT NOT NULL,
  status       INTEGER NOT NULL,
  reason       TEXT,
  detail       TEXT,
  method       TEXT NOT NULL,
  from_address TEXT NOT NULL,
  body_bytes   INTEGER NOT NULL,
  head         BLOB NOT NULL,
  -- NULL: it is the event's data, byte for byte; without an event: it was not kept.
  body         BLOB
) STRICT;

CREATE INDEX inbound_of_event ON inbound_requests (event_id);
CREATE INDEX inbound_of_source ON inbound_requests (source_id);
CREATE INDEX inbound_without_event ON inbound_requests (source_id) WHERE event_id IS NULL;
