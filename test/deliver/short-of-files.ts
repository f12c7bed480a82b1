// Run by itself (three URLs of different receivers), it is a sender that runs out of file descriptors while it sends: it prints, as
// JSON, what came of it.

import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import type { SendResult } from "../../src/core/attempt.ts";
import { HttpSender } from "../../src/deliver/http-sender.ts";
import { DEVELOPMENT, localRules } from "../support/egress.ts";

export interface ShortOfFiles {
  /** With a connection that was kept, which needs no file. */
  kept: SendResult;
  /** While there was no file, within a time-out of 1 s. */
  meanwhile: SendResult;
  meanwhileNamed: SendResult;
  /** Connections after that: idle ones were closed to make room. */
  connections: number;
  /** Begun while there was no file; there was one before its time-out. */
  afterwards: SendResult;
  told: string[];
}

async function run(url: string, other: string, third: string): Promise<ShortOfFiles> {
  const told: string[] = [];
  // A name server that nobody asks: the question itself cannot be sent.
  const sender = new HttpSender({
    egress: localRules(["nobody.example"]),
    onShortage: (code) => told.push(code),
    dns: { address: "127.0.0.1", port: 9 },
  });
  const post = (to: string, timeoutMs: number) =>
    sender.post({ url: to, headers: [], body: Buffer.from("{}"), timeoutMs, rules: DEVELOPMENT });
  await post(url, 30_000);

  const files: number[] = [];
  const takeAll = (): void => {
    try {
      for (;;) files.push(openSync(devNull, "r"));
    } catch {
      return;
    }
  };
  takeAll();
  const kept = await post(url, 30_000);
  const first = post(other, 30_000);
  // The first that finds no file has the idle connection closed: whatever that freed is taken, too.
  await new Promise((resolve) => setTimeout(resolve, 20));
  takeAll();
  const again = setInterval(takeAll, 1);
  const meanwhile = await post(third, 1_000);
  const meanwhileNamed = await post("http://nobody.example/", 1_000);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const { connections } = sender;
  clearInterval(again);
  for (const file of files) closeSync(file);
  const afterwards = await first;
  await sender.close();
  return { kept, meanwhile, meanwhileNamed, connections, afterwards, told };
}

if (process.argv[1] === import.meta.filename) {
  const [, , url, other, third] = process.argv;
  process.stdout.write(JSON.stringify(await run(url!, other!, third!)));
}
