import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Form } from "../../src/client/answer-form.ts";
import {
  batchReceipt,
  META,
  PUBLISH_RECEIPT,
  pageOf,
  SUBSCRIPTION,
  SUBSCRIPTION_WITH_SECRET,
} from "../../src/client/answers.ts";
import { DELIVERY, DELIVERY_DETAIL, EVENT } from "../../src/client/delivery-answers.ts";
import { RemoteService } from "../../src/client/remote.ts";
import { startTestServer, type TestServer } from "../receive/support/test-server.ts";

/** Something that answers every request 200 with what `says` holds. */
const says = { body: "{}" };
const http = createServer((request, answer) => {
  request.resume();
  answer.writeHead(200, { "content-type": "application/json" }).end(says.body);
});
let service: RemoteService;

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  service = new RemoteService({ server, apiKey: "hk_x", userAgent: "hooks/test" });
});
afterAll(() => {
  service.close();
  http.closeAllConnections();
  http.close();
});

const DATA = Buffer.from("1");
const CALLS: Record<string, () => Promise<unknown>> = {
  publish: () => service.publish({ type: "a", data: DATA }),
  publishBatch: () => service.publishBatch([{ type: "a", data: DATA }]),
  listEvents: () => service.listEvents(),
  getEvent: () => service.getEvent("evt_1"),
  replayEvent: () => service.replayEvent("evt_1"),
  createSubscription: () => service.createSubscription({ url: "https://example.com", events: ["*"] }),
  listSubscriptions: () => service.listSubscriptions(),
  getSubscription: () => service.getSubscription("shop"),
  updateSubscription: () => service.updateSubscription("shop", { name: "a" }),
  replaceSubscription: () => service.replaceSubscription("shop", { url: "https://example.com", events: ["*"] }),
  deleteSubscription: () => service.deleteSubscription("shop"),
  enableSubscription: () => service.enableSubscription("shop"),
  disableSubscription: () => service.disableSubscription("shop"),
  pauseSubscription: () => service.pauseSubscription("shop"),
  resumeSubscription: () => service.resumeSubscription("shop"),
  testSubscription: () => service.testSubscription("shop"),
  rotateSecret: () => service.rotateSecret("shop"),
  rotateSecrets: () => service.rotateSecrets(),
  listDeliveries: () => service.listDeliveries(),
  getDelivery: () => service.getDelivery("dlv_1"),
  retryDelivery: () => service.retryDelivery("dlv_1"),
  cancelDelivery: () => service.cancelDelivery("dlv_1"),
  replay: () => service.replay({}),
  listAlerts: () => service.listAlerts(),
  listReplays: () => service.listReplays(),
  getReplay: () => service.getReplay("rpl_1"),
  cancelReplay: () => service.cancelReplay("rpl_1"),
  listDeadLetters: () => service.listDeadLetters(),
  purgeEvents: () => service.purgeEvents({ all: true }),
  listPurges: () => service.listPurges(),
  getPurge: () => service.getPurge("prg_1"),
  cancelPurge: () => service.cancelPurge("prg_1"),
  purgeDeadLetters: () => service.purgeDeadLetters({}),
  stats: () => service.stats(),
  subscriptionStats: () => service.subscriptionStats("shop"),
  subscriptionHealth: () => service.subscriptionHealth("shop"),
  tryFilter: () => service.tryFilter({ filter: "true" }),
  listEventTypes: () => service.listEventTypes(),
  getEventType: () => service.getEventType("a.b"),
  createEventType: () => service.createEventType({ name: "a.b" }),
  updateEventType: () => service.updateEventType("a.b", { description: "d" }),
  deleteEventType: () => service.deleteEventType("a.b"),
  deleteEventTypeVersion: () => service.deleteEventTypeVersion("a.b", "1"),
  why: () => service.why({ event: "evt_1" }),
  importEventTypes: () => service.importEventTypes({ pack: "aegisx" }),
  getEnvironment: () => service.getEnvironment(),
  updateEnvironment: () => service.updateEnvironment({ strict_types: true }),
  applySetup: () => service.applySetup({ setup: { keys: [] } }),
  exportSetup: () => service.exportSetup(),
  createSource: () => service.createSource({ name: "s", scheme: "none" }),
  listSources: () => service.listSources(),
  getSource: () => service.getSource("s"),
  updateSource: () => service.updateSource("s", { enabled: true }),
  deleteSource: () => service.deleteSource("s"),
  rotateSourceSecret: () => service.rotateSourceSecret("s"),
  listSourceRequests: () => service.listSourceRequests("s"),
  getSourceRequest: () => service.getSourceRequest("s", "req_1"),
  whoami: () => service.whoami(),
  meta: () => service.meta(),
};

const FOREIGN = [
  "{}",
  "[]",
  "null",
  "true",
  '"welcome"',
  '{"data":[]}',
  '{"data":{},"next_cursor":null}',
  '{"data":[{}],"next_cursor":null}',
  '{"id":"sub_1","name":"shop"}',
  '{"id":7,"deliveries":"none"}',
  '{"status":"ok","message":"It works!"}',
  '{"__proto__":{"id":"x"},"results":[]}',
];

describe("JSON of another program", () => {
  it("is asked for by every call of the service", () => {
    const methods = Object.getOwnPropertyNames(RemoteService.prototype);
    expect(Object.keys(CALLS).sort()).toEqual(
      methods.filter((name) => name !== "constructor" && name !== "close").sort(),
    );
  });

  it.each(Object.keys(CALLS))("is no answer to %s", async (name) => {
    for (const body of FOREIGN) {
      says.body = body;
      await expect(CALLS[name]!(), body).rejects.toMatchObject({
        code: "unreachable",
        field: "--server",
        message: expect.stringContaining("is not a hooks server"),
      });
    }
  });
});

describe("an answer of hooks from which something is missing", () => {
  let real: TestServer;
  beforeAll(async () => {
    real = await startTestServer();
  });
  afterAll(() => real.close());

  /** What may be missing: it is said only when there is something to say, or nobody reads it. */
  const OPTIONAL = [
    "warnings",
    "filter",
    "rotate_every",
    "event_version",
    "retry.delays",
    "retry.first_delay",
    "retry.longest_delay",
    "retry.max_attempts",
    "results.error.field",
    "results.error.hint",
  ];

  it("is none, whatever it is; whole it is one", async () => {
    const created = await real.ask("POST", "/v1/subscriptions", {
      json: { url: "https://example.com/a", events: ["a.*"], headers: { "x-a": "1" }, batch: { max_events: 2 } },
    });
    const published = await real.ask("POST", "/v1/events", { json: { type: "a.b", data: { n: 1 }, id: "one" } });
    const batch = await real.ask("POST", "/v1/events/batch", {
      json: {
        events: [
          { type: "a.c", data: 1 },
          { type: "", data: 1 },
        ],
      },
    });
    const page = await real.ask("GET", "/v1/deliveries");
    const answers: [Form, unknown][] = [
      [SUBSCRIPTION_WITH_SECRET, created.json],
      [SUBSCRIPTION, (await real.ask("GET", `/v1/subscriptions/${created.json.id}`)).json],
      [PUBLISH_RECEIPT, published.json],
      [batchReceipt(2), batch.json],
      [pageOf(EVENT), (await real.ask("GET", "/v1/events")).json],
      [pageOf(DELIVERY), page.json],
      [DELIVERY_DETAIL, (await real.ask("GET", `/v1/deliveries/${page.json.data[0].id}`)).json],
      [META, (await real.ask("GET", "/v1/meta")).json],
    ];
    for (const [form, answer] of answers) {
      expect(form(answer, "it")).toBeUndefined();
      for (const path of paths(answer)) {
        const problem = form(without(answer, path), "it");
        const name = path.filter((step) => !/^(data|\d+)$/.test(step)).join(".");
        if (OPTIONAL.includes(name) || /^(headers|metadata)\./.test(name)) continue;
        expect(problem, path.join(".")).toBeDefined();
      }
    }
    expect(batchReceipt(3)(batch.json, "it")).toContain("one entry for each event");
  });
});

/** Every member of the objects in it. */
function paths(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    ...(Array.isArray(value) ? [] : [[name]]),
    ...paths(member).map((rest) => [name, ...rest]),
  ]);
}

function without(value: unknown, [first = "", ...rest]: string[]): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  if (rest.length === 0) delete copy[first];
  else copy[first] = without(copy[first], rest);
  return copy;
}
