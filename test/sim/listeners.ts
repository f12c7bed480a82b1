import type { Subscription } from "../../src/core/subscription.ts";
import { calledBack, type DeliveryTransport } from "../../src/deliver/transport.ts";
import type { ListenRequest } from "../../src/service/listen-sessions.ts";
import type { SubscriptionTale } from "./ledger.ts";
import { drawEvents, type Mode } from "./plan.ts";
import type { Random } from "./random.ts";
import { SCOPE, type SimulatedDaemon } from "./simulated-daemon.ts";
import type { World } from "./world.ts";

const SECOND = 1_000;
const REDIAL_MS = 2 * SECOND;
/** Longer than a run: nothing that waits for a listener is cancelled. */
const KEEP_MS = 30 * 86_400_000;

interface Listener {
  tale: SubscriptionTale;
  request: ListenRequest;
  /** Deliveries that it takes at once. */
  credit: number;
  /** Where it is connected; undefined: nowhere. */
  daemon: SimulatedDaemon | undefined;
  isDialling: boolean;
  wasLost: boolean;
}

/**
 * People who run `hooks listen`: they come, lose their connection with what they have in hand, and come again. The
 * sources' own sessions are behind them, and the dispatcher in front; only the WebSocket between is played.
 */
export class Listeners {
  readonly #world: World;
  readonly #random: Random;
  readonly #all: Listener[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork("listeners");
  }

  /** One more, who does not give up before its session is there. */
  come(mode: Mode): void {
    const random = this.#random;
    const events = drawEvents(random);
    // Of a long schedule a liveness run would not see the end.
    const retry = mode === "safety" && random.chance(0.3);
    const timeoutMs = random.magnitude(SECOND, 30 * SECOND);
    const credit = random.magnitude(1, 8);
    const tale = this.#world.ledger.addSubscription({
      url: undefined,
      events,
      retry: retry ? "standard" : { strategy: "list", delays: [], jitter: 0 },
      on_410: "retry",
      timeout_ms: timeoutMs,
      concurrency: credit,
      breaker: false,
    });
    const request: ListenRequest = {
      scope: SCOPE,
      session: tale.name,
      name: tale.name,
      events,
      retry,
      timeoutMs,
      concurrency: credit,
      keepMs: KEEP_MS,
      isEphemeral: false,
    };
    const listener = { tale, request, credit, daemon: undefined, isDialling: false, wasLost: false };
    this.#all.push(listener);
    this.#dial(listener);
  }

  /** Somebody's connection breaks, if anybody has one. */
  cutOne(): void {
    const connected = this.#all.filter(({ daemon }) => daemon?.owner.isAlive === true);
    if (0 < connected.length) this.#lose(this.#random.pick(connected), this.#random.magnitude(10, 60 * SECOND));
  }

  /** Every connection to this process breaks, or the process is gone. */
  cut(daemon: SimulatedDaemon): void {
    for (const listener of this.#all) {
      if (listener.daemon === daemon) this.#lose(listener, this.#random.magnitude(250, 15 * SECOND));
    }
  }

  transportOf(daemon: SimulatedDaemon): Required<DeliveryTransport> {
    const of = ({ rowId }: Subscription): Listener | undefined =>
      this.#all.find((one) => one.tale.rowId === rowId && one.daemon === daemon);
    const room = (subscription: Subscription): number => {
      const listener = of(subscription);
      return listener === undefined ? 0 : listener.credit - (daemon.inFlightOf.get(listener.tale) ?? 0);
    };
    return {
      room,
      isThere: (subscription) => of(subscription) !== undefined,
      send: calledBack((outgoing) => {
        const { name } = outgoing.subscription;
        if (room(outgoing.subscription) <= 0) this.#world.violate("P10", `${name} is sent what nobody there can take`);
        return this.#world.network.sendThrough(daemon, outgoing);
      }),
    };
  }

  #dial(listener: Listener): void {
    const world = this.#world;
    const { daemon } = world;
    const { tale, request } = listener;
    listener.isDialling = true;
    world.listen(
      (sessions) => sessions.open(request),
      (outcome) => {
        listener.isDialling = false;
        if (outcome.kind !== "ok" || daemon?.owner.isAlive !== true || daemon !== world.daemon) {
          world.time.schedule(world.time.world, REDIAL_MS, () => this.#dial(listener));
          return;
        }
        const { subscription, secrets, resumed } = outcome.value;
        for (const secret of secrets) if (!tale.secrets.includes(secret)) tale.secrets.push(secret);
        tale.id = subscription.id;
        tale.settledAt ??= world.time.now;
        listener.daemon = daemon;
        world.note(`${tale.name} listens at ${daemon.name}`);
        if (resumed && listener.wasLost) world.count("listener resumed");
        daemon.roomChanged(subscription.rowId);
      },
    );
  }

  /** What it has in hand comes back unsent, and then the dispatcher hears of it: as the server does. */
  #lose(listener: Listener, awayMs: number): void {
    const world = this.#world;
    const { daemon, tale } = listener;
    listener.daemon = undefined;
    listener.wasLost = true;
    world.note(`${tale.name} loses its connection for ${awayMs} ms`);
    if (daemon?.owner.isAlive === true) {
      world.network.giveBack(daemon, tale);
      daemon.roomChanged(tale.rowId!);
    }
    world.time.schedule(world.time.world, awayMs, () => {
      if (!listener.isDialling) this.#dial(listener);
    });
  }
}
