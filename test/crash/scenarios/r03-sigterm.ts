import { duplicates } from "../checker.ts";
import { publishUntilRefused } from "../clients.ts";
import type { History } from "../history.ts";
import { judged, type Outcome, type RunOptions, type Scenario, timed } from "../scenario.ts";
import { World } from "../world.ts";

const CONCURRENCY = 16;
const CLIENTS = 4;
const DELIVERED_LIMIT_MS = 120_000;
const SECOND_SIGNAL_LIMIT_MS = 1_000;
/** What is promised of what was released. */
const TAKEN_UP_MS = 5_000;
const FILL_LIMIT_MS = 60_000;
/** Long enough that everything in flight at the signal is still in flight when the first publish after it is answered. */
const ANSWER_MS = 1_500;

export const STOPPED_UNDER_LOAD: Scenario = {
  id: "R03",
  title: "SIGTERM while events are published and delivered",
  run: stoppedUnderLoad,
};

async function stoppedUnderLoad(options: RunOptions): Promise<Outcome> {
  const finished = await finishes(options);
  const released = await releases(options);
  const twice = await twiceAtOnce(options);
  return {
    figures: [...finished.figures, ...released.figures, ...twice.figures],
    violations: [...finished.violations, ...released.violations, ...twice.violations],
    seen: new Set(),
  };
}

/** What is in flight has the time that it needs: it is finished, recorded, and never sent again. */
async function finishes({ seed, folder }: RunOptions): Promise<Outcome> {
  const { world, fill } = await busyWorld(`${folder}/finishes`, seed);
  try {
    world.receiver.answers(() => ({ status: 204, afterMs: ANSWER_MS }));
    const first = await world.start();
    const target = await world.target();
    await fill();
    first.signal("SIGTERM");
    // Until its signal handler ran, what is published is accepted as ever.
    const refused = await publishUntilRefused(target, world.ledger, { seed, prefix: "late" });
    const stoppedAt = first.signalledAt!;
    const { code } = await first.ended;
    const tookMs = first.endedAt! - stoppedAt;
    const sentBefore = world.receiver.requests.length;

    world.receiver.answers(() => ({ status: 204, afterMs: 0 }));
    const second = await world.start();
    const isDelivered = await world.delivered(DELIVERED_LIMIT_MS);
    const next = world.receiver.requests[sentBefore];
    await second.stop();

    const history = await world.history();
    const { violations } = judged(history);
    if (code !== 0) violations.push(`ended with ${code}`);
    if (refused.status !== 503 || !/^\d+$/.test(refused.retryAfter ?? "")) {
      violations.push(`a publish after SIGTERM was answered ${refused.status}, Retry-After ${refused.retryAfter}`);
    }
    if (!isDelivered) violations.push("not everything was delivered by the next start");
    if (duplicates(history).length !== 0) violations.push(`${duplicates(history).length} duplicates`);
    const finishing = history.requests.filter((one) => one.startedAt < stoppedAt && stoppedAt < one.endedAt);
    const cut = finishing.filter((request) => request.answer === undefined).length;
    if (finishing.length === 0) violations.push("nothing was in flight at SIGTERM: nothing was tested");
    if (cut !== 0) violations.push(`${cut} requests were cut off, and had time to finish`);
    const wait = next === undefined ? Number.POSITIVE_INFINITY : next.startedAt - second.readyAt!;
    const figures = [
      { name: "SIGTERM to exit 0, answers take 1.5 s", value: `${(tookMs / 1_000).toFixed(1)} s` },
      { name: "in flight at SIGTERM and finished", value: String(finishing.length) },
      timed("start to what was left, first request", wait, TAKEN_UP_MS),
    ];
    return { figures, violations: violations.map((one) => `finishing: ${one}`), seen: new Set() };
  } finally {
    await world.close();
  }
}

/** What is in flight has no time: it is cut off, given back, and sent by the next start as if it had never been. */
async function releases({ seed, folder }: RunOptions): Promise<Outcome> {
  const { world, fill } = await busyWorld(`${folder}/releases`, seed);
  try {
    world.receiver.answers(() => "hang");
    const first = await world.start({ args: ["--drain", "500ms"] });
    await fill();
    const { code } = await first.stop();
    const tookMs = first.endedAt! - first.signalledAt!;

    world.receiver.answers(() => ({ status: 204, afterMs: 0 }));
    const second = await world.start();
    const isDelivered = await world.delivered(DELIVERED_LIMIT_MS);
    await second.stop();

    const history = await world.history();
    const { violations } = judged(history);
    if (code !== 0) violations.push(`ended with ${code}`);
    if (!isDelivered) violations.push("not everything was delivered by the next start");
    const cut = history.requests.filter((request) => request.answer === undefined).length;
    if (cut !== CONCURRENCY) violations.push(`${cut} requests were cut off, ${CONCURRENCY} were in flight`);
    const extra = attemptsBeyondTheFirst(history);
    if (extra !== 0) violations.push(`${extra} attempts were used up by the stop`);
    const figures = [
      { name: "SIGTERM to exit 0, nothing answers, --drain 500ms", value: `${(tookMs / 1_000).toFixed(1)} s` },
      { name: "released and sent again without using an attempt", value: String(cut) },
    ];
    return { figures, violations: violations.map((one) => `releasing: ${one}`), seen: new Set() };
  } finally {
    await world.close();
  }
}

/** A second signal ends it at once, which loses nothing either. */
async function twiceAtOnce({ seed, folder }: RunOptions): Promise<Outcome> {
  const { world, fill } = await busyWorld(`${folder}/twice`, seed);
  try {
    world.receiver.answers(() => "hang");
    const first = await world.start();
    const target = await world.target();
    await fill();
    first.signal("SIGTERM");
    await publishUntilRefused(target, world.ledger, { seed, prefix: "late" }); // from here on it is stopping
    first.signal("SIGTERM");
    await first.ended;
    const tookMs = first.endedAt! - first.signalledAt!;

    world.receiver.answers(() => ({ status: 204, afterMs: 0 }));
    const second = await world.start();
    const isDelivered = await world.delivered(DELIVERED_LIMIT_MS);
    await second.stop();
    const { violations } = judged(await world.history());
    if (!isDelivered) violations.push("not everything was delivered by the next start");
    if (SECOND_SIGNAL_LIMIT_MS < tookMs) violations.push(`the second SIGTERM took ${Math.round(tookMs)} ms`);
    const figures = [timed("second SIGTERM to exit", tookMs, SECOND_SIGNAL_LIMIT_MS)];
    return { figures, violations: violations.map((one) => `second signal: ${one}`), seen: new Set() };
  } finally {
    await world.close();
  }
}

/** `fill` publishes until every slot is taken, and more waits. */
async function busyWorld(folder: string, seed: number): Promise<{ world: World; fill(): Promise<void> }> {
  const world = await World.open({
    folder,
    concurrency: CONCURRENCY,
    subscriptions: [{ name: "only", concurrency: CONCURRENCY, timeout: "60s" }],
  });
  const fill = async (): Promise<void> => {
    await world.clients({ seed, clients: CLIENTS, events: 4 * CONCURRENCY }).run();
    const isFull = await world.receiver.until(() => CONCURRENCY <= world.receiver.requests.length, FILL_LIMIT_MS);
    if (!isFull) throw new Error("the slots were never all taken");
  };
  return { world, fill };
}

function attemptsBeyondTheFirst({ stored }: History): number {
  return stored.deliveries.reduce((sum, { attempts }) => sum + Math.max(0, attempts.length - 1), 0);
}
