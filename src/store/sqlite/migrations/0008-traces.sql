-- The span that an event was published in: traceparent, and tracestate behind a space; NULL: nobody traced it.
ALTER TABLE events ADD COLUMN trace TEXT;
