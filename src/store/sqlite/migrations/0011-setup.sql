-- What was set up from files, and by which set of them. `resource` is a public id; of what has none, its name.
CREATE TABLE setup_members (
  scope_id   INTEGER NOT NULL REFERENCES scopes,
  kind       TEXT NOT NULL,
  resource   TEXT NOT NULL,
  set_name   TEXT NOT NULL,
  -- JSON: by which references its secret fields were given, never what they stand for.
  reference  TEXT NOT NULL,
  PRIMARY KEY (scope_id, kind, resource)
) STRICT, WITHOUT ROWID;
