import { duplicates } from "../checker.ts";
import { sleep } from "../clock.ts";
import { counted, judged, type Outcome, type RunOptions, type Scenario } from "../scenario.ts";
import { Seeded } from "../seeded.ts";
import { World } from "../world.ts";

const CONCURRENCY = 32;
const CLIENTS = 8;
const DELIVERED_LIMIT_MS = 180_000;
/** The long stop outlasts every lease: the time-out of a request, 5 s, and 15 s. */
const SCALES = { short: { stopMs: 3_000, events: 500 }, long: { stopMs: 60_000, events: 5_000 } };
const TIMEOUT = { short: "1s", long: "5s" };

export const STOPPED_AND_CONTINUED: Scenario = {
  id: "R05",
  title: "SIGSTOP, then SIGCONT",
  run: stoppedAndContinued,
};

/** The process sleeps while requests are in flight, deliveries are leased and clients wait: as a laptop that is shut. */
async function stoppedAndContinued({ seed, scale, folder }: RunOptions): Promise<Outcome> {
  const { stopMs, events } = SCALES[scale];
  const random = new Seeded(seed);
  const world = await World.open({
    folder,
    concurrency: CONCURRENCY,
    subscriptions: [
      { name: "quick", concurrency: 32, timeout: TIMEOUT[scale] },
      { name: "slow", concurrency: 4, timeout: TIMEOUT[scale] },
    ],
  });
  try {
    world.receiver.answers(() => ({ status: 204, afterMs: random.whole(1, 10) }));
    const daemon = await world.start();
    const publishing = world.clients({ seed, clients: CLIENTS, events }).run();
    publishing.catch(() => {}); // awaited below
    await world.ledger.reaches(Math.floor(events / 2));
    // Its receivers go on: what they answer meanwhile waits in its sockets.
    daemon.signal("SIGSTOP");
    const acceptedBefore = world.ledger.accepted.size;
    const leased = world.outstanding;
    await sleep(stopMs);
    // An answer that was on its way may have come; nothing is accepted by a process that does not run.
    const acceptedMeanwhile = world.ledger.accepted.size - acceptedBefore;
    daemon.signal("SIGCONT");
    await publishing;
    const isDelivered = await world.delivered(DELIVERED_LIMIT_MS);
    const { code } = await daemon.stop();

    const history = await world.history();
    const outcome = judged(history);
    const sentTwice = duplicates(history).length;
    if (code !== 0) outcome.violations.push(`ended with ${code}`);
    if (!isDelivered) outcome.violations.push("not everything was delivered");
    outcome.figures = outcome.figures.filter(({ name }) => name !== "duplicates");
    outcome.figures.push(counted("duplicates", sentTwice, CONCURRENCY));
    if (CONCURRENCY < sentTwice) outcome.violations.push(`${sentTwice} duplicates, allowed are ${CONCURRENCY}`);
    if (leased === 0) outcome.violations.push("nothing was outstanding when it was stopped: nothing was tested");
    if (CLIENTS < acceptedMeanwhile) outcome.violations.push(`${acceptedMeanwhile} were accepted while it was stopped`);
    outcome.figures.push({ name: "stopped for", value: `${stopMs / 1_000} s` });
    outcome.figures.push({ name: "pairs outstanding when it was stopped", value: String(leased) });
    return outcome;
  } finally {
    await world.close();
  }
}
