import type { LaneFacts } from "../core/why/lane-facts.ts";
import type { Batches } from "./batches.ts";
import type { Lane } from "./lane.ts";
import type { Slots } from "./slots.ts";

/** What holds a lane back at this moment, for people who ask why. `isBehind`: outcomes wait for the disk. */
export function laneFactsOf(
  lane: Lane,
  { slots, batches, isBehind, now }: { slots: Slots; batches: Batches<Lane>; isBehind: boolean; now: number },
): LaneFacts {
  return {
    inFlight: lane.inFlight,
    concurrency: lane.subscription.concurrency,
    ready: lane.readyCount,
    ...lane.heldBy(now),
    ...slots.limitedUntil(lane, now),
    processInFlight: slots.inFlight,
    processSlots: slots.count,
    gathering: batches.gathering(lane),
    room: lane.transport.room(lane.subscription),
    isBehind,
  };
}
