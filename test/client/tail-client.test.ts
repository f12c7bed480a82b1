import fc from "fast-check";
import { expect, it } from "vitest";
import { newsIn } from "../../src/client/tail-client.ts";

async function* parts(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

async function all(...texts: string[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const news of newsIn(parts(...texts))) found.push(news);
  return found;
}

const ACCEPTED = {
  type: "event.accepted",
  at: "2026-01-31T12:00:00.000Z",
  tenant: "default",
  environment: "production",
  event_id: "a\nb",
  event_type: "order.paid",
  deliveries: 2,
};
const TEXT = `: hooks\n\nevent: event.accepted\ndata: ${JSON.stringify(ACCEPTED)}\n\n: keep-alive\n\nevent: dropped\ndata: {"type":"dropped","count":3}\n\n`;
const NEWS = [ACCEPTED, { type: "dropped", count: 3 }];

it("reads events however they are cut into pieces", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: TEXT.length })), async (cuts) => {
      const sorted = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
      const pieces = sorted.slice(1).map((end, index) => TEXT.slice(sorted[index], end));
      expect(await all(...pieces)).toEqual(NEWS);
    }),
  );
});

it("leaves out what is none of ours, and never ends in an exception for what a server sends", async () => {
  expect(
    await all('event: other\ndata: {"type":"other"}\n\n', "data: {}\n\n", "event: dropped\ndata: no json\n\n"),
  ).toEqual([]);
  expect(await all('event: dropped\ndata: {"type":"event.accepted"}\n\n', "event: dropped\ndata: null\n\n")).toEqual(
    [],
  );
  const { event_type: _, ...incomplete } = ACCEPTED;
  for (const wrong of [incomplete, { ...ACCEPTED, deliveries: "2" }, [ACCEPTED]]) {
    expect(await all(`event: event.accepted\ndata: ${JSON.stringify(wrong)}\n\n`)).toEqual([]);
  }
  expect(await all('event: attempt.recorded\ndata: {"type":"attempt.recorded"}\n\n')).toEqual([]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string()), async (texts) => {
      for (const news of await all(...texts)) expect(news).toHaveProperty("type");
    }),
  );
});

it("does not fill the memory with an event that never ends", async () => {
  await expect(
    all(
      "event: dropped\ndata: ",
      ..."x"
        .repeat(20)
        .split("")
        .map((one) => one.repeat(100_000)),
    ),
  ).rejects.toThrow("without an end");
});
