// A request for each route, as somebody would send it who may: what the matrix of permissions is made of.

import { randomBytes } from "node:crypto";
import type { Verdict } from "../../../src/core/delivery.ts";
import { newId } from "../../../src/service/new-id.ts";
import type { LocalHooks } from "../../../src/service/open-local.ts";
import { sealHead } from "../../../src/service/sealed-request.ts";

/** Whose data the requests of the matrix are about. */
export const OWN = { tenant: "default", environment: "staging" } as const;

export interface Specimen {
  target: string;
  json?: unknown;
  /** Of what only whoever reaches OWN may see in the answer. */
  mark?: string | undefined;
}

/**
 * What happens to whoever does not reach OWN: `row`: 404; `list`: an answer without the mark; `new`: made in his own
 * place; `tenant`: 404 from another tenant, and 403 from his own if he is not an admin of everything; `tenants`: the same
 * without a tenant in it; `public`: nothing of anybody is in it.
 */
export type Kind = "row" | "list" | "new" | "tenant" | "tenants" | "public";

export interface RouteRule {
  /** Who may use it besides admins: written down here a second time, so that a slip in the route itself is noticed. */
  role: "open" | "any" | "admin" | "publisher" | "reader" | "listener";
  kind: Kind;
  /** Things that are there for one request only. */
  make(local: LocalHooks): Promise<Specimen>;
}

let count = 0;

async function subscriptionOf(local: LocalHooks): Promise<string> {
  const name = `own-${++count}`;
  const created = await local
    .serviceFor(OWN)
    .createSubscription({ name, url: "https://own.example/hooks", events: ["own.other"] });
  return created.id;
}

/** With one delivery: its type is its own, so that it is not for the subscriptions that earlier ones left. */
async function eventOf(local: LocalHooks): Promise<string> {
  const service = local.serviceFor(OWN);
  const name = `own-${++count}`;
  const type = `own.happened.${name}`;
  await service.createSubscription({ name, url: "https://own.example/hooks", events: [type] });
  const { id } = await service.publish({ type, data: Buffer.from('{"own":1}') });
  return id;
}

async function deliveryOf(local: LocalHooks): Promise<string> {
  const event = await local.serviceFor(OWN).getEvent(await eventOf(local));
  return event.deliveries[0]!.id;
}

/** One that goes on: it is held back by its rate. */
/** One that is not at its end. */
async function purgeOf(local: LocalHooks): Promise<string> {
  const { id } = await local.serviceFor(OWN).purgeEvents({ types: ["nothing.*"] });
  return id!;
}

async function replayOf(local: LocalHooks): Promise<string> {
  const service = local.serviceFor(OWN);
  await service.cancelDelivery(await deliveryOf(local));
  const { id } = await service.replay({ status: "cancelled", rate: "1/h" });
  return id!;
}

async function deadLetterOf(local: LocalHooks): Promise<string> {
  return attemptOf(local, { kind: "failed", reason: "exhausted" });
}

/** An attempt that was recorded; answers its delivery. */
async function attemptOf(local: LocalHooks, verdict: Verdict = { kind: "succeeded" }): Promise<string> {
  const delivery = await local.store.findDelivery(OWN, await deliveryOf(local));
  const { rowId, subscriptionRowId, eventType } = delivery!;
  const lease = { worker: "boot-1", endsAt: Date.now() + 60_000 };
  await local.store.claimDue([{ subscriptionRowId, limit: 1 }], Date.now(), lease);
  await local.store.recordAttempts(lease.worker, [
    {
      deliveryRowId: rowId,
      subscriptionRowId,
      eventType,
      verdict,
      endedAt: Date.now(),
      attempt: {
        number: 1,
        startedAt: Date.now(),
        durationMs: 1,
        outcome: "success",
        status: 200,
        errorCode: undefined,
        errorMessage: undefined,
        phase: "done",
        remoteAddress: undefined,
        bytesSent: 1,
        requestHeaders: [],
        responseHeaders: [],
        responseExcerpt: undefined,
        truncated: false,
        trigger: "auto",
        worker: lease.worker,
      },
    },
  ]);
  return delivery!.id;
}

async function eventTypeOf(local: LocalHooks): Promise<string> {
  const name = `own.type-${++count}`;
  await local.serviceFor(OWN).createEventType({ name });
  await local.serviceFor(OWN).createEventType({ name, version: "2" });
  return name;
}

/** With a request that was refused; answers both names. */
async function sourceOf(local: LocalHooks): Promise<{ name: string; request: string }> {
  const name = `own-source-${++count}`;
  await local.serviceFor(OWN).createSource({ name, scheme: "github" });
  await local.cases.parts.sources.load();
  const opened = await local.cases.parts.sources.find(name)!;
  const request = newId("req");
  const head = sealHead({ method: "POST", path: "/", query: "", headers: [] }, request, opened.secrets, randomBytes);
  const facts = { receivedAt: Date.now(), outcome: "refused", status: 401, reason: "missing_header" } as const;
  await local.store.sources.record(
    [
      {
        ...{ id: request, sourceRowId: opened.stored.rowId, ...facts, detail: "", method: "POST", from: "127.0.0.1" },
        ...{ bodyBytes: 0, head, body: new Uint8Array(0), isBodySealed: false, eventId: undefined },
      },
    ],
    10,
  );
  return { name, request };
}

async function keyOf(local: LocalHooks): Promise<string> {
  return (await local.adminFor().createKey({ name: `own-${++count}`, role: "reader", ...OWN })).id;
}

const fixed = (specimen: Specimen) => async (): Promise<Specimen> => specimen;
const subscription = (suffix: string, json?: unknown) => async (local: LocalHooks) => ({
  target: `/v1/subscriptions/${await subscriptionOf(local)}${suffix}`,
  json,
});
const eventType = (suffix: string, json?: unknown) => async (local: LocalHooks) => ({
  target: `/v1/event-types/${await eventTypeOf(local)}${suffix}`,
  json,
});
const source = (suffix: string, json?: unknown) => async (local: LocalHooks) => ({
  target: `/v1/sources/${(await sourceOf(local)).name}${suffix}`,
  json,
});
const delivery = (suffix: string) => async (local: LocalHooks) => ({
  target: `/v1/deliveries/${await deliveryOf(local)}${suffix}`,
});

/** Method and path → who may, and how. A route that is not here fails the test. */
export const ROUTE_RULES: Readonly<Record<string, RouteRule>> = {
  "POST /v1/events": {
    role: "publisher",
    kind: "new",
    make: fixed({ target: "/v1/events", json: { type: "a.b", data: 1 } }),
  },
  "POST /v1/events/batch": {
    role: "publisher",
    kind: "new",
    make: fixed({ target: "/v1/events/batch", json: { events: [{ type: "a.b", data: 1 }] } }),
  },
  "GET /v1/events": {
    role: "reader",
    kind: "list",
    make: async (local) => ({ target: "/v1/events", mark: await eventOf(local) }),
  },
  "GET /v1/events/:id": {
    role: "reader",
    kind: "row",
    make: async (local) => ({ target: `/v1/events/${await eventOf(local)}` }),
  },
  "POST /v1/events/:id/replay": {
    role: "admin",
    kind: "row",
    make: async (local) => ({ target: `/v1/events/${await eventOf(local)}/replay` }),
  },
  "POST /v1/subscriptions": {
    role: "admin",
    kind: "new",
    make: fixed({ target: "/v1/subscriptions", json: { url: "https://new.example/", events: ["a.b"] } }),
  },
  "GET /v1/whoami": { role: "any", kind: "public", make: fixed({ target: "/v1/whoami" }) },
  "GET /v1/subscriptions": {
    role: "reader",
    kind: "list",
    make: async (local) => ({ target: "/v1/subscriptions", mark: await subscriptionOf(local) }),
  },
  "GET /v1/subscriptions/:id": { role: "reader", kind: "row", make: subscription("") },
  "PATCH /v1/subscriptions/:id": { role: "admin", kind: "row", make: subscription("", { description: "d" }) },
  "PUT /v1/subscriptions/:id": {
    role: "admin",
    kind: "row",
    make: subscription("", { url: "https://put.example/", events: ["a.b"] }),
  },
  "DELETE /v1/subscriptions/:id": { role: "admin", kind: "row", make: subscription("") },
  "POST /v1/subscriptions/:id/enable": { role: "admin", kind: "row", make: subscription("/enable") },
  "POST /v1/subscriptions/:id/disable": { role: "admin", kind: "row", make: subscription("/disable") },
  "POST /v1/subscriptions/:id/pause": { role: "admin", kind: "row", make: subscription("/pause") },
  "POST /v1/subscriptions/:id/resume": { role: "admin", kind: "row", make: subscription("/resume") },
  "POST /v1/subscriptions/:id/test": { role: "admin", kind: "row", make: subscription("/test") },
  "POST /v1/subscriptions/:id/rotate-secret": { role: "admin", kind: "row", make: subscription("/rotate-secret") },
  "POST /v1/secrets/rotate": {
    role: "admin",
    kind: "list",
    make: async (local) => ({ target: "/v1/secrets/rotate", json: {}, mark: await subscriptionOf(local) }),
  },
  "POST /v1/subscriptions/:id/replay": { role: "admin", kind: "row", make: subscription("/replay") },
  "GET /v1/subscriptions/:id/deliveries": { role: "reader", kind: "row", make: subscription("/deliveries") },
  "GET /v1/deliveries": {
    role: "reader",
    kind: "list",
    make: async (local) => ({ target: "/v1/deliveries", mark: await deliveryOf(local) }),
  },
  "GET /v1/deliveries/:id": { role: "reader", kind: "row", make: delivery("") },
  "POST /v1/deliveries/:id/retry": { role: "admin", kind: "row", make: delivery("/retry") },
  "POST /v1/deliveries/:id/cancel": { role: "admin", kind: "row", make: delivery("/cancel") },
  "GET /v1/replays": {
    role: "reader",
    kind: "list",
    make: async (local) => ({ target: "/v1/replays", mark: await replayOf(local) }),
  },
  "GET /v1/replays/:id": {
    role: "reader",
    kind: "row",
    make: async (local) => ({ target: `/v1/replays/${await replayOf(local)}` }),
  },
  "POST /v1/replays/:id/cancel": {
    role: "admin",
    kind: "row",
    make: async (local) => ({ target: `/v1/replays/${await replayOf(local)}/cancel` }),
  },
  "POST /v1/purges": {
    role: "admin",
    kind: "list",
    make: async (local) => {
      const json = { filter: { events: [await eventOf(local)] }, cancel_waiting: true, dry_run: true };
      return { target: "/v1/purges", json, mark: '"count":1' };
    },
  },
  "GET /v1/purges": {
    role: "reader",
    kind: "list",
    make: async (local) => ({ target: "/v1/purges", mark: await purgeOf(local) }),
  },
  "GET /v1/purges/:id": {
    role: "reader",
    kind: "row",
    make: async (local) => ({ target: `/v1/purges/${await purgeOf(local)}` }),
  },
  "POST /v1/purges/:id/cancel": {
    role: "admin",
    kind: "row",
    make: async (local) => ({ target: `/v1/purges/${await purgeOf(local)}/cancel` }),
  },
  "GET /v1/dead-letters": {
    role: "reader",
    kind: "list",
    make: async (local) => ({ target: "/v1/dead-letters", mark: await deadLetterOf(local) }),
  },
  "POST /v1/dead-letters/replay": {
    role: "admin",
    kind: "list",
    make: async (local) => {
      await deadLetterOf(local);
      return { target: "/v1/dead-letters/replay", json: { dry_run: true }, mark: '"count":[1-9]' };
    },
  },
  "DELETE /v1/dead-letters": {
    role: "admin",
    kind: "list",
    make: async (local) => {
      await deadLetterOf(local);
      return { target: "/v1/dead-letters", mark: '"count":[1-9]' };
    },
  },
  "GET /v1/tail": { role: "reader", kind: "public", make: fixed({ target: "/v1/tail?for=1ms" }) },
  "GET /v1/stats": {
    role: "reader",
    kind: "list",
    make: async (local) => {
      await attemptOf(local);
      return { target: "/v1/stats?by=type", mark: '"key":"own\\.happened\\.' };
    },
  },
  "GET /v1/stats/tenants": {
    role: "reader",
    kind: "list",
    make: async (local) => {
      await attemptOf(local);
      return { target: "/v1/stats/tenants", mark: '"tenant":"default"' };
    },
  },
  "GET /v1/subscriptions/:id/stats": { role: "reader", kind: "row", make: subscription("/stats") },
  "GET /v1/subscriptions/:id/health": { role: "reader", kind: "row", make: subscription("/health") },
  "POST /v1/replays": {
    role: "admin",
    kind: "list",
    make: async (local) => {
      await local.serviceFor(OWN).cancelDelivery(await deliveryOf(local));
      return { target: "/v1/replays", json: { filter: { status: "cancelled" }, dry_run: true }, mark: '"count":[1-9]' };
    },
  },
  "POST /v1/keys": {
    role: "admin",
    kind: "new",
    make: fixed({ target: "/v1/keys", json: { name: "k", role: "reader" } }),
  },
  "GET /v1/keys": {
    role: "admin",
    kind: "list",
    make: async (local) => ({ target: "/v1/keys?limit=200", mark: await keyOf(local) }),
  },
  "GET /v1/keys/:id": {
    role: "admin",
    kind: "row",
    make: async (local) => ({ target: `/v1/keys/${await keyOf(local)}` }),
  },
  "DELETE /v1/keys/:id": {
    role: "admin",
    kind: "row",
    make: async (local) => ({ target: `/v1/keys/${await keyOf(local)}` }),
  },
  "POST /v1/tenants": {
    role: "admin",
    kind: "tenants",
    make: async () => ({ target: "/v1/tenants", json: { name: `new-${++count}` } }),
  },
  "GET /v1/tenants": { role: "admin", kind: "list", make: fixed({ target: "/v1/tenants", mark: '"name":"default"' }) },
  "GET /v1/tenants/:name": { role: "admin", kind: "row", make: fixed({ target: "/v1/tenants/default" }) },
  "PATCH /v1/tenants/:name": {
    role: "admin",
    kind: "tenant",
    make: fixed({ target: "/v1/tenants/default", json: { description: "d" } }),
  },
  "DELETE /v1/tenants/:name": {
    role: "admin",
    kind: "tenant",
    // Whoever may delete others is told that this one stays.
    make: fixed({ target: "/v1/tenants/default" }),
  },
  "GET /v1/alerts": {
    role: "reader",
    kind: "list",
    make: async (local) => {
      const id = local.cases.parts.newId("alr");
      const rule = {
        text: `failure_count > ${++count} in 5m`,
        kind: "failure_count",
        threshold: 1,
        windowMs: 1,
      } as const;
      const alert = { id, scope: OWN, subscription: undefined, rule, value: 2, beganAt: Date.now() };
      await local.store.alerts.beginAlert(alert);
      return { target: "/v1/alerts", mark: id };
    },
  },
  "GET /v1/audit": {
    role: "admin",
    kind: "list",
    make: async (local) => ({ target: "/v1/audit?limit=200", mark: await subscriptionOf(local) }),
  },
  "GET /v1/why": {
    role: "reader",
    kind: "row",
    make: async (local) => ({ target: `/v1/why?event=${await eventOf(local)}` }),
  },
  "POST /v1/filters/test": {
    role: "reader",
    kind: "row",
    make: async (local) => ({
      target: "/v1/filters/test",
      json: { filter: "data.own == 1", event: await eventOf(local) },
    }),
  },
  "GET /v1/event-types": {
    role: "any",
    kind: "list",
    make: async (local) => {
      await eventOf(local);
      return { target: "/v1/event-types?limit=200", mark: "own\\.happened\\." };
    },
  },
  "POST /v1/event-types": {
    role: "admin",
    kind: "new",
    make: async () => ({ target: "/v1/event-types", json: { name: `new.type-${++count}` } }),
  },
  "POST /v1/event-types/import": {
    role: "admin",
    kind: "new",
    make: async () => ({
      target: "/v1/event-types/import",
      json: { documents: [{ name: `imported.type-${++count}.json`, content: "{}" }] },
    }),
  },
  "GET /v1/event-types/:name": { role: "any", kind: "row", make: eventType("") },
  "PATCH /v1/event-types/:name": { role: "admin", kind: "row", make: eventType("", { description: "d" }) },
  "DELETE /v1/event-types/:name": { role: "admin", kind: "row", make: eventType("") },
  "DELETE /v1/event-types/:name/versions/:version": { role: "admin", kind: "row", make: eventType("/versions/2") },
  "POST /v1/sources": {
    role: "admin",
    kind: "new",
    make: async () => ({ target: "/v1/sources", json: { name: `new-source-${++count}`, scheme: "github" } }),
  },
  "GET /v1/sources": {
    role: "reader",
    kind: "list",
    make: async (local) => ({ target: "/v1/sources?limit=200", mark: (await sourceOf(local)).name }),
  },
  "GET /v1/sources/:name": { role: "reader", kind: "row", make: source("") },
  "PATCH /v1/sources/:name": { role: "admin", kind: "row", make: source("", { description: "d" }) },
  "DELETE /v1/sources/:name": { role: "admin", kind: "row", make: source("") },
  "POST /v1/sources/:name/rotate-secret": { role: "admin", kind: "row", make: source("/rotate-secret", {}) },
  "GET /v1/sources/:name/requests": { role: "reader", kind: "row", make: source("/requests") },
  "GET /v1/sources/:name/requests/:id": {
    role: "reader",
    kind: "row",
    make: async (local) => {
      const { name, request } = await sourceOf(local);
      return { target: `/v1/sources/${name}/requests/${request}` };
    },
  },
  "GET /v1/environment": {
    role: "any",
    kind: "list",
    make: fixed({ target: "/v1/environment", mark: '"tenant":"default","environment":"staging"' }),
  },
  "PATCH /v1/environment": {
    role: "admin",
    kind: "new",
    make: fixed({ target: "/v1/environment", json: { strict_types: false } }),
  },
  "POST /v1/apply": {
    role: "admin",
    kind: "new",
    make: async () => ({ target: "/v1/apply", json: { setup: { event_types: [{ name: `set.up-${++count}` }] } } }),
  },
  "GET /v1/export": {
    role: "admin",
    kind: "list",
    make: fixed({ target: "/v1/export", mark: '"tenant":"default","environment":"staging"' }),
  },
  "GET /v1/meta": { role: "any", kind: "public", make: fixed({ target: "/v1/meta" }) },
  "GET /v1/listen": { role: "listener", kind: "public", make: fixed({ target: "/v1/listen" }) },
  "GET /metrics": {
    role: "reader",
    kind: "list",
    make: async (local) => {
      await eventOf(local);
      return { target: "/metrics", mark: `tenant="${OWN.tenant}",environment="${OWN.environment}"` };
    },
  },
  "GET /healthz": { role: "open", kind: "public", make: fixed({ target: "/healthz" }) },
  "GET /readyz": { role: "open", kind: "public", make: fixed({ target: "/readyz" }) },
  "GET /openapi.json": { role: "open", kind: "public", make: fixed({ target: "/openapi.json" }) },
};
