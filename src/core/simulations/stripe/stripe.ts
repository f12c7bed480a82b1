import { DAY, type Fresh } from "../fresh.ts";
import type { JsonObject, Provider, Simulation } from "../provider.ts";
import { type InvoiceState, invoice, invoicePayment, type SubscriptionState, subscription } from "./billing.ts";
import { account, coupon, type SessionState, session } from "./checkout.ts";
import {
  type ChargeState,
  charge,
  dispute,
  type PaymentState,
  paymentIntent,
  payout,
  refund,
  setupIntent,
} from "./payments.ts";
import { customer, id, makeWorld, paymentMethod, price, product, type World } from "./world.ts";

/** The version that the shapes are of. */
const API_VERSION = "2026-10-28.endive";

type Subject = (world: World) => JsonObject;

/** `before`: what changed, as it was. */
function simulation(name: string, title: string, object: Subject, before?: Subject): Simulation {
  const type = name.replace(/^(checkout\.session\.completed)\..*/, "$1");
  const make = (fresh: Fresh) => {
    const world = makeWorld(fresh);
    const event = id(fresh, "evt_1");
    const made = object(world);
    return {
      id: event,
      headers: {
        Accept: "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      },
      body: {
        id: event,
        object: "event",
        api_version: API_VERSION,
        // Of a connected account, the event says whose it is.
        ...(type.startsWith("account.") ? { account: made["id"] } : {}),
        created: fresh.seconds(),
        data: { object: made, ...(before === undefined ? {} : { previous_attributes: before(world) }) },
        livemode: false,
        pending_webhooks: 1,
        request: { id: `req_${fresh.base62(14)}`, idempotency_key: fresh.uuid() },
        type,
      },
    };
  };
  return { type: name, title, make };
}

const ofSubscription =
  (state: SubscriptionState): Subject =>
  (world) =>
    subscription(world, state);
const ofInvoice =
  (state: InvoiceState): Subject =>
  (world) =>
    invoice(world, state);
const ofIntent =
  (state: PaymentState): Subject =>
  (world) =>
    paymentIntent(world, state);
const ofCharge =
  (state: ChargeState): Subject =>
  (world) =>
    charge(world, state);
const ofSession =
  (state: SessionState): Subject =>
  (world) =>
    session(world, state);

const SIMULATIONS: readonly Simulation[] = [
  simulation("customer.created", "A customer was created", (world) => customer(world, 0)),
  simulation(
    "customer.updated",
    "A customer was changed",
    (world) => customer(world, DAY),
    () => ({ phone: null }),
  ),
  simulation("customer.deleted", "A customer was deleted", (world) => customer(world, 40 * DAY)),
  simulation("customer.subscription.created", "A subscription was created", ofSubscription("active")),
  simulation(
    "customer.subscription.updated",
    "A subscription became active after a trial",
    ofSubscription("active"),
    ({ fresh }) => ({ latest_invoice: id(fresh, "in_1"), status: "trialing" }),
  ),
  simulation("customer.subscription.deleted", "A subscription ended", ofSubscription("canceled")),
  simulation("customer.subscription.paused", "A trial ended without a way to pay", ofSubscription("paused")),
  simulation("customer.subscription.resumed", "A paused subscription goes on", ofSubscription("active")),
  simulation("customer.subscription.trial_will_end", "A trial ends in three days", ofSubscription("trialing")),
  simulation("invoice.created", "An invoice was drafted", ofInvoice("draft")),
  simulation("invoice.finalized", "An invoice was finalised", ofInvoice("open")),
  simulation("invoice.paid", "An invoice was paid", ofInvoice("paid")),
  simulation("invoice.payment_succeeded", "A payment of an invoice succeeded", ofInvoice("paid")),
  simulation("invoice.payment_failed", "A payment of an invoice failed", ofInvoice("payment_failed")),
  simulation("invoice.payment_action_required", "A customer must confirm a payment", ofInvoice("payment_failed")),
  simulation("invoice.upcoming", "An invoice will be made in a few days", ofInvoice("upcoming")),
  simulation("invoice.updated", "An invoice was changed", ofInvoice("paid"), () => ({
    status: "open",
    attempted: false,
    attempt_count: 0,
  })),
  simulation("invoice.voided", "An invoice was voided", ofInvoice("void")),
  simulation("invoice.marked_uncollectible", "An invoice was given up", ofInvoice("uncollectible")),
  simulation("invoice_payment.paid", "A payment was put on an invoice", invoicePayment),
  simulation("payment_intent.created", "A payment was begun", ofIntent("created")),
  simulation("payment_intent.succeeded", "A payment succeeded", ofIntent("succeeded")),
  simulation("payment_intent.payment_failed", "A payment failed", ofIntent("failed")),
  simulation("payment_intent.processing", "A payment is under way", ofIntent("processing")),
  simulation("payment_intent.requires_action", "A customer must confirm a payment", ofIntent("requires_action")),
  simulation("payment_intent.canceled", "A payment was cancelled", ofIntent("canceled")),
  simulation("payment_intent.amount_capturable_updated", "A payment can be captured", ofIntent("capturable")),
  simulation("charge.succeeded", "A charge succeeded", ofCharge("succeeded")),
  simulation("charge.captured", "A charge was captured", ofCharge("captured")),
  simulation("charge.failed", "A charge failed", ofCharge("failed")),
  simulation("charge.refunded", "A charge was refunded", ofCharge("refunded"), () => ({
    amount_refunded: 0,
    receipt_url: null,
    refunded: false,
  })),
  simulation("charge.updated", "A charge was changed", ofCharge("disputed"), () => ({ disputed: false })),
  simulation("charge.dispute.created", "A customer disputes a charge", (world) => dispute(world, "needs_response")),
  simulation("charge.dispute.closed", "A dispute was won", (world) => dispute(world, "won")),
  simulation("refund.created", "A refund was created", (world) => refund(world, "pending")),
  simulation(
    "refund.updated",
    "A refund succeeded",
    (world) => refund(world, "succeeded"),
    () => ({ status: "pending" }),
  ),
  simulation("refund.failed", "A refund failed", (world) => refund(world, "failed")),
  simulation("checkout.session.completed", "A checkout was completed", ofSession("completed")),
  simulation("checkout.session.completed.subscription", "A checkout began a subscription", ofSession("subscribed")),
  simulation("checkout.session.expired", "A checkout was never completed", ofSession("expired")),
  simulation(
    "checkout.session.async_payment_succeeded",
    "A delayed payment of a checkout succeeded",
    ofSession("async_succeeded"),
  ),
  simulation(
    "checkout.session.async_payment_failed",
    "A delayed payment of a checkout failed",
    ofSession("async_failed"),
  ),
  simulation("payment_method.attached", "A way to pay was saved", (world) => paymentMethod(world, true)),
  simulation(
    "payment_method.detached",
    "A way to pay was removed",
    (world) => paymentMethod(world, false),
    ({ customerId }) => ({
      customer: customerId,
    }),
  ),
  simulation("setup_intent.created", "Saving a way to pay was begun", (world) => setupIntent(world, false)),
  simulation("setup_intent.succeeded", "A way to pay was saved for later", (world) => setupIntent(world, true)),
  simulation("product.created", "A product was created", product),
  simulation("product.updated", "A product was changed", product, () => ({ name: "Acme Plus" })),
  simulation("price.created", "A price was created", price),
  simulation("price.updated", "A price was changed", price, () => ({ lookup_key: "pro_monthly" })),
  simulation("coupon.created", "A coupon was created", coupon),
  simulation("payout.created", "Money is on its way to the bank", (world) => payout(world, "pending")),
  simulation("payout.paid", "Money has reached the bank", (world) => payout(world, "paid")),
  simulation("payout.failed", "Money did not reach the bank", (world) => payout(world, "failed")),
  simulation("account.updated", "A connected account was changed", account, () => ({ charges_enabled: false })),
];

export const STRIPE: Provider = {
  name: "stripe",
  title: "Stripe",
  docs: "https://docs.stripe.com/api/events/types",
  schemes: ["stripe"],
  secret: "the endpoint's signing secret (whsec_…)",
  signatureHeaders: ["Stripe-Signature"],
  style: "pretty",
  dataPath: ["data", "object"],
  notes: [
    `Events are of the API version ${API_VERSION}.`,
    "Bodies are written as Stripe writes them, over several lines: a body that is parsed and printed again does not verify.",
  ],
  simulations: SIMULATIONS,
};
