// A receiver that closes connections when it likes (R31): each 0 to 5 s after its last answer, another time for each. A
// hundred subscriptions get an event now and then, 0 to 3 s apart, so that connections are used again, closed by hooks,
// closed by the receiver, or closed by it just as the next request comes. Publisher and receiver are this process.

import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, judged, whole } from "./bench.ts";
import { type DaemonProcess, startDaemon } from "./load/daemon.ts";
import { createSubscriptions } from "./load/fill-store.ts";
import { ImpatientReceiver } from "./load/impatient-receiver.ts";
import { inFolder } from "./workspace.ts";

/** Of what comes, so much may come twice. */
const MOST_TWICE = 0.001;
/** A request that met its end is sent again after so long. */
const RETRY = { delays: ["1s", "1s", "1s", "1s", "1s"], jitter: 0 };

interface KeepAliveSize {
  subscriptions: number;
  /** Of each subscription. */
  events: number;
  /** Longest that a subscription has nothing to send. */
  quietMs: number;
  /** Longest that the receiver keeps an idle connection. */
  idleMs: number;
}

interface KeepAliveResult extends KeepAliveSize {
  published: number;
  /** Events that came, and requests that brought them. */
  arrived: number;
  handled: number;
  attempts: number;
  failed: number;
  /** Connections that the receiver closed, and all. */
  closed: number;
  opened: number;
}

export const keepAlive: Bench = {
  name: "keep-alive",
  run: async (size) => {
    const found = await measure(
      size === "full"
        ? { subscriptions: 100, events: 100, quietMs: 3_000, idleMs: 5_000 }
        : { subscriptions: 5, events: 10, quietMs: 20, idleMs: 40 },
    );
    const { published, arrived, handled, attempts } = found;
    const what = "a receiver that closes idle connections at random";
    return {
      rows: [
        judged({ measure: `events lost of ${whole(published)}, ${what}` }, published - arrived, { most: 0 }, whole),
        judged(
          { measure: `events that came twice, ${what}` },
          handled - arrived,
          { most: MOST_TWICE * published },
          whole,
        ),
        judged(
          { measure: `requests without a recorded attempt, ${what}` },
          Math.max(0, handled - attempts),
          { most: 0 },
          whole,
        ),
        { measure: "attempts that met the end of their connection, and were made again", value: whole(found.failed) },
        {
          measure: "connections opened, and closed by the receiver",
          value: `${whole(found.opened)}, ${whole(found.closed)}`,
        },
      ],
      details: found,
    };
  },
};

function measure(size: KeepAliveSize): Promise<KeepAliveResult> {
  return inFolder("keep-alive", async (folder) => {
    const receiver = await ImpatientReceiver.start(size.idleMs);
    const types = Array.from({ length: size.subscriptions }, (_, n) => `s${n}.happened`);
    await createSubscriptions(
      folder,
      types.map((type) => ({ url: receiver.url, events: [type], retry: RETRY, breaker: false })),
    );
    const daemon = await startDaemon(folder);
    try {
      const published = size.subscriptions * size.events;
      await daemon.during(
        Promise.all([...types.map((type) => publishNowAndThen(daemon, type, size)), receiver.reaches(published)]),
      );
      const { attempts, failed } = await recorded(daemon, published);
      const { arrived, handled, closed, opened } = receiver;
      return { ...size, published, arrived, handled, attempts, failed, closed, opened };
    } finally {
      await daemon.stop();
      await receiver.stop();
    }
  });
}

async function publishNowAndThen({ api }: DaemonProcess, type: string, size: KeepAliveSize): Promise<void> {
  for (let n = 0; n < size.events; n++) {
    await api("POST", "/v1/events", { type, data: { n } });
    await sleep(Math.random() * size.quietMs);
  }
}

/** Attempts on record once so many have succeeded. */
async function recorded({ api }: DaemonProcess, succeeded: number): Promise<{ attempts: number; failed: number }> {
  for (;;) {
    const { totals } = await api<{ totals: { attempts: number; failed: number } }>("GET", "/v1/stats");
    if (succeeded <= totals.attempts - totals.failed) return totals;
    await sleep(20);
  }
}

if (import.meta.main) console.dir((await keepAlive.run("full")).details);
