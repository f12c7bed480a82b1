import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { Receiver } from "../support/receiver.ts";

const WAIT = { timeout: 90_000 };

describe("hooks listen", { timeout: 240_000 }, () => {
  it("loses nothing while its daemon is killed and started again, nor while it stood still for 40 s", async () => {
    // At the same time: the second one mostly sleeps.
    const homes = [new HooksHome(), new HooksHome()] as const;
    const apps = [await openReceiver(), await openReceiver()] as const;
    await Promise.all([killedDaemons(homes[0], apps[0]), stoodStill(homes[1], apps[1])]);
  });
});

/** It forwards everything although the daemon is killed and started again, and its program gets nothing twice. */
async function killedDaemons(home: HooksHome, app: Receiver): Promise<void> {
  let daemon = await home.serve();
  const listener = home.start(["listen", "--forward", app.url, "--session", "shop"]);
  await listener.sees(/● connected/);
  const ids: string[] = [];
  const publish = async (count: number): Promise<void> => {
    const events = Array.from({ length: count }, () => {
      const id = `e${ids.length}`;
      ids.push(id);
      return JSON.stringify({ type: "order.created", id, data: { n: ids.length } });
    });
    const answer = await fetch(`${daemon.url}/v1/events/batch`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await home.token()}` },
      body: `{"events":[${events.join()}]}`,
    });
    expect(answer.status).toBe(202);
  };
  for (let life = 0; life < 3; life++) {
    await publish(150);
    await app.request(life * 150 + 20);
    await daemon.program.kill("SIGKILL");
    daemon = await home.serve();
  }
  await publish(50);
  await expect.poll(() => new Set(app.requests.map(({ headers }) => headers["webhook-id"])).size, WAIT).toBe(500);
  // Its answers to what it had in hand went with the daemon: at most those come again, and it knows them.
  expect(app.requests.length).toBe(500);
  expect(listener.output.stderr).toContain("connected again");
  expect(listener.output.stderr).toMatch(/missed \d\d:\d\d–\d\d:\d\d, \d+ events, replaying/);
  expect(await listener.kill("SIGINT")).toMatchObject({ code: 0 });
}

/** After a sleep of 40 s it is back within 5 s, says what it missed, and forwards it. */
async function stoodStill(home: HooksHome, app: Receiver): Promise<void> {
  await home.serve();
  const listener = home.start(["listen", "--forward", app.url, "--session", "shop"]);
  await listener.sees(/● connected/);
  await home.ok("publish", "order.created", "--data", "{}", "--id", "before");
  await listener.sees(/\tbefore\t/);
  listener.child.kill("SIGSTOP");
  for (const id of ["one", "two", "three"]) await home.ok("publish", "order.created", "--data", "{}", "--id", id);
  // Longer than the server waits for a sign of life (35 s).
  await sleep(40_000);
  const wokeAt = performance.now();
  listener.child.kill("SIGCONT");
  await listener.sees(/connected again/);
  expect(performance.now() - wokeAt).toBeLessThan(5_000);
  await listener.sees(/missed \d\d:\d\d–\d\d:\d\d, 3 events, replaying/);
  await app.request(4);
  const forwarded = app.requests.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(forwarded)).toEqual(new Set(["before", "one", "two", "three"]));
  expect(await listener.kill("SIGINT")).toMatchObject({ code: 0 });
}
