import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RawListener } from "../stream/support/tunnel.ts";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

const EVENTS = 400;
const DATA = JSON.stringify("x".repeat(100 * 1024));
/** What the deaf one's deliveries would take as text, were they all handed out, MB. */
const UNBOUNDED_MB = (EVENTS * DATA.length * 4) / 3 / 1e6;
const WAIT = { timeout: 120_000 };

describe("a listener that stops reading", () => {
  it("R55: is dropped with 1013, holds no memory of the daemon, and harms neither others nor subscriptions", {
    timeout: 400_000,
  }, async () => {
    const home = new HooksHome();
    const [program, receiver] = [await openReceiver(), await openReceiver()];
    const daemon = await home.serve();
    await home.ok("sub", "create", "--url", `${receiver.url}/`, "--event", "*", ...daemon.asked);
    const listener = home.start(["listen", "--forward", program.url, "--session", "well"]);
    await listener.sees(/● connected/);

    // Each as the one before it, so that what the process has grown to by then is in both.
    const rounds: { peakMb: number; ms: number }[] = [];
    const round = async (): Promise<void> => {
      const before = [program.requests.length, receiver.requests.length];
      const startedAt = performance.now();
      let peakMb = 0;
      const look = setInterval(() => {
        peakMb = Math.max(peakMb, residentMb(daemon));
      }, 20);
      await publish(home, daemon);
      const arrived = (): number[] => [program.requests.length - before[0]!, receiver.requests.length - before[1]!];
      await expect.poll(arrived, WAIT).toEqual([EVENTS, EVENTS]);
      clearInterval(look);
      rounds.push({ peakMb, ms: performance.now() - startedAt });
    };
    for (let n = 0; n < 3; n++) await round();

    const deaf = await RawListener.ready(
      daemon.url,
      { session: "deaf", credit: 1_000 },
      { authorization: `Bearer ${await home.token()}` },
    );
    deaf.socket.pause();
    await round();
    await daemon.program.sees(/"code":1013/);
    deaf.socket.terminate();

    const without = rounds.slice(0, 3);
    const grownMb = rounds[3]!.peakMb - Math.max(...without.map(({ peakMb }) => peakMb));
    expect(grownMb).toBeLessThan(UNBOUNDED_MB / 2);
    expect(rounds[3]!.ms).toBeLessThan(5_000 + 4 * Math.max(...without.map(({ ms }) => ms)));
    // What it did not read waits for it, as what it missed.
    const again = await RawListener.ready(
      daemon.url,
      { session: "deaf", credit: 0 },
      { authorization: `Bearer ${await home.token()}` },
    );
    expect(again.of("ready")[0]).toMatchObject({ resumed: true, waiting: EVENTS });
    again.socket.terminate();
    expect(await listener.kill("SIGINT")).toMatchObject({ code: 0 });
  });
});

async function publish(home: HooksHome, daemon: RunningDaemon): Promise<void> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${await home.token()}` };
  for (let n = 0; n < EVENTS; n += 5) {
    const body = `{"events":[${Array(5).fill(`{"type":"order.created","data":${DATA}}`).join()}]}`;
    const answer = await fetch(`${daemon.url}/v1/events/batch`, { method: "POST", headers, body });
    expect(answer.status).toBe(202);
    await answer.arrayBuffer();
  }
}

/** Linux says it in a file; elsewhere it is not looked at. */
function residentMb({ program }: RunningDaemon): number {
  if (process.platform !== "linux") return 0;
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${program.child.pid}/status`, "utf8"))![1]) / 1_000;
}
