import { describe, expect, it } from "vitest";
import { verify } from "../../src/index.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { ReceivedRequest } from "../support/receiver.ts";

const EVENTS = 10_000;
/** Published when the daemon is dead. */
const AFTER_CRASH = 200;
/** Of a subscription. */
const CONCURRENCY = 10;

function isValid({ headers, body }: ReceivedRequest, secret: string): boolean {
  return verify("standard-webhooks", { headers, body }, secret, { tolerance: 3_600 }).valid;
}

function events(from: number, to: number): string {
  const lines = Array.from({ length: to - from }, (_, n) =>
    JSON.stringify({ id: `evt-${from + n}`, type: "order.paid", data: { n: from + n } }),
  );
  return `${lines.join("\n")}\n`;
}

describe("a rotation under load, with a crash in it (R67)", () => {
  it("is verified by whoever holds either secret: 10,000 of 10,000", { timeout: 300_000 }, async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const create = ["sub", "create", "--url", receiver.url, "-e", "*", "--name", "shop", "--json"];
    const { secret: old } = JSON.parse(await home.ok(...create)) as { secret: string };
    const first = await home.serve();
    const publish = async (from: number, to: number) => {
      const ran = await home.run(["publish", "--file", "-"], { input: events(from, to) });
      expect(ran.code, ran.stderr).toBe(0);
    };
    await publish(0, EVENTS / 2);
    const more = publish(EVENTS / 2, EVENTS - AFTER_CRASH);
    const rotated = JSON.parse(await home.ok("sub", "rotate-secret", "--all", "--grace", "1h", "--yes", "--json")) as {
      secret: string;
    };
    await first.program.kill("SIGKILL");
    const atKill = receiver.requests.length;
    await more;
    await publish(EVENTS - AFTER_CRASH, EVENTS);
    await home.serve();
    const seen = new Set<string>();
    for (let n = 1; seen.size < EVENTS; n++) seen.add((await receiver.request(n)).headers["webhook-id"]!);
    const all = [...receiver.requests];
    // Whoever has not changed over yet misses nothing …
    expect(all.filter((request) => !isValid(request, old))).toEqual([]);
    // … nor does who has: what was sent since has both, but for what was on its way when the daemon died.
    const late = all.slice(atKill);
    expect(late.filter((request) => !isValid(request, rotated.secret)).length).toBeLessThanOrEqual(CONCURRENCY);
    const last = all.filter(({ text }) => EVENTS - AFTER_CRASH <= (JSON.parse(text) as { data: { n: number } }).data.n);
    expect(last).toHaveLength(AFTER_CRASH);
    expect(last.filter((request) => !isValid(request, rotated.secret))).toEqual([]);
    expect(all.some((request) => isValid(request, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"))).toBe(false);
  });
});
