import type { HooksService } from "../../src/core/hooks-service.ts";
import type { SubscriptionInput } from "../../src/core/subscription.ts";
import { CHANGE_MS } from "./checks.ts";
import { rateOf, type SubscriptionTale } from "./ledger.ts";
import { drawRate, drawSubscription, type Mode } from "./plan.ts";
import type { Random } from "./random.ts";
import type { CallOutcome } from "./simulated-daemon.ts";
import type { World } from "./world.ts";

const RETRY_MS = 2_000;
/** What an operation may be answered with that is nobody's fault. */
const EXPECTED = new Set(["conflict", "not_found", "store_busy", "store_full", "store_unusable", "unavailable"]);

type Caller = <T>(action: (service: HooksService) => Promise<T>, done: (outcome: CallOutcome<T>) => void) => void;

/** People who make, change and delete subscriptions and send deliveries again, over the API or beside the daemon. */
export class Operators {
  readonly #world: World;
  readonly #mode: Mode;
  readonly #random: Random;
  readonly #hosts: number;

  constructor(world: World, mode: Mode, hosts: number) {
    this.#world = world;
    this.#mode = mode;
    this.#random = world.random.fork("operators");
    this.#hosts = hosts;
  }

  /** Makes one, and does not give up before it is there. */
  create(): void {
    const { ledger } = this.#world;
    const name = `s${ledger.subscriptions.length}`;
    const input = drawSubscription(
      this.#random,
      this.#mode,
      `http://h${this.#random.int(1, this.#hosts)}.test/${name}`,
    );
    this.createFrom(input);
  }

  createFrom(input: SubscriptionInput): SubscriptionTale {
    const tale = this.#world.ledger.addSubscription(input);
    const { url } = input;
    const secret = `whsec_${Buffer.from(this.#random.bytes(24)).toString("base64")}`;
    tale.secrets.push(secret);
    tale.isBeingChanged = true;
    this.#untilDone(
      async (service) => {
        // Whoever got no answer looks first whether it is there.
        const found = (await service.listSubscriptions({ q: url })).data[0];
        return found ?? (await service.createSubscription({ ...input, name: tale.name, secret }));
      },
      ({ id }) => {
        tale.id = id;
        this.#settled(tale);
        this.#world.note(`${tale.name} is there`);
      },
    );
    return tale;
  }

  /** One operation of any kind. */
  operate(isOutside: boolean): void {
    const tale = this.#pick();
    const random = this.#random;
    const kind = random.weighted({
      create: 2,
      disable: 4,
      enable: 4,
      pause: 3,
      resume: 4,
      delete: 1,
      concurrency: 3,
      rate: 3,
      rotate: 2,
      retry: 5,
      cancel: 2,
      replay: 3,
      replayEvent: 3,
    });
    if (kind === "create") {
      if (this.#world.ledger.subscriptions.length < 10) this.create();
      return;
    }
    if (tale === undefined) return;
    const call: Caller = isOutside ? (action, done) => this.#beside(action, done) : this.#world.call.bind(this.#world);
    this.#world.note(`${isOutside ? "a command" : "an operator"}: ${kind} ${tale.name}`);
    switch (kind) {
      case "disable":
      case "enable":
      case "pause":
      case "resume":
      case "delete":
        this.#switch(call, tale, kind);
        break;
      case "concurrency":
        this.#limit(call, tale, { concurrency: random.magnitude(1, 10) });
        break;
      case "rate":
        this.#limit(call, tale, { rate_limit: random.chance(0.2) ? null : drawRate(random, this.#mode) });
        break;
      case "rotate":
        this.#rotate(call, tale);
        break;
      default:
        this.#sendAgain(call, tale, kind);
    }
  }

  /** Enables and resumes everything that a person switched off, and does not give up before. */
  calm(): void {
    for (const tale of this.#world.ledger.subscriptions) {
      if (tale.url === undefined || tale.id === undefined || tale.isDeleted) continue;
      this.#untilDone(
        async (service) => {
          await service.resumeSubscription(tale.id!);
          await service.enableSubscription(tale.id!);
        },
        () => this.#settled(tale),
        tale,
      );
    }
  }

  #pick(): SubscriptionTale | undefined {
    const there = this.#world.ledger.subscriptions.filter(
      (tale) => tale.url !== undefined && tale.id !== undefined && !tale.isDeleted && !tale.isBeingChanged,
    );
    return there.length === 0 ? undefined : this.#random.pick(there);
  }

  #switch(call: Caller, tale: SubscriptionTale, kind: "disable" | "enable" | "pause" | "resume" | "delete"): void {
    tale.isBeingChanged = true;
    call<unknown>(
      (service) => {
        if (kind === "delete") return service.deleteSubscription(tale.id!);
        return service[`${kind}Subscription`](tale.id!);
      },
      (outcome) => this.#ended(tale, kind, outcome),
    );
  }

  #limit(call: Caller, tale: SubscriptionTale, patch: { concurrency: number } | { rate_limit: string | null }): void {
    const world = this.#world;
    tale.isBeingChanged = true;
    // Until it is known which one is in force, both are.
    tale.formerUntil = Number.POSITIVE_INFINITY;
    tale.rateFrom = Number.POSITIVE_INFINITY;
    const former = tale.concurrency;
    if ("rate_limit" in patch) tale.isRateUnknown = true;
    if ("concurrency" in patch) {
      tale.formerConcurrency = Math.max(former, tale.formerConcurrency);
      tale.concurrency = patch.concurrency;
    }
    call(
      (service) => service.updateSubscription(tale.id!, patch),
      (outcome) => {
        this.#ended(tale, "patch", outcome);
        if (outcome.kind !== "ok") {
          tale.concurrency = Math.max(tale.concurrency, former);
          return;
        }
        if ("rate_limit" in patch) {
          tale.rate = rateOf(patch.rate_limit);
          tale.isRateUnknown = false;
        }
        tale.formerConcurrency = former;
        tale.formerUntil = world.time.now + CHANGE_MS;
        if (!tale.isRateUnknown) tale.rateFrom = world.time.elapsed + CHANGE_MS;
      },
    );
  }

  #rotate(call: Caller, tale: SubscriptionTale): void {
    tale.isBeingChanged = true;
    const secret = `whsec_${Buffer.from(this.#random.bytes(24)).toString("base64")}`;
    tale.secrets.push(secret);
    call(
      (service) => service.rotateSecret(tale.id!, { secret, grace: "1h" }),
      (outcome) => this.#ended(tale, "rotate", outcome),
    );
  }

  #sendAgain(call: Caller, tale: SubscriptionTale, kind: "retry" | "cancel" | "replay" | "replayEvent"): void {
    const world = this.#world;
    const random = this.#random;
    const event = world.ledger.events.filter((one) => one.publicId !== undefined).at(-random.int(1, 20));
    if (kind === "cancel") world.hasCancelled = true;
    else world.hasReplayed = true;
    call<unknown>(
      async (service) => {
        if (kind === "replay") {
          return service.replay({
            subscription: tale.id!,
            status: random.pick(["failed", "failed", "cancelled", "succeeded"]),
          });
        }
        if (kind === "replayEvent") return event === undefined ? undefined : service.replayEvent(event.publicId!);
        const { data } = await service.listDeliveries({ subscription: tale.id!, limit: 20 });
        if (data.length === 0) return undefined;
        const { id } = random.pick(data);
        return kind === "retry" ? service.retryDelivery(id) : service.cancelDelivery(id);
      },
      (outcome) => this.#judge(kind, outcome),
    );
  }

  #ended(tale: SubscriptionTale, what: string, outcome: CallOutcome<unknown>): void {
    tale.isBeingChanged = false;
    this.#judge(what, outcome);
    if (outcome.kind === "ok") this.#settled(tale);
  }

  #settled(tale: SubscriptionTale): void {
    tale.isBeingChanged = false;
    tale.settledAt ??= this.#world.time.now;
  }

  #judge(what: string, outcome: CallOutcome<unknown>): void {
    const world = this.#world;
    world.note(`${what}: ${outcome.kind === "error" ? outcome.error.code : outcome.kind}`);
    if (outcome.kind === "error" && !EXPECTED.has(outcome.error.code)) {
      world.violate("no internal errors", `${what}: ${outcome.error.message}`);
    }
  }

  #untilDone<T>(
    action: (service: HooksService) => Promise<T>,
    done: (value: T) => void,
    tale: SubscriptionTale | undefined = undefined,
  ): void {
    const { time } = this.#world;
    const onOutcome = (outcome: CallOutcome<T>): void => {
      if (outcome.kind === "ok") {
        done(outcome.value);
        return;
      }
      if (tale?.isDeleted === true) return;
      this.#judge("until done", outcome);
      time.schedule(time.world, RETRY_MS, () => this.#untilDone(action, done, tale));
    };
    this.#world.call(action, onOutcome, Number.POSITIVE_INFINITY);
  }

  /** By a command that works on the store itself, in a process of its own. */
  #beside<T>(action: (service: HooksService) => Promise<T>, done: (outcome: CallOutcome<T>) => void): void {
    const command = this.#world.newProcess(true);
    const end = (outcome: CallOutcome<T>): void => {
      if (command.owner.isAlive) done(outcome);
      command.kill();
    };
    command.start(
      () => command.call(action, end),
      () => end({ kind: "lost" }),
    );
    this.#world.count("a command beside the daemon");
  }
}
