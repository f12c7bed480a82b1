import { DAY, type Fresh, MINUTE } from "../fresh.ts";
import type { JsonObject, Provider, Simulation } from "../provider.ts";
import { adjustment, subscription, transaction } from "./billing.ts";
import { address, business, customer, discount, id, makeWorld, price, product, time, type World } from "./catalogue.ts";

function simulation(type: string, title: string, data: (world: World) => JsonObject): Simulation {
  const make = (fresh: Fresh) => {
    const event = id(fresh, "evt");
    return {
      id: event,
      headers: {
        Accept: "*/*",
        "Content-Type": "application/json",
        "User-Agent": "Paddle",
        "Paddle-Version": "1",
      },
      body: {
        event_id: event,
        event_type: type,
        occurred_at: time(fresh),
        notification_id: id(fresh, "ntf"),
        data: data(makeWorld(fresh)),
      },
    };
  };
  return { type, title, make };
}

function paymentMethod({ fresh, customerId, addressId }: World): JsonObject {
  return {
    id: id(fresh, "paymtd", MINUTE),
    customer_id: customerId,
    address_id: addressId,
    type: "card",
    origin: "saved_during_purchase",
    saved_at: time(fresh, MINUTE),
    updated_at: time(fresh),
  };
}

function payout({ fresh, cents }: World): JsonObject {
  return {
    id: id(fresh, "pay", DAY),
    status: "paid",
    amount: String(cents * 40),
    currency_code: "USD",
    remittance_reference: `PAY-${fresh.base36(8)}`,
  };
}

const SIMULATIONS: readonly Simulation[] = [
  simulation("transaction.created", "A transaction was created", (world) => transaction(world, "draft")),
  simulation("transaction.ready", "A transaction can be paid", (world) => transaction(world, "ready")),
  simulation("transaction.updated", "A transaction was changed", (world) => transaction(world, "ready")),
  simulation("transaction.billed", "An invoice was issued", (world) => transaction(world, "billed")),
  simulation("transaction.paid", "A transaction was paid", (world) => transaction(world, "paid")),
  simulation("transaction.completed", "A transaction is paid and processed", (world) =>
    transaction(world, "completed"),
  ),
  simulation("transaction.past_due", "A payment for a subscription is late", (world) => transaction(world, "past_due")),
  simulation("transaction.payment_failed", "A payment failed", (world) => transaction(world, "past_due")),
  simulation("transaction.canceled", "A transaction was cancelled", (world) => transaction(world, "canceled")),
  simulation("subscription.created", "A subscription was created", (world) => subscription(world, "active", true)),
  simulation("subscription.trialing", "A trial began", (world) => subscription(world, "trialing", false)),
  simulation("subscription.activated", "A subscription became active", (world) => subscription(world, "active", false)),
  simulation("subscription.updated", "A subscription was changed", (world) => subscription(world, "active", false)),
  simulation("subscription.past_due", "A subscription's payment failed", (world) =>
    subscription(world, "past_due", false),
  ),
  simulation("subscription.paused", "A subscription was paused", (world) => subscription(world, "paused", false)),
  simulation("subscription.resumed", "A subscription goes on", (world) => subscription(world, "active", false)),
  simulation("subscription.canceled", "A subscription was cancelled", (world) =>
    subscription(world, "canceled", false),
  ),
  simulation("customer.created", "A customer was created", customer),
  simulation("customer.updated", "A customer was changed", customer),
  simulation("address.created", "An address was created", address),
  simulation("business.created", "A business was created", business),
  simulation("product.created", "A product was created", product),
  simulation("product.updated", "A product was changed", product),
  simulation("price.created", "A price was created", price),
  simulation("price.updated", "A price was changed", price),
  simulation("discount.created", "A discount was created", discount),
  simulation("adjustment.created", "A refund was asked for", (world) => adjustment(world, "pending_approval")),
  simulation("adjustment.updated", "A refund was approved", (world) => adjustment(world, "approved")),
  simulation("payment_method.saved", "A way to pay was saved", paymentMethod),
  simulation("payout.paid", "Money was paid out", payout),
];

export const PADDLE: Provider = {
  name: "paddle",
  title: "Paddle Billing",
  docs: "https://developer.paddle.com/webhooks/overview",
  schemes: ["paddle"],
  secret: "the notification destination's secret key (pdl_ntfset_…)",
  signatureHeaders: ["Paddle-Signature"],
  style: "compact",
  patienceMs: 5_000,
  dataPath: ["data"],
  simulations: SIMULATIONS,
};
