import { Filter, type FilterOutcome } from "../../../src/core/filter/filter.ts";
import { parseFilter } from "../../../src/core/filter/filter-language.ts";
import { FilterSubject } from "../../../src/core/filter/filter-subject.ts";

export function filterOf(text: string): Filter {
  return new Filter(text, parseFilter(text, "filter"));
}

export interface EventParts {
  type?: string;
  timestamp?: number;
  version?: string;
  data?: unknown;
  /** As it came, where `data` cannot say it. */
  json?: string;
  metadata?: unknown;
}

export function subjectOf({ type, timestamp, version, data, json, metadata }: EventParts): FilterSubject {
  return new FilterSubject({
    id: "evt_1",
    type: type ?? "order.paid",
    timestamp: timestamp ?? Date.UTC(2026, 0, 31, 12),
    version,
    data: Buffer.from(json ?? JSON.stringify(data ?? {})),
    metadata: metadata === undefined ? undefined : Buffer.from(JSON.stringify(metadata)),
  });
}

export function outcomeOf(text: string, parts: EventParts): FilterOutcome {
  return filterOf(text).outcomeFor(subjectOf(parts));
}
