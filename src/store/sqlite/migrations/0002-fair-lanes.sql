-- Moves with every transaction that a high-water mark beside the database must know of, in that transaction.
ALTER TABLE store ADD COLUMN commit_sequence INTEGER NOT NULL DEFAULT 0;

-- The circuit breaker: openings in a row (0: closed), and until when the last one lasts.
ALTER TABLE subscription_health ADD COLUMN breaker_openings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription_health ADD COLUMN breaker_open_until INTEGER;

-- Since when it is disabled; and since when it is unhealthy and its owner was told so (NULL: it has been healthy since).
ALTER TABLE subscriptions ADD COLUMN disabled_at INTEGER;
ALTER TABLE subscription_health ADD COLUMN unhealthy_since INTEGER;

-- What keeps its order in its subscription, as a number made of the key's text; NULL: no order. One that waits for an
-- earlier one of its key is due at the end of time (see delivery-order.ts).
ALTER TABLE deliveries ADD COLUMN order_key INTEGER;

-- Headers of attempts: the names, and the values that stay the same, as JSON [[name, value or null], …]. An attempt that
-- has a set keeps the values that are null there, one a line; one that has none keeps JSON of all its headers.
CREATE TABLE header_sets (
  header_set_id INTEGER PRIMARY KEY,
  content       TEXT NOT NULL UNIQUE
) STRICT;
ALTER TABLE attempts ADD COLUMN request_set_id INTEGER REFERENCES header_sets;
ALTER TABLE attempts ADD COLUMN response_set_id INTEGER REFERENCES header_sets;

-- Lists of a scope's events, newest first, read no more than the page.
CREATE INDEX events_of_scope ON events (scope_id);

-- First attempts and retries apart, so that neither has to be walked over to find the other.
DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (subscription_id, (round_attempts > 0), claimable_at)
  WHERE worker_id IS NULL AND claimable_at IS NOT NULL;

CREATE INDEX deliveries_in_order ON deliveries (subscription_id, order_key, claimable_at)
  WHERE order_key IS NOT NULL AND claimable_at IS NOT NULL;
