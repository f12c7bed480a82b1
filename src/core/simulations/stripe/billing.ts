// Subscriptions and their invoices. Lines, tax and total of an invoice add up.

import { DAY, fullName, HOUR } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { address, id, list, plan, price, type World } from "./world.ts";

const MONTH = 30 * DAY;
const QUANTITY = 2;
const TAX_RATE = 0.0725;

export type SubscriptionState = "active" | "trialing" | "past_due" | "canceled" | "paused";

/** The period that is under way: seconds ago of its begin and end. */
function period(state: SubscriptionState): { from: number; to: number } {
  return state === "active" ? { from: 0, to: -MONTH } : { from: MONTH - 3 * DAY, to: -3 * DAY };
}

export function subscription(world: World, state: SubscriptionState): JsonObject {
  const { fresh, customerId, subscriptionId, subscriptionItemId, paymentMethodId, invoiceId } = world;
  const { from, to } = period(state);
  const isTrial = state === "trialing";
  const isOver = state === "canceled";
  return {
    id: subscriptionId,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: fresh.seconds(isTrial ? to : from),
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: "included" }, type: "flexible" },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: isOver ? fresh.seconds() : null,
    cancellation_details: {
      comment: null,
      feedback: isOver ? "too_expensive" : null,
      feedback_option: null,
      reason: isOver ? "cancellation_requested" : null,
    },
    collection_method: "charge_automatically",
    created: fresh.seconds(from),
    currency: "usd",
    customer: customerId,
    customer_account: null,
    days_until_due: null,
    default_payment_method: paymentMethodId,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: isOver ? fresh.seconds() : null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: list(
      [
        {
          id: subscriptionItemId,
          object: "subscription_item",
          billing_thresholds: null,
          created: fresh.seconds(from),
          current_period_end: fresh.seconds(to),
          current_period_start: fresh.seconds(from),
          current_trial: null,
          discounts: [],
          metadata: {},
          plan: plan(world),
          price: price(world),
          quantity: QUANTITY,
          subscription: subscriptionId,
          tax_rates: [],
        },
      ],
      `/v1/subscription_items?subscription=${subscriptionId}`,
    ),
    latest_invoice: invoiceId,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: fresh.seconds(from),
    status: state,
    test_clock: null,
    transfer_data: null,
    trial_end: isTrial || state === "paused" ? fresh.seconds(to) : null,
    trial_settings: {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: state === "paused" ? "pause" : "create_invoice",
      },
    },
    trial_start: isTrial || state === "paused" ? fresh.seconds(from) : null,
  };
}

export type InvoiceState = "draft" | "open" | "paid" | "payment_failed" | "void" | "uncollectible" | "upcoming";

export function invoice(world: World, state: InvoiceState): JsonObject {
  const { fresh, person, customerId, subscriptionId, invoiceId, amount } = world;
  const subtotal = amount * QUANTITY;
  const tax = Math.round(subtotal * TAX_RATE);
  const total = subtotal + tax;
  const isFinal = state !== "draft" && state !== "upcoming";
  const isPaid = state === "paid";
  const isTried = isPaid || state === "payment_failed" || state === "uncollectible";
  const account = `acct_1${fresh.base62(15)}`;
  const hosted = `https://invoice.stripe.com/i/${account}/test_${fresh.base62(90)}`;
  const taxes = [taxOf(world, subtotal, tax)];
  return {
    ...(state === "upcoming" ? { id: `upcoming_${invoiceId}` } : { id: invoiceId }),
    object: "invoice",
    account_country: "US",
    account_name: "Acme Inc.",
    account_tax_ids: null,
    amount_due: total,
    amount_overpaid: 0,
    amount_paid: isPaid ? total : 0,
    amount_remaining: isPaid ? 0 : total,
    amount_shipping: 0,
    application: null,
    attempt_count: isTried ? 1 : 0,
    attempted: isTried,
    auto_advance: state === "draft" || state === "payment_failed",
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: state === "draft" ? fresh.seconds(-HOUR) : null,
    billing_reason: state === "upcoming" ? "upcoming" : "subscription_cycle",
    collection_method: "charge_automatically",
    created: fresh.seconds(isTried ? HOUR : 0),
    currency: "usd",
    custom_fields: null,
    customer: customerId,
    customer_account: null,
    customer_address: address(person),
    customer_email: person.email,
    customer_name: fullName(person),
    customer_phone: person.phone,
    customer_shipping: null,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: isFinal ? fresh.seconds(2) : null,
    ending_balance: isFinal ? 0 : null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: isFinal ? `${hosted}?s=ap` : null,
    invoice_pdf: isFinal ? `${hosted.replace("invoice.stripe.com/i", "pay.stripe.com/invoice")}/pdf?s=ap` : null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: list([line(world, state, subtotal, taxes)], `/v1/invoices/${invoiceId}/lines`),
    livemode: false,
    metadata: {},
    next_payment_attempt: state === "payment_failed" ? fresh.seconds(-3 * DAY) : null,
    number: isFinal ? `${fresh.base36(8)}-0002` : null,
    on_behalf_of: null,
    parent: {
      quote_details: null,
      subscription_details: { metadata: {}, subscription: subscriptionId },
      type: "subscription_details",
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: fresh.seconds(),
    period_start: fresh.seconds(MONTH),
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: state === "payment_failed" ? "open" : state === "upcoming" ? "draft" : state,
    status_transitions: {
      finalized_at: isFinal ? fresh.seconds(2) : null,
      marked_uncollectible_at: state === "uncollectible" ? fresh.seconds() : null,
      paid_at: isPaid ? fresh.seconds() : null,
      voided_at: state === "void" ? fresh.seconds() : null,
    },
    subtotal,
    subtotal_excluding_tax: subtotal,
    test_clock: null,
    total,
    total_discount_amounts: [],
    total_excluding_tax: subtotal,
    total_pretax_credit_amounts: [],
    total_taxes: taxes,
    webhooks_delivered_at: isFinal ? fresh.seconds(HOUR) : null,
  };
}

function taxOf({ fresh }: World, taxable: number, amount: number): JsonObject {
  return {
    amount,
    tax_behavior: "exclusive",
    tax_rate_details: { tax_rate: id(fresh, "txr_1") },
    taxability_reason: "not_available",
    taxable_amount: taxable,
    type: "tax_rate_details",
  };
}

function line(world: World, state: InvoiceState, amount: number, taxes: readonly JsonObject[]): JsonObject {
  const { fresh, invoiceId, subscriptionId, subscriptionItemId, priceId, productId } = world;
  const unit = world.amount;
  return {
    id: id(fresh, "il_1"),
    object: "line_item",
    amount,
    currency: "usd",
    description: `${QUANTITY} × Acme Pro (at $${(unit / 100).toFixed(2)} / month)`,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: state === "upcoming" ? `upcoming_${invoiceId}` : invoiceId,
    livemode: false,
    metadata: {},
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: subscriptionId,
        subscription_item: subscriptionItemId,
      },
      type: "subscription_item_details",
    },
    period: { end: fresh.seconds(-MONTH), start: fresh.seconds() },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: priceId, product: productId },
      type: "price_details",
      unit_amount_decimal: String(unit),
    },
    quantity: QUANTITY,
    quantity_decimal: String(QUANTITY),
    subscription: subscriptionId,
    subtotal: amount,
    taxes,
  };
}

export function invoicePayment({ fresh, invoiceId, paymentIntentId, amount }: World): JsonObject {
  const subtotal = amount * QUANTITY;
  const total = subtotal + Math.round(subtotal * TAX_RATE);
  return {
    id: id(fresh, "inpay_1"),
    object: "invoice_payment",
    amount_paid: total,
    amount_requested: total,
    created: fresh.seconds(10),
    currency: "usd",
    invoice: invoiceId,
    is_default: true,
    livemode: false,
    payment: { payment_intent: paymentIntentId, type: "payment_intent" },
    status: "paid",
    status_transitions: { canceled_at: null, paid_at: fresh.seconds() },
  };
}
