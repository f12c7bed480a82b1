// What a filter costs: evaluations a second on one thread, of filters as people write them, each on an event of some 500
// bytes whose JSON is read anew; and of the same on an event that another filter has read already.

import { Filter } from "../src/core/filter/filter.ts";
import { parseFilter } from "../src/core/filter/filter-language.ts";
import { type FilterableEvent, FilterSubject } from "../src/core/filter/filter-subject.ts";
import { type Bench, judged, whole } from "./bench.ts";
import { median, round } from "./report/statistics.ts";
import { inTurn } from "./rounds.ts";

const FILTERS = [
  "data.amount > 1000",
  "type.startsWith('order.') && data.amount > 1000 && data.country in ['DE', 'FR', 'IT'] && 'new' in data.tags",
  "has(data.discount) && data.discount.percent >= 50 || metadata.source == 'web'",
  "data.items.exists(item, item.price > 100 && item.sku.startsWith('a-'))",
  "data.missing.amount > 1000",
];

export const filtering: Bench = {
  name: "filtering",
  run: async (size) => {
    const [rounds, evaluations] = size === "full" ? [9, 100_000] : [1, 500];
    const event = sampleEvent();
    const filters = FILTERS.map((text) => new Filter(text, parseFilter(text, "filter")));
    const perSecond = await inTurn(rounds, {
      fresh: async () => rateOf(filters, evaluations, () => new FilterSubject(event)),
      read: async () => {
        const subject = new FilterSubject(event);
        return rateOf(filters, evaluations, () => subject);
      },
    });
    const [fresh, read] = [median(perSecond.fresh), median(perSecond.read)];
    return {
      rows: [
        judged(
          { measure: "filter evaluations a second, reading the event's JSON", isHeadline: true },
          fresh,
          { least: 100_000 },
          whole,
        ),
        { measure: "filter evaluations a second, of an event that was read", value: whole(read) },
      ],
      details: {
        filters: FILTERS,
        bytes: event.data.length,
        evaluations,
        fresh: round(fresh, 0),
        read: round(read, 0),
        perSecond,
      },
    };
  },
};

function rateOf(filters: readonly Filter[], evaluations: number, subject: () => FilterSubject): number {
  const seen = new Map<string, number>();
  const startedAt = performance.now();
  for (let n = 0; n < evaluations; n++) {
    const { kind } = filters[n % filters.length]!.outcomeFor(subject());
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  const tookMs = performance.now() - startedAt;
  // All but the one that asks for what is not there.
  if (seen.get("matched") !== (evaluations * 4) / 5) throw new Error(`outcomes: ${JSON.stringify([...seen])}`);
  return (evaluations * 1_000) / tookMs;
}

function sampleEvent(): FilterableEvent {
  const data = {
    id: "ord_4214",
    amount: 1999,
    currency: "eur",
    country: "DE",
    tags: ["eu", "new"],
    customer: { id: "cus_9", name: "Ann Example", email: "ann@example.com", since: "2024-05-01T00:00:00Z" },
    items: [
      { sku: "b-100", price: 19.5, quantity: 2, title: "Something of which there are two" },
      { sku: "a-200", price: 1960, quantity: 1, title: "Something that costs more" },
    ],
    note: "x".repeat(80),
  };
  return {
    id: "evt_1",
    type: "order.paid",
    timestamp: 1_760_000_000_000,
    version: undefined,
    data: Buffer.from(JSON.stringify(data)),
    metadata: Buffer.from('{"source":"web"}'),
  };
}

if (import.meta.main) console.dir(await filtering.run("full"), { depth: 6 });
