-- By time: attempts after a delivery's first. First ones come in the order in which deliveries are made, so that what is
-- delivered at the first try, as nearly all is, costs nothing here.
CREATE INDEX attempts_again ON attempts (scope_id, started_at) WHERE number > 1;
