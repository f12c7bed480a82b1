-- Which header sets attempts use: a sweep begins a cycle, marks with its number those that it finds in use, and wipes the
-- text of those that have an older one. Whoever records attempts marks what it uses once in each cycle.
ALTER TABLE store ADD COLUMN header_cycle INTEGER NOT NULL DEFAULT 0;
ALTER TABLE header_sets ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
CREATE INDEX header_sets_by_seen ON header_sets (seen);

-- Erasings of which something may still be in free pages or in the log; 0: the files are clean.
ALTER TABLE store ADD COLUMN cleaning_owed INTEGER NOT NULL DEFAULT 0;

-- What made no event: its body is sealed as its head is, and it goes with its age. What repeats an event goes with that.
ALTER TABLE inbound_requests ADD COLUMN is_body_sealed INTEGER NOT NULL DEFAULT 0 CHECK (is_body_sealed IN (0, 1));
DROP INDEX inbound_without_event;
CREATE INDEX inbound_beside ON inbound_requests (source_id) WHERE outcome <> 'accepted';
CREATE INDEX sources_of_scope ON sources (scope_id);
