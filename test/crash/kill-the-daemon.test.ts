import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { expect, it, onTestFinished } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";

const EVENTS = 600;
const CRASHES = 6;

/**
 * Publishes over HTTP with ids of its own while the daemon is killed with SIGKILL again and again; keeps outside the
 * daemon what was acknowledged. Everything acknowledged must arrive at least once, unchanged, once the last daemon ran.
 */
it("loses no acknowledged event over kill -9, and each arrives with a valid signature", async () => {
  const home = new HooksHome();
  const arrived = new Map<string, number>();
  const wrong: string[] = [];
  let verifier: Webhook | undefined;
  let whenArrived = (): void => {};
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const id = String(request.headers["webhook-id"]);
      try {
        verifier!.verify(Buffer.concat(chunks), request.headers as Record<string, string>);
        const body = JSON.parse(Buffer.concat(chunks).toString()) as { data: { id: string } };
        if (body.data.id !== id) wrong.push(id);
      } catch (error) {
        wrong.push(`${id}: ${error}`);
      }
      arrived.set(id, (arrived.get(id) ?? 0) + 1);
      response.end("ok");
      whenArrived();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void receiver.close());
  const { port } = receiver.address() as AddressInfo;
  const created = JSON.parse(
    await home.ok("sub", "create", "--url", `http://127.0.0.1:${port}/`, "--event", "*", "--json"),
  ) as { secret: string };
  verifier = new Webhook(created.secret);

  const acknowledged = new Set<string>();
  let next = 0;
  for (let crash = 0; crash <= CRASHES; crash++) {
    const daemon = await home.serve();
    const token = await home.token();
    const until = Math.ceil((EVENTS * (crash + 1)) / (CRASHES + 1));
    let down = false;
    const publisher = async (): Promise<void> => {
      while (next < until && !down) {
        const id = `event-${next++}`;
        // The same id again is safe: that is what an id is for.
        for (;;) {
          try {
            const response = await fetch(`${daemon.url}/v1/events`, {
              method: "POST",
              headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
              body: JSON.stringify({ type: "order.created", id, data: { id } }),
            });
            if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
            acknowledged.add(id);
            break;
          } catch (error) {
            if (!(error instanceof TypeError)) throw error;
            down = true;
            break;
          }
        }
        if (crash < CRASHES && next === until - 20) daemon.program.child.kill("SIGKILL");
      }
    };
    await Promise.all(Array.from({ length: 8 }, publisher));
    if (crash < CRASHES) await daemon.program.ended;
    else {
      await new Promise<void>((resolve) => {
        whenArrived = () => {
          if ([...acknowledged].every((id) => arrived.has(id))) resolve();
        };
        whenArrived();
      });
      expect((await daemon.program.kill("SIGTERM")).code).toBe(0);
    }
  }

  expect(acknowledged.size).toBeGreaterThan(EVENTS / 2);
  expect(wrong).toEqual([]);
  expect([...acknowledged].filter((id) => !arrived.has(id))).toEqual([]);
  const duplicates = [...arrived.values()].reduce((sum, times) => sum + times - 1, 0);
  // In flight at a crash at most: the subscription's concurrency, and what was answered but not yet recorded.
  expect(duplicates).toBeLessThanOrEqual(CRASHES * 100);
});
