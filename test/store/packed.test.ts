import fc from "fast-check";
import { expect, it } from "vitest";
import { packAppended, unpackAppended } from "../../src/store/sqlite/packed-appended.ts";
import { packEvents, rowsOf, sizeOf, unpackEvents } from "../../src/store/sqlite/packed-events.ts";
import type { AppendedEvent, NewEvent } from "../../src/store/store.ts";

const name = fc.constantFrom("a", "b", "ünï", "");
const bytes = fc.uint8Array({ maxLength: 20 });
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const whole = fc.maxSafeNat();

const event: fc.Arbitrary<NewEvent> = fc.record({
  scope: fc.record({ tenant: name, environment: name }),
  id: fc.string(),
  type: name,
  timestamp: whole,
  data: bytes,
  metadata: maybe(bytes),
  version: maybe(fc.string()),
  trace: maybe(fc.string()),
  fingerprint: bytes,
  createdAt: whole,
  deliveries: fc.array(
    fc.record({
      id: fc.string(),
      subscriptionRowId: whole,
      lease: maybe(fc.record({ worker: name, endsAt: whole })),
      orderKey: maybe(fc.integer()),
    }),
    { maxLength: 4 },
  ),
});

const appended: fc.Arbitrary<AppendedEvent> = fc.oneof(
  fc.record({ kind: fc.constant("stored" as const), deliveryRowIds: fc.array(whole, { maxLength: 5 }) }),
  fc.record({ kind: fc.constant("repeated" as const), deliveryCount: whole }),
  fc.constant({ kind: "conflict" as const }),
  fc.constant({ kind: "erased" as const }),
);

it("hands events over to another thread as they are", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 6 }), (events) => {
      const packed = structuredClone(packEvents(events));
      expect(unpackEvents(packed)).toEqual(events);
      expect(packed.bytes).toHaveLength(sizeOf(events));
      expect(rowsOf(events)).toBe(events.length + events.flatMap(({ deliveries }) => deliveries).length);
    }),
  );
});

it("names what events share with the one before them once", () => {
  const [one] = fc.sample(event, { numRuns: 1, seed: 1 });
  const { kinds, values } = packEvents([one!, one!, { ...one!, type: "other" }, one!]);
  const { tenant, environment } = one!.scope;
  const kind = [tenant, environment, one!.type];
  expect(kinds).toEqual([...kind, tenant, environment, "other", ...kind]);
  expect(values).toHaveLength(4 * (10 + 5 * one!.deliveries.length));
});

it("hands back what became of them", () => {
  fc.assert(
    fc.property(fc.array(fc.array(appended, { maxLength: 5 })), (answers) => {
      const values: number[] = [];
      for (const answer of answers) packAppended(values, answer);
      let at = 0;
      for (const answer of answers) {
        const read = unpackAppended(values, at, answer.length);
        expect(read.appended).toEqual(answer);
        at = read.next;
      }
      expect(at).toBe(values.length);
    }),
  );
});
