import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { check, type Property } from "./checker.ts";
import type { StartOptions } from "./daemon-process.ts";
import { World } from "./world.ts";

const PRELOAD = path.join(import.meta.dirname, "broken-program.ts");
const EVENTS = 300;
const LIMIT_MS = 60_000;
/** What is broken may never come to an end. */
const SEEN_LIMIT_MS = 3_000;

/** Undefined: the program as it is. */
interface Breaks {
  first?: string;
  second?: string;
}

/**
 * What the campaign says of a program: events are published and delivered, it is killed, and its next life has time to
 * do what is left.
 */
async function verdictOn(breaks: Breaks): Promise<Set<Property>> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const world = await World.open({ folder, subscriptions: [{ name: "only", concurrency: 32 }] });
  onTestFinished(() => world.close());
  const first = await world.start(brokenBy(breaks.first));
  const publishing = world.clients({ seed: 1, clients: 8, events: EVENTS, padding: 100 }).run();
  // A program that is broken may end by itself.
  await Promise.race([publishing, first.ended]);
  await Promise.race([world.receiver.until(() => EVENTS / 2 <= world.receiver.delivered.size, LIMIT_MS), first.ended]);
  // Something is always leased when it is killed: nothing more is answered.
  world.receiver.answers(() => "hang");
  const last = world.clients({ seed: 1, clients: 8, events: 64, padding: 100, prefix: "last" }).run();
  await Promise.race([last, first.ended]);
  await first.kill();
  world.receiver.answers(() => ({ status: 204, afterMs: 0 }));
  const second = await world.start(brokenBy(breaks.second));
  await Promise.all([publishing, last]);
  await world.delivered(breaks.first === undefined && breaks.second === undefined ? LIMIT_MS : SEEN_LIMIT_MS);
  await second.stop();
  return new Set(check(await world.history()).map((violation) => violation.property));
}

function brokenBy(name: string | undefined): StartOptions {
  return name === undefined ? {} : { preload: PRELOAD, env: { HOOKS_TEST_BREAK: name } };
}

it("a program that loses events is found out", async () => {
  expect(await verdictOn({ first: "loses-events" })).toContain("P1");
}, 120_000);

it("a program that never takes back the leases of the dead is found out", async () => {
  expect(await verdictOn({ second: "keeps-dead-leases" })).toContain("L1");
}, 120_000);

it("the program as it is, is not", async () => {
  expect(await verdictOn({})).toEqual(new Set());
}, 120_000);
