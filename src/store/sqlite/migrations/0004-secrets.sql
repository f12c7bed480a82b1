-- The query of a receiver's URL is a secret: the whole URL is sealed, and `url` holds what may be shown of it.
ALTER TABLE subscriptions ADD COLUMN url_key_id TEXT;
ALTER TABLE subscriptions ADD COLUMN url_sealed BLOB;

-- Names of the sealed headers, JSON array; NULL: a store of an earlier version did not keep them.
ALTER TABLE subscriptions ADD COLUMN header_names TEXT;

-- Fingerprint of the master key that seals from now on; NULL: nothing was ever sealed.
ALTER TABLE store ADD COLUMN sealing_key_id TEXT;

UPDATE store SET sealing_key_id = coalesce(
  (SELECT key_id FROM secrets ORDER BY secret_id DESC LIMIT 1),
  (SELECT headers_key_id FROM subscriptions WHERE headers_key_id IS NOT NULL AND deleted_at IS NULL LIMIT 1)
);

-- A change of the master key that is under way, at most one row: each of the two keys sealed by the other, so that who
-- has one of them has both until all is moved.
CREATE TABLE master_key_change (
  change_id  INTEGER PRIMARY KEY CHECK (change_id = 1),
  old_key_id TEXT NOT NULL,
  new_key_id TEXT NOT NULL,
  new_sealed BLOB NOT NULL,
  old_sealed BLOB NOT NULL,
  begun_at   INTEGER NOT NULL
) STRICT;

-- What a deleted subscription sent with its requests is of no use to anybody.
UPDATE subscriptions SET headers_key_id = NULL, headers_sealed = NULL WHERE deleted_at IS NOT NULL;
