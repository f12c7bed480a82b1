import { CLOSED } from "../../src/core/breaker.ts";
import type { Subscription } from "../../src/core/subscription.ts";
import type { Store } from "../../src/store/store.ts";
import {
  halved,
  isThird,
  longer,
  nextSecond,
  withMethods,
  withResult,
  withRetention,
  withSend,
  withSubscriptions,
} from "./mutant-parts.ts";
import { CALM_MS, type Mode, RUN_MS, type Swarm } from "./plan.ts";
import type { Mutant } from "./world.ts";

// Each is one mistake that a program of this kind may have, put in on purpose. A simulation that finds nothing wrong
// with one of them would find nothing wrong with the mistake either.

export interface NamedMutant extends Mutant {
  name: string;
  mode: Mode;
  /** Faults without which it does no harm. */
  swarm?: Partial<Swarm>;
  /** Which properties it breaks: the first one that is noticed is one of these. */
  breaks: readonly string[];
}

export const MUTANTS: readonly NamedMutant[] = [
  {
    name: "an event is acknowledged and never stored",
    mode: "safety",
    breaks: ["P1", "P3"],
    wrapStore: (store) =>
      withMethods(store, {
        appendEvents: async (events, options) =>
          events.length === 1 && events[0]!.id.endsWith("3")
            ? [{ kind: "stored", deliveryRowIds: events[0]!.deliveries.map((_, index) => 10_000 + index) }]
            : store.appendEvents(events, options),
      }),
  },
  {
    name: "an event is acknowledged before it is on the disk",
    mode: "safety",
    breaks: ["P1", "P3"],
    wrapStore: (store) =>
      withMethods(store, {
        appendEvents: async (events, options) => {
          void store.appendEvents(events, options).catch(() => {});
          return events.map(({ deliveries }) => ({ kind: "stored", deliveryRowIds: deliveries.map(() => 0) }));
        },
      }),
  },
  {
    name: "a failure is recorded as a success",
    mode: "safety",
    breaks: ["P2"],
    wrapStore: (store) =>
      withMethods(store, {
        recordAttempts: (worker, attempts) =>
          store.recordAttempts(
            worker,
            attempts.map((one) => ({ ...one, verdict: { kind: "succeeded" } })),
          ),
      }),
  },
  {
    name: "a result is recorded twice",
    mode: "safety",
    breaks: ["P5"],
    wrapStore: (store) =>
      withMethods(store, {
        recordAttempts: async (worker, attempts) => {
          await store.recordAttempts(worker, attempts);
          return store.recordAttempts(worker, attempts);
        },
      }),
  },
  {
    name: "a result is lost on its way to the store",
    mode: "liveness",
    breaks: ["L1", "L2", "P4"],
    wrapStore: (store) =>
      withMethods(store, {
        recordAttempts: async (worker, attempts) =>
          attempts.length === 1 && isThird(attempts[0]!)
            ? { disabled: [], released: [] }
            : store.recordAttempts(worker, attempts),
      }),
  },
  {
    name: "the body changes from one attempt to the next",
    mode: "safety",
    breaks: ["P3", "P7"],
    dispatcherOptions: (options) =>
      withSend(options, (outgoing) => ({
        ...outgoing,
        request: {
          ...outgoing.request,
          body: Buffer.concat([outgoing.request.body, Buffer.from(" ".repeat(outgoing.attemptNumber - 1))]),
        },
      })),
  },
  {
    name: "what is sent already is claimed again",
    mode: "safety",
    breaks: ["P4", "P5"],
    wrapStore: (store) => {
      let last: Awaited<ReturnType<Store["claimDue"]>> = [];
      return withMethods(store, {
        claimDue: async (lanes, now, lease) => {
          const claimed = await store.claimDue(lanes, now, lease);
          const again = claimed.map((one) => ({
            ...one,
            deliveries: [
              ...one.deliveries,
              ...(last.find((lane) => lane.subscriptionRowId === one.subscriptionRowId)?.deliveries ?? []),
            ],
          }));
          last = claimed;
          return again;
        },
      });
    },
  },
  {
    name: "a result counts whoever holds the lease now",
    mode: "safety",
    swarm: { takeovers: 2 },
    breaks: ["P4"],
    wrapStore: (store, world) =>
      withMethods(store, {
        recordAttempts: (worker, attempts) =>
          store.recordAttempts(world.ledger.rows.get(attempts[0]!.deliveryRowId)?.worker ?? worker, attempts),
      }),
  },
  {
    name: "a start takes the leases of those who live",
    mode: "safety",
    breaks: ["P4", "P5"],
    wrapStore: (store) =>
      withMethods(store, {
        claimDue: async (lanes, now, lease) => {
          await store.reclaimLeases("boot-nobody", now);
          return store.claimDue(lanes, now, lease);
        },
      }),
  },
  {
    name: "deliveries are claimed before they are due",
    mode: "safety",
    breaks: ["schedule"],
    wrapStore: (store) =>
      withMethods(store, { claimDue: (lanes, now, lease) => store.claimDue(lanes, now + 60_000, lease) }),
  },
  {
    name: "the schedule is too quick",
    mode: "safety",
    breaks: ["schedule"],
    dispatcherOptions: (options) => withSubscriptions(options, (one) => ({ ...one, retry: halved(one.retry) })),
  },
  {
    name: "there is one attempt too many",
    mode: "safety",
    breaks: ["schedule", "P5"],
    dispatcherOptions: (options) => withSubscriptions(options, (one) => ({ ...one, retry: longer(one.retry) })),
  },
  {
    name: "Retry-After is not read",
    mode: "safety",
    breaks: ["schedule"],
    dispatcherOptions: (options) => ({
      ...options,
      transports: {
        ...options.transports,
        http: {
          room: options.transports.http.room,
          send: withResult(options.transports.http, (result) =>
            result.kind === "answered" ? { ...result, responseHeaders: [] } : result,
          ),
        },
      },
    }),
  },
  {
    name: "the clock of the signature goes wrong",
    mode: "safety",
    breaks: ["P7"],
    dispatcherOptions: (options) =>
      withSend(options, (outgoing) => ({
        ...outgoing,
        request: { ...outgoing.request, headers: outgoing.request.headers.map(nextSecond) },
      })),
  },
  {
    name: "nobody tells the lanes that a subscription was switched off",
    mode: "safety",
    breaks: ["P9"],
    dispatcherOptions: (options) =>
      withSubscriptions(options, (one) => ({ ...one, enabled: true, disabledReason: undefined, paused: false })),
  },
  {
    name: "a subscription's concurrency is not kept",
    mode: "safety",
    breaks: ["P10"],
    dispatcherOptions: (options) => withSubscriptions(options, (one) => ({ ...one, concurrency: one.concurrency + 1 })),
  },
  {
    name: "the process's concurrency is not kept",
    mode: "safety",
    breaks: ["P10"],
    dispatcherOptions: (options) => ({ ...options, concurrency: options.concurrency + 1 }),
  },
  {
    name: "the rate is not kept",
    mode: "safety",
    breaks: ["P10"],
    dispatcherOptions: (options) => withSubscriptions(options, (one) => ({ ...one, rateLimit: undefined })),
  },
  {
    name: "nobody keeps the limits of the process, its tenants and its hosts",
    mode: "safety",
    breaks: ["P10"],
    dispatcherOptions: (options) => ({ ...options, rates: undefined }),
  },
  {
    name: "the breaker never opens",
    mode: "safety",
    breaks: ["breaker"],
    dispatcherOptions: (options) => withSubscriptions(options, (one) => ({ ...one, hasBreaker: false })),
  },
  {
    name: "the breaker is forgotten by a restart",
    mode: "safety",
    swarm: { crashes: 8 },
    breaks: ["breaker"],
    dispatcherOptions: (options) => withSubscriptions(options, (one) => ({ ...one, breaker: CLOSED })),
  },
  {
    name: "schedules go by the wall clock",
    mode: "safety",
    swarm: { clockSteps: 6 },
    breaks: ["schedule", "breaker", "P10"],
    dispatcherOptions: (options, world) => ({ ...options, now: () => world.time.wall() }),
  },
  {
    name: "the order of a key is not kept",
    mode: "safety",
    breaks: ["order"],
    wrapStore: (store) =>
      withMethods(store, {
        appendEvents: (events, options) =>
          store.appendEvents(
            events.map((event) => ({
              ...event,
              deliveries: event.deliveries.map((one) => ({ ...one, orderKey: undefined })),
            })),
            options,
          ),
      }),
  },
  {
    name: "nobody is told of a due time",
    mode: "liveness",
    breaks: ["L1"],
    wrapStore: (store) =>
      withMethods(store, {
        claimDue: async (lanes, now, lease) =>
          (await store.claimDue(lanes, now, lease)).map((one) => ({
            ...one,
            nextFreshAt: undefined,
            nextRetryAt: undefined,
          })),
        nextDueTimes: async () => new Map(),
      }),
  },
  {
    name: "receivers that are back are not tried for half an hour",
    mode: "liveness",
    breaks: ["L1", "L3"],
    dispatcherOptions: (options, world) => {
      const { http } = options.transports;
      const room = (subscription: Subscription): number => {
        const sinceCalm = world.time.now - (RUN_MS - CALM_MS);
        return 0 <= sinceCalm && sinceCalm < 1_800_000 ? 0 : http.room(subscription);
      };
      return { ...options, transports: { ...options.transports, http: { send: http.send, room } } };
    },
  },
  {
    name: "leases are kept when the process is stopped",
    mode: "safety",
    swarm: { drains: 3 },
    breaks: ["L2", "P4"],
    wrapStore: (store) => withMethods(store, { releaseLeases: async () => {} }),
  },
  {
    name: "retention deletes what still waits",
    mode: "safety",
    swarm: { sweeps: 8 },
    breaks: ["P1"],
    wrapStore: (store, world) =>
      withMethods(store, {
        retention: withRetention(store.retention, {
          sweepEvents: (sweep) => {
            const waiting = "SELECT delivery_id FROM deliveries WHERE state = 'retrying'";
            world.database.exec(`DELETE FROM attempts WHERE delivery_id IN (${waiting})`);
            world.database.exec("DELETE FROM deliveries WHERE state = 'retrying'");
            return store.retention.sweepEvents(sweep);
          },
        }),
      }),
  },
  {
    name: "retention deletes too soon",
    mode: "safety",
    swarm: { sweeps: 8, clockSteps: 0, clockShakes: 0 },
    breaks: ["retention"],
    wrapStore: (store) =>
      withMethods(store, {
        retention: withRetention(store.retention, {
          sweepEvents: (sweep) => store.retention.sweepEvents({ ...sweep, before: sweep.before + 3_500_000 }),
        }),
      }),
  },
  {
    name: "a listener that comes back is not sent to",
    mode: "liveness",
    swarm: { cuts: 10 },
    breaks: ["L1", "L3"],
    dispatcherOptions: (options) => {
      const { tunnel } = options.transports;
      let wasThere = false;
      let isLost = false;
      const isThere = (subscription: Subscription): boolean => tunnel.isThere!(subscription);
      const room = (subscription: Subscription): number => {
        if (isThere(subscription)) wasThere = true;
        else if (wasThere) isLost = true;
        return isLost ? 0 : tunnel.room(subscription);
      };
      return { ...options, transports: { ...options.transports, tunnel: { ...tunnel, isThere, room } } };
    },
  },
  {
    name: "what a listener loses uses up an attempt",
    mode: "safety",
    swarm: { cuts: 10 },
    breaks: ["P2"],
    dispatcherOptions: (options, world) => {
      const { tunnel } = options.transports;
      const send = withResult(tunnel, (result) => {
        if (result.kind !== "not_sent") return result;
        const lost = {
          code: "reset",
          message: "lost",
          phase: "headers",
          remoteAddress: undefined,
          bytesSent: 0,
        } as const;
        return { kind: "error", ...lost, startedAt: world.time.wall(), durationMs: 0 };
      });
      return { ...options, transports: { ...options.transports, tunnel: { ...tunnel, send } } };
    },
  },
  {
    name: "listeners get events in the wrong order",
    mode: "safety",
    swarm: { cuts: 10, clockSteps: 0, clockShakes: 0, sleeps: 0, takeovers: 0, operations: 0, outsiders: 0 },
    breaks: ["order"],
    wrapStore: (store) =>
      withMethods(store, {
        claimDue: async (lanes, now, lease) =>
          (await store.claimDue(lanes, now, lease)).map((one) => ({
            ...one,
            deliveries: one.deliveries.toReversed(),
          })),
      }),
  },
  {
    name: "claims go round and round",
    mode: "safety",
    breaks: ["no storm", "no livelock"],
    wrapStore: (store) =>
      withMethods(store, {
        claimDue: async (lanes, now, lease) =>
          (await store.claimDue(lanes, now, lease)).map((one) => ({ ...one, nextFreshAt: now })),
      }),
  },
];
