import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { check, type Property } from "./checker.ts";
import { World } from "./world.ts";

const PRELOAD = path.join(import.meta.dirname, "broken-program.ts");
const EVENTS = 300;
const SEEN_LIMIT_MS = 3_000;

/**
 * What the campaign says of a program: events are published and delivered, it is killed, and its next life has time to
 * do what is left.
 */
async function brokenBy(name: string | undefined): Promise<Set<Property>> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const world = await World.open({ folder, subscriptions: [{ name: "only", concurrency: 32 }] });
  onTestFinished(() => world.close());
  const options = name === undefined ? {} : { preload: PRELOAD, env: { HOOKS_TEST_BREAK: name } };
  const first = await world.start(options);
  await world.clients({ seed: 1, clients: 8, events: EVENTS, padding: 100 }).run();
  // Something is always leased when it is killed: nothing more is answered.
  await world.receiver.until(() => EVENTS / 2 <= world.receiver.delivered.size, SEEN_LIMIT_MS);
  world.receiver.answers(() => "hang");
  await world.clients({ seed: 1, clients: 8, events: 64, padding: 100, prefix: "last" }).run();
  await first.kill();
  world.receiver.answers(() => ({ status: 204, afterMs: 0 }));
  const second = await world.start(options);
  await world.delivered(name === undefined ? 60_000 : SEEN_LIMIT_MS);
  await second.stop();
  return new Set(check(await world.history()).map((violation) => violation.property));
}

it("a program that loses events is found out", async () => {
  expect(await brokenBy("loses-events")).toContain("P1");
}, 120_000);

it("a program that never takes back the leases of the dead is found out", async () => {
  expect(await brokenBy("keeps-dead-leases")).toContain("L1");
}, 120_000);

it("the program as it is, is not", async () => {
  expect(await brokenBy(undefined)).toEqual(new Set());
}, 120_000);
