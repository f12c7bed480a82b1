-- Jobs that erase events with all that hangs on them. A step of one deletes some and moves its cursor in one transaction.
CREATE TABLE purges (
  purge_id       INTEGER PRIMARY KEY,
  public_id      TEXT NOT NULL UNIQUE,
  scope_id       INTEGER NOT NULL REFERENCES scopes,
  state          TEXT NOT NULL CHECK (state IN ('running', 'completed', 'cancelled')),
  -- JSON: which events. NULL once all were looked at: a condition may itself hold what is erased.
  selection      TEXT,
  -- JSON: as it was asked for, without the values that a condition compares with.
  asked          TEXT NOT NULL,
  reason         TEXT NOT NULL,
  cancel_waiting INTEGER NOT NULL CHECK (cancel_waiting IN (0, 1)),
  -- The event that was looked at last; none above the other one is looked at.
  cursor         INTEGER NOT NULL DEFAULT 0,
  last_row_id    INTEGER NOT NULL,
  events         INTEGER NOT NULL DEFAULT 0,
  deliveries     INTEGER NOT NULL DEFAULT 0,
  attempts       INTEGER NOT NULL DEFAULT 0,
  -- Left, because deliveries of them wait or are being sent; and those for which the condition has no answer.
  kept           INTEGER NOT NULL DEFAULT 0,
  undecided      INTEGER NOT NULL DEFAULT 0,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  ended_at       INTEGER,
  CHECK ((ended_at IS NULL) = (state = 'running'))
) STRICT;

CREATE INDEX purges_of_scope ON purges (scope_id);
CREATE INDEX purges_running ON purges (purge_id) WHERE state = 'running';

-- What is left of an erased event: that there was one of this id.
CREATE TABLE erased_events (
  scope_id   INTEGER NOT NULL,
  public_id  TEXT NOT NULL,
  purge_id   INTEGER NOT NULL,
  -- Of the event.
  created_at INTEGER NOT NULL,
  erased_at  INTEGER NOT NULL,
  PRIMARY KEY (scope_id, public_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX erased_by_age ON erased_events (scope_id, created_at);
CREATE INDEX erased_by_purge ON erased_events (purge_id);
