import { createHmac } from "node:crypto";
import type { Outgoing } from "../../src/deliver/transport.ts";
import { nameOf, type RowTale, type SubscriptionTale } from "./ledger.ts";
import type { World } from "./world.ts";

/** P3: the event that was published, the same bytes each time, its id. P7: signed, at the time of the wall clock. */
export function checkRequest(
  world: World,
  subscription: SubscriptionTale,
  rows: readonly RowTale[],
  outgoing: Outgoing,
): void {
  const what = rows.map(nameOf).join(" ");
  const headers = new Map<string, string>();
  const flat = outgoing.request.headers;
  for (let at = 0; at + 1 < flat.length; at += 2) headers.set(flat[at]!, flat[at + 1]!);
  const body = Buffer.from(outgoing.request.body).toString();
  const id = headers.get("webhook-id");
  if (subscription.isBatching) {
    if (!isBatchOf(rows, body))
      world.violate("P3", `${what}: the body is not that of the events: ${body.slice(0, 80)}`);
    if (id?.startsWith("bat_") !== true) world.violate("P3", `${what}: webhook-id is ${id}`);
    if (1 < rows.length) world.count("several events in one request");
  } else {
    const { event } = rows[0]!;
    event.body ??= body;
    if (rows.length !== 1 || event.body !== body || !isEnvelopeOf(rows[0]!, body)) {
      world.violate("P3", `${what}: the body is not the event's, or not what it was before: ${body.slice(0, 80)}`);
    }
    if (id !== event.publicId) world.violate("P3", `${what}: webhook-id is ${id} instead of ${event.publicId}`);
  }
  if (outgoing.subscription.url !== subscription.url)
    world.violate("P3", `${what} goes to ${outgoing.subscription.url}`);
  const timestamp = headers.get("webhook-timestamp");
  if (timestamp !== String(Math.floor(world.time.wall() / 1_000))) {
    world.violate("P7", `${what}: webhook-timestamp is ${timestamp}, the clock shows ${world.time.wall()}`);
  }
  const given = headers.get("webhook-signature")?.split(" ") ?? [];
  const isSigned = subscription.secrets.some((secret) => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    return given.includes(`v1,${signature}`);
  });
  if (!isSigned) world.violate("P7", `${what}: no signature verifies`);
}

function isEnvelopeOf({ event }: RowTale, body: string): boolean {
  return body.startsWith(`{"type":"${event.type}",`) && body.endsWith(`,"data":${event.data}}`);
}

function isBatchOf(rows: readonly RowTale[], body: string): boolean {
  const items = JSON.parse(body) as { id: string; type: string; data: unknown }[];
  return (
    items.length === rows.length &&
    rows.every(({ event }, index) => {
      const item = items[index]!;
      return item.id === event.publicId && item.type === event.type && JSON.stringify(item.data) === event.data;
    })
  );
}
