-- Alerts: those that fire (ended_at NULL), and those that did.
CREATE TABLE alerts (
  alert_id        INTEGER PRIMARY KEY,
  public_id       TEXT NOT NULL UNIQUE,
  scope_id        INTEGER NOT NULL REFERENCES scopes,
  -- NULL: of the whole environment.
  subscription_id INTEGER REFERENCES subscriptions,
  kind            TEXT NOT NULL,
  -- As it was written when it began.
  rule            TEXT NOT NULL,
  threshold       REAL NOT NULL,
  window_ms       INTEGER NOT NULL,
  -- When it began; of one that is over, when it ended.
  value           REAL NOT NULL,
  began_at        INTEGER NOT NULL,
  ended_at        INTEGER
) STRICT;

-- What fires, fires once.
CREATE UNIQUE INDEX alerts_firing ON alerts (scope_id, rule, ifnull(subscription_id, 0)) WHERE ended_at IS NULL;
CREATE INDEX alerts_of_scope ON alerts (scope_id);
