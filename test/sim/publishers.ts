import type { EventInput, PublishReceipt } from "../../src/core/event.ts";
import type { EventTale } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const TYPES = ["order.paid", "order.paid", "order.shipped", "user.created", "misc"];
const MAX_TRIES = 12;

/** Programs that publish, and try again with the same id until they are told that the event is stored. */
export class Publishers {
  readonly #world: World;
  readonly #random: Random;
  /** Nobody begins anything new; who waits for an answer goes on. */
  isOver = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork("publishers");
  }

  /** So many events, now or spread over the next moments. */
  burst(count: number): void {
    const { time } = this.#world;
    const random = this.#random;
    const spreadMs = random.pick([0, 0, 50, 2_000, 60_000]);
    for (let left = count; 0 < left; ) {
      const size = random.chance(0.2) ? Math.min(left, random.int(2, 8)) : 1;
      left -= size;
      time.schedule(time.world, spreadMs === 0 ? 0 : random.int(0, spreadMs), () => {
        if (!this.isOver) this.#publish(Array.from({ length: size }, () => this.#newEvent()));
      });
    }
  }

  #newEvent(): EventTale {
    const world = this.#world;
    const random = this.#random;
    const event = world.ledger.addEvent({
      givenId: random.chance(0.8) ? `id-${world.ledger.events.length}` : undefined,
      type: random.pick(TYPES),
      isPoison: random.chance(0.01),
      publishedAt: world.time.now,
      padding: "x".repeat(random.magnitude(1, 200)),
    });
    return event;
  }

  #publish(events: EventTale[], tries = 1): void {
    const world = this.#world;
    const inputs = events.map(toInput);
    const isAtomic = 1 < events.length && events[0]!.nonce % 2 === 0;
    world.call(
      async (service) => {
        if (inputs.length === 1) return [await service.publish(inputs[0]!)];
        return (await service.publishBatch(inputs, { atomic: isAtomic })).results;
      },
      (outcome) => {
        const names = events.map((event) => `e${event.nonce}`).join(" ");
        if (outcome.kind === "ok") {
          for (const [index, result] of outcome.value.entries()) {
            if ("id" in result) this.#accepted(events[index]!, result);
            else world.violate("no internal errors", `publishing ${names}: ${result.error.message}`);
          }
          if (this.#random.chance(0.08)) this.#publishAgain(events[0]!);
          return;
        }
        world.note(`${names} not accepted: ${outcome.kind === "error" ? outcome.error.code : "no answer"}`);
        if (outcome.kind === "error" && !isPassing(outcome.error.code)) {
          world.violate("no internal errors", `publishing ${names}: ${outcome.error.message}`);
        }
        // Without an id of one's own a second try might store it twice: that publisher gives up.
        const again = outcome.kind === "error" ? events : events.filter((event) => event.givenId !== undefined);
        const isUnknown = outcome.kind === "error" && outcome.error.code === "store_unusable";
        const safe = isUnknown ? again.filter((event) => event.givenId !== undefined) : again;
        if (safe.length === 0 || MAX_TRIES <= tries || this.isOver) return;
        const waitMs = this.#random.magnitude(100, 30_000);
        world.time.schedule(world.time.world, waitMs, () => this.#publish(safe, tries + 1));
      },
    );
  }

  /** P1: who is told that an event is stored can rely on it. */
  #accepted(event: EventTale, receipt: PublishReceipt): void {
    const world = this.#world;
    event.isAccepted = true;
    event.acceptedAt ??= world.time.now;
    world.note(`e${event.nonce} accepted as ${receipt.id}`);
    if (event.publicId === undefined) world.violate("P1", `e${event.nonce} is accepted and not stored`);
    else if (receipt.id !== event.publicId) {
      world.violate("P1", `e${event.nonce} is accepted as ${receipt.id} and stored as ${event.publicId}`);
    } else if (receipt.deliveries !== event.deliveryCount && receipt.deliveries !== event.storedWith) {
      world.violate("P1", `e${event.nonce} goes to ${event.deliveryCount}, the receipt says ${receipt.deliveries}`);
    }
  }

  /** The same id once more: with the same content it is the same event, with another it is refused. */
  #publishAgain(event: EventTale): void {
    const world = this.#world;
    if (event.givenId === undefined || event.deliveryCount !== event.storedWith) return;
    const isSame = this.#random.chance(0.6);
    const input = isSame ? toInput(event) : { ...toInput(event), data: Buffer.from('{"other":true}') };
    world.call(
      (service) => service.publish(input),
      (outcome) => {
        if (outcome.kind === "lost" || (outcome.kind === "error" && isPassing(outcome.error.code))) return;
        world.count(isSame ? "repeated id answered again" : "other content refused");
        if (isSame && outcome.kind === "ok") return;
        if (!isSame && outcome.kind === "error" && outcome.error.code === "conflict") return;
        world.violate(
          "P1",
          `e${event.nonce} published again with ${isSame ? "the same" : "other"} content: ${outcome.kind}`,
        );
      },
    );
  }
}

function toInput(event: EventTale): EventInput {
  return { type: event.type, data: Buffer.from(event.data), id: event.givenId };
}

function isPassing(code: string): boolean {
  return code === "store_busy" || code === "store_full" || code === "unavailable" || code === "store_unusable";
}
