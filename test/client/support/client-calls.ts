import type { Client } from "../../../src/index.ts";

const EVENT = { type: "a.b", data: 1 };
const SUBSCRIPTION = { url: "https://example.com", events: ["*"] };

/** Name of a route's operation → the call of the client that asks for it, with `x` for what its path names. */
export const CALLS: Record<string, (client: Client) => unknown> = {
  publishEvent: (client) => client.publish(EVENT),
  publishBatch: (client) => client.publishBatch([EVENT]),
  listEvents: (client) => client.listEvents(),
  getEvent: (client) => client.getEvent("x"),
  replayEvent: (client) => client.replayEvent("x"),
  createSubscription: (client) => client.createSubscription(SUBSCRIPTION),
  listSubscriptions: (client) => client.listSubscriptions(),
  getSubscription: (client) => client.getSubscription("x"),
  updateSubscription: (client) => client.updateSubscription("x", { name: "n" }),
  replaceSubscription: (client) => client.replaceSubscription("x", SUBSCRIPTION),
  deleteSubscription: (client) => client.deleteSubscription("x"),
  enableSubscription: (client) => client.enableSubscription("x"),
  disableSubscription: (client) => client.disableSubscription("x"),
  pauseSubscription: (client) => client.pauseSubscription("x"),
  resumeSubscription: (client) => client.resumeSubscription("x"),
  testSubscription: (client) => client.testSubscription("x"),
  rotateSecret: (client) => client.rotateSecret("x"),
  rotateSecrets: (client) => client.rotateSecrets(),
  listDeliveries: (client) => client.listDeliveries(),
  getDelivery: (client) => client.getDelivery("x"),
  retryDelivery: (client) => client.retryDelivery("x"),
  cancelDelivery: (client) => client.cancelDelivery("x"),
  replay: (client) => client.replay({}),
  listEventTypes: (client) => client.listEventTypes(),
  getStats: (client) => client.stats(),
  getTenantStats: (client) => client.tenantStats(),
  getSubscriptionStats: (client) => client.subscriptionStats("x"),
  getSubscriptionHealth: (client) => client.subscriptionHealth("x"),
  testFilter: (client) => client.tryFilter({ filter: "true", type: "a.b", data: 1 }),
  createKey: (client) => client.createKey({ name: "n", role: "reader" }),
  listKeys: (client) => client.listKeys(),
  getKey: (client) => client.getKey("x"),
  revokeKey: (client) => client.revokeKey("x"),
  createTenant: (client) => client.createTenant({ name: "n" }),
  listTenants: (client) => client.listTenants(),
  getTenant: (client) => client.getTenant("x"),
  updateTenant: (client) => client.updateTenant("x", { description: "d" }),
  deleteTenant: (client) => client.deleteTenant("x"),
  listAudit: (client) => client.listAudit(),
  getMeta: (client) => client.meta(),
  whoami: (client) => client.whoami(),
  getHealth: (client) => client.health(),
  getReadiness: (client) => client.readiness(),
  getOpenApi: (client) => client.openApi(),
};

/** Operations without a method, each with its reason. */
export const NO_METHOD: Record<string, string> = {
  listen: "a WebSocket: `hooks listen` speaks it",
  getMetrics: "text for Prometheus, which asks for it itself",
  listSubscriptionDeliveries: "the same as listDeliveries({ subscription })",
  replaySubscription: "the same as replay({ subscription })",
};
