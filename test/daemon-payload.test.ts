import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DeliveryDetail } from "../src/core/delivery.ts";
import type { HooksService } from "../src/core/hooks-service.ts";
import { parseProfiles } from "../src/core/profiles/profile-file.ts";
import { PROFILE_NAMES } from "../src/core/profiles/profile-names.ts";
import { BUILT_IN_PROFILES } from "../src/core/profiles/registry.ts";
import type { SubscriptionInput, SubscriptionWithSecret } from "../src/core/subscription.ts";
import { startDaemonIn } from "./support/daemon-in.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";

// What `getDelivery` shows as a delivery's body: the bytes that its receiver got, or the word that nobody can know.

const SCOPE = { tenant: "default", environment: "development" };
const WAIT = { timeout: 45_000 };
const DATA = Buffer.from('{ "id":"ord_1", "note":"é, 12345678901234567890" }');
const ONCE = { retry: { strategy: "list" as const, delays: [], jitter: 0 } };
/** The token in the header of the one says nothing of the body; the body of the other has the attempt's own time. */
const OWN_PROFILES = [
  { name: "token", extends: "cloudevents", scheme: "gitlab" },
  { name: "timed", extends: "cloudevents", envelope: { at: "{attempt.time:seconds}", data: "{data}" } },
];

let service: HooksService;
let receiver: Receiver;
let stop: () => Promise<void>;

beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-payload-"));
  receiver = await startReceiver();
  const daemon = await startDaemonIn(folder, {
    env: {},
    profiles: BUILT_IN_PROFILES.with(parseProfiles(JSON.stringify(OWN_PROFILES), "profiles")),
  });
  stop = async () => {
    await daemon.stop({ drainMs: 0 });
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  };
  service = daemon.serviceFor(SCOPE);
});
afterAll(() => stop());

let count = 0;
/** A subscription of its own type, so that each delivery is told from the others. */
async function subscribe(more: Partial<SubscriptionInput> = {}): Promise<SubscriptionWithSecret & { type: string }> {
  const type = `tried.n${++count}`;
  const made = await service.createSubscription({ url: `${receiver.url}/${type}`, events: [type], ...ONCE, ...more });
  return { ...made, type };
}

const bodies = (type: string): string[] =>
  receiver.requests.filter((request) => request.path === `/${type}`).map(({ text }) => text);

async function ended(subscription: string, status = "succeeded"): Promise<DeliveryDetail> {
  const state = async () => (await service.listDeliveries({ subscription })).data.map((row) => row.status);
  await expect.poll(state, WAIT).toEqual([status]);
  return shown(subscription);
}

async function shown(subscription: string): Promise<DeliveryDetail> {
  const [row] = (await service.listDeliveries({ subscription })).data;
  return service.getDelivery(row!.id);
}

it.each(PROFILE_NAMES)("is what the receiver got, in profile %s, and said to be", async (profile) => {
  const { id, type } = await subscribe({ profile });
  await service.publish({ type, data: DATA, metadata: Buffer.from('{"user_id":"u"}') });
  const { payload, payload_as: as } = await ended(id);
  expect([payload, as]).toEqual([bodies(type)[0], "sent"]);
});

it("needs a signature that speaks of the body", async () => {
  for (const [profile, as] of [
    ["timed", "sent"],
    ["token", "rebuilt"],
  ] as const) {
    const { id, type } = await subscribe({ profile });
    await service.publish({ type, data: DATA });
    expect(await ended(id)).toMatchObject({ payload: bodies(type)[0], payload_as: as });
  }
});

it("is still known after a rotation, and not once the old secret is gone", async () => {
  for (const profile of ["standard", "foresight", "securebase"]) {
    const { id, type } = await subscribe({ profile });
    await service.rotateSecret(id, { grace: "1h" });
    await service.publish({ type, data: DATA });
    expect(await ended(id)).toMatchObject({ payload: bodies(type)[0], payload_as: "sent" });
    await service.rotateSecret(id, { grace: "1h" });
    expect(await shown(id)).toMatchObject({ payload: bodies(type)[0], payload_as: "sent" });
    await service.rotateSecret(id, { grace: "0s" });
    // Those that have ended are gone with the next rotation, at least a millisecond later.
    await expect
      .poll(async () => {
        await service.rotateSecret(id, { grace: "0s" });
        return (await shown(id)).payload_as;
      }, WAIT)
      .toBe("rebuilt");
    expect((await shown(id)).payload).toBe(bodies(type)[0]);
  }
});

it("is not said to be what was sent when what decides it has changed since", async () => {
  const changes: [Partial<SubscriptionInput>, (id: string) => Promise<unknown>][] = [
    [{ profile: "aegisx", name: "before" }, (id) => service.updateSubscription(id, { name: "after" })],
    [{}, (id) => service.updateSubscription(id, { profile: "cloudevents" })],
    [{}, (id) => service.updateSubscription(id, { batch: { max_events: 2, max_wait: "10ms" } })],
    [{ profile: "foresight" }, (id) => service.deleteSubscription(id)],
  ];
  for (const [more, change] of changes) {
    const { id, type } = await subscribe(more);
    await service.publish({ type, data: DATA });
    const before = await ended(id);
    expect(before).toMatchObject({ payload: bodies(type)[0], payload_as: "sent" });
    await change(id);
    const after = await service.getDelivery(before.id);
    expect(after.payload_as).toBe("rebuilt");
    // What is deleted is shown in its own form all the same.
    if (more.profile === "foresight") expect(after.payload).toBe(before.payload);
  }
});

it("is what was sent whatever else was changed", async () => {
  const { id, type } = await subscribe({ profile: "standard", headers: { "x-a": "1" } });
  await service.publish({ type, data: DATA });
  await ended(id);
  await service.updateSubscription(id, { name: "n", headers: {}, url: `${receiver.url}/other`, timeout: "5s" });
  expect(await shown(id)).toMatchObject({ payload: bodies(type)[0], payload_as: "sent" });
});

it("is that of the conversion that was in force, or not known", async () => {
  const { id, type } = await subscribe({ event_version: "1" });
  const example = { id: 1 };
  await service.createEventType({ name: type, example });
  const down = { to: "1", steps: [{ drop: "/note" }] };
  await service.createEventType({ name: type, version: "2", example: { ...example, note: "" }, down });
  await service.publish({ type, version: "2", data: DATA });
  const before = await ended(id);
  expect(before).toMatchObject({ payload: bodies(type)[0], payload_as: "sent" });
  expect(before.payload).not.toContain("note");
  await service.updateEventType(type, { version: "2", down: { to: "1", steps: [{ rename: "/note", to: "text" }] } });
  expect((await shown(id)).payload_as).toBe("rebuilt");
});

it("of a batch is its own part, which is all that was sent when nothing else went with it", async () => {
  const { id, type } = await subscribe({ batch: { max_events: 2, max_wait: "10ms" } });
  await service.publish({ type, data: DATA });
  expect(await ended(id)).toMatchObject({ payload: bodies(type)[0], payload_as: "sent" });
  const two = await subscribe({ batch: { max_events: 2, max_wait: "60s" } });
  await service.publishBatch([
    { type: two.type, data: DATA },
    { type: two.type, data: DATA },
  ]);
  await expect.poll(() => bodies(two.type).length, WAIT).toBe(1);
  const states = async () => (await service.listDeliveries({ subscription: two.id })).data.map((row) => row.status);
  await expect.poll(states, WAIT).toEqual(["succeeded", "succeeded"]);
  const part = await shown(two.id);
  expect(part.payload_as).toBe("rebuilt");
  expect(JSON.parse(part.payload)).toHaveLength(1);
});

it("is what the next request has while nothing was sent", async () => {
  const paused = await subscribe();
  await service.pauseSubscription(paused.id);
  await service.publish({ type: paused.type, data: DATA });
  expect(await shown(paused.id)).toMatchObject({ payload_as: "unsent", attempts: [] });
  const closed = await startReceiver();
  const refused = await subscribe({ url: closed.url });
  await closed.close();
  await service.publish({ type: refused.type, data: DATA });
  expect(await ended(refused.id, "failed")).toMatchObject({ payload_as: "unsent", attempt_count: 1 });
});
