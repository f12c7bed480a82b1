import { expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { openReceiver } from "../support/open-receiver.ts";

const CHANGES = 21;

it("a running daemon notices what another process writes within 100 ms", async () => {
  const home = new HooksHome();
  const receiver = await openReceiver();
  await home.serve();
  // This process is the other one: it writes the same file, as a command does.
  const { service, clock } = await openTestHooks({ folder: home.folder });
  clock.at = Date.now();
  const waits: number[] = [];
  for (let n = 0; n < CHANGES; n++) {
    // Both kinds of change are noticed: a new subscription, and an event for it.
    await service.createSubscription({ url: receiver.url, events: [`order.n${n}`] });
    await service.publish({ type: `order.n${n}`, data: Buffer.from("{}") });
    const committedAt = performance.now();
    await receiver.request(n + 1);
    waits.push(performance.now() - committedAt);
  }
  // The median: a busy machine may hold up any one of them.
  const median = waits.toSorted((one, other) => one - other)[Math.floor(CHANGES / 2)];
  expect(median).toBeLessThan(100);
});
