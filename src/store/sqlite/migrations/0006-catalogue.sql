-- The catalogue of event types. `event_types` is other: every name that an event ever had.
CREATE TABLE catalogue (
  catalogue_id INTEGER PRIMARY KEY,
  scope_id     INTEGER NOT NULL REFERENCES scopes,
  name         TEXT NOT NULL,
  -- JSON: description, tags, versions with their schemas …; nothing in it is looked for.
  content      TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  UNIQUE (scope_id, name)
) STRICT;

-- What is set for a whole environment; without a row all is as by default.
CREATE TABLE environments (
  scope_id   INTEGER PRIMARY KEY REFERENCES scopes,
  -- JSON
  settings   TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
