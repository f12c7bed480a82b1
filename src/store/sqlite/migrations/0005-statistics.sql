-- What attempts came to, counted: by scope (subscription 0, type 0), by subscription (type 0) and by event type
-- (subscription 0). The older, the longer the span; each attempt is in one span of each of the three.
CREATE TABLE statistics (
  scope_id        INTEGER NOT NULL,
  subscription_id INTEGER NOT NULL,
  event_type_id   INTEGER NOT NULL,
  start           INTEGER NOT NULL,
  span_ms         INTEGER NOT NULL,
  attempts        INTEGER NOT NULL,
  -- Deliveries that they ended.
  delivered       INTEGER NOT NULL,
  failed          INTEGER NOT NULL,
  duration_ms     INTEGER NOT NULL,
  -- Outcomes and durations, counted (packed-tallies.ts).
  cells           BLOB NOT NULL,
  PRIMARY KEY (scope_id, subscription_id, event_type_id, start, span_ms)
) STRICT, WITHOUT ROWID;

-- What becomes part of a longer span, and what is deleted.
CREATE INDEX statistics_by_age ON statistics (span_ms, start);

-- What was recorded since the last time that it was added up: one row a commit, whatever it recorded.
CREATE TABLE statistics_log (
  entry_id INTEGER PRIMARY KEY,
  tallies  BLOB NOT NULL
) STRICT;

-- One row: attempts before then are not counted.
CREATE TABLE statistics_began (
  began_id INTEGER PRIMARY KEY CHECK (began_id = 1),
  at       INTEGER NOT NULL
) STRICT;

INSERT INTO statistics_began (began_id, at) VALUES (1, CAST(unixepoch('subsec') * 1000 AS INTEGER));
