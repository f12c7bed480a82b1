-- Jobs that send ended deliveries again: what of, and how far they have come. A step of one re-opens some deliveries and
-- moves its cursor in one transaction, so each is re-opened once, whatever happens between two steps.
CREATE TABLE replays (
  replay_id   INTEGER PRIMARY KEY,
  public_id   TEXT NOT NULL UNIQUE,
  scope_id    INTEGER NOT NULL REFERENCES scopes,
  state       TEXT NOT NULL CHECK (state IN ('running', 'completed', 'cancelled')),
  -- JSON: which deliveries, as the store takes it, and as it was asked for.
  selection   TEXT NOT NULL,
  asked       TEXT NOT NULL,
  -- '100/s'; NULL: no limit. Until when the limit is used up, unix ms.
  rate        TEXT,
  paced_at    REAL NOT NULL,
  found       INTEGER NOT NULL,
  reopened    INTEGER NOT NULL DEFAULT 0,
  -- The delivery that was looked at last; none above the other one is looked at.
  cursor      INTEGER NOT NULL DEFAULT 0,
  last_row_id INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  ended_at    INTEGER,
  CHECK ((ended_at IS NULL) = (state = 'running'))
) STRICT;

CREATE INDEX replays_of_scope ON replays (scope_id);
CREATE INDEX replays_running ON replays (replay_id) WHERE state = 'running';

-- A lane's two parts: what was never tried, and the rest. What a replay sends again gives way to what is new.
DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (
  subscription_id, (round_attempts > 0 OR trigger IS 'replay'), claimable_at
) WHERE worker_id IS NULL AND claimable_at IS NOT NULL;
