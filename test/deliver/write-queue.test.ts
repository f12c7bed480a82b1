import { expect, it } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { WriteQueue, waitAfter } from "../../src/deliver/write-queue.ts";

/** A store whose writes end when the test says so. */
function controlled() {
  const writes: { items: readonly number[]; resolve(): void; reject(error: Error): void }[] = [];
  const written: number[] = [];
  const fatal: unknown[] = [];
  let onWrite: () => void = () => {};
  const queue = new WriteQueue<number, void>({
    write: (items) =>
      new Promise((resolve, reject) => {
        writes.push({ items: [...items], resolve, reject });
        onWrite();
      }),
    onWritten: (items) => written.push(...items),
    onFatal: (error) => fatal.push(error),
  });
  const nthWrite = async (n: number) => {
    while (writes.length < n) {
      await new Promise<void>((resolve) => {
        onWrite = resolve;
      });
    }
    return writes[n - 1]!;
  };
  return { queue, writes, written, fatal, nthWrite };
}

it("writes one batch at a time, each of all that gathered meanwhile, at most 1,000", async () => {
  const { queue, writes, written, nthWrite } = controlled();
  queue.add(1);
  queue.add(2);
  expect((await nthWrite(1)).items).toEqual([1, 2]);
  for (let n = 3; n <= 1_200; n++) queue.add(n);
  expect(writes).toHaveLength(1);
  expect(queue.size).toBe(1_200);
  writes[0]!.resolve();
  expect((await nthWrite(2)).items).toHaveLength(1_000);
  writes[1]!.resolve();
  expect((await nthWrite(3)).items).toHaveLength(198);
  const idle = queue.idle();
  writes[2]!.resolve();
  await idle;
  expect(written).toEqual(Array.from({ length: 1_200 }, (_, n) => n + 1));
  expect(queue.size).toBe(0);
});

it("keeps what could not be written for now, in order, and tries again", async () => {
  const { queue, writes, written, fatal, nthWrite } = controlled();
  queue.add(1);
  const first = await nthWrite(1);
  expect(queue.held()).toEqual([]); // on its way
  first.reject(new HooksError("store_full", "full"));
  queue.add(2);
  expect((await nthWrite(2)).items).toEqual([1]);
  expect(queue.size).toBe(2);
  expect(queue.held()).toEqual([1, 2]);
  writes[1]!.resolve();
  (await nthWrite(3)).resolve();
  await queue.idle();
  expect(queue.held()).toEqual([]);
  expect(written).toEqual([1, 2]);
  expect(fatal).toEqual([]);
});

it("stops at what will never pass, and says so once", async () => {
  const { queue, writes, written, fatal, nthWrite } = controlled();
  queue.add(1);
  const broken = new HooksError("store_unusable", "damaged");
  (await nthWrite(1)).reject(broken);
  await queue.idle();
  queue.add(2);
  await queue.idle();
  expect(fatal).toEqual([broken]);
  expect(written).toEqual([]);
  expect(writes).toHaveLength(1);
});

it("waits 50 ms, doubling to 5 s", () => {
  expect([1, 2, 3, 7, 8, 9, 50].map(waitAfter)).toEqual([50, 100, 200, 3_200, 5_000, 5_000, 5_000]);
});
