// Transactions, subscriptions and what is given back. All totals add up, at every level.

import { DAY, fullName, MINUTE } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { id, price, product, time, type World } from "./catalogue.ts";

const TAX_RATE = 0.08875;
/** Of Paddle: five per cent and fifty cents. */
const FEE_RATE = 0.05;
const FEE_FIXED = 50;

interface Sums {
  subtotal: number;
  tax: number;
  total: number;
  fee: number;
  earnings: number;
}

function sums(cents: number, quantity: number): Sums {
  const subtotal = cents * quantity;
  const tax = Math.round(subtotal * TAX_RATE);
  const total = subtotal + tax;
  const fee = Math.round(total * FEE_RATE) + FEE_FIXED;
  return { subtotal, tax, total, fee, earnings: subtotal - fee };
}

function lineTotals({ subtotal, tax, total }: Sums): JsonObject {
  return { subtotal: String(subtotal), discount: "0", tax: String(tax), total: String(total) };
}

export type TransactionState = "draft" | "ready" | "billed" | "paid" | "completed" | "past_due" | "canceled";

export function transaction(world: World, status: TransactionState): JsonObject {
  const { fresh, buyer, cents, customerId, addressId, priceId } = world;
  const transactionId = id(fresh, "txn", 5 * MINUTE);
  const quantity = fresh.integer(1, 10);
  const all = sums(cents, quantity);
  const isPaid = status === "paid" || status === "completed";
  const isBilled = isPaid || status === "billed" || status === "past_due";
  const hasEarned = status === "completed";
  const [text, balance] = [lineTotals(all), isPaid ? 0 : all.total];
  const period = { starts_at: time(fresh), ends_at: time(fresh, -30 * DAY) };
  const fee = hasEarned ? { fee: String(all.fee), earnings: String(all.earnings) } : { fee: null, earnings: null };
  const adjusted = {
    subtotal: text["subtotal"],
    tax: text["tax"],
    total: text["total"],
    grand_total: text["total"],
    grand_total_tax: text["tax"],
  };
  return {
    id: transactionId,
    status,
    customer_id: customerId,
    address_id: addressId,
    business_id: null,
    custom_data: null,
    currency_code: "USD",
    origin: status === "past_due" ? "subscription_recurring" : "web",
    subscription_id: hasEarned || status === "past_due" ? id(fresh, "sub", MINUTE) : null,
    invoice_id: isBilled ? id(fresh, "inv", MINUTE) : null,
    invoice_number: isBilled ? `325-${fresh.integer(10_000, 99_999)}` : null,
    collection_mode: status === "billed" ? "manual" : "automatic",
    discount_id: null,
    billing_details:
      status === "billed"
        ? {
            enable_checkout: true,
            purchase_order_number: "PO-1001",
            additional_information: null,
            payment_terms: { interval: "day", frequency: 14 },
          }
        : null,
    billing_period: isBilled ? period : null,
    items: [{ price_id: priceId, price: price(world), quantity, proration: null }],
    details: {
      tax_rates_used: [{ tax_rate: String(TAX_RATE), totals: text }],
      totals: {
        ...text,
        credit: "0",
        credit_to_balance: "0",
        balance: String(balance),
        grand_total: text["total"],
        grand_total_tax: text["tax"],
        ...fee,
        currency_code: "USD",
      },
      adjusted_totals: { ...adjusted, ...fee, retained_fee: "0", currency_code: "USD" },
      payout_totals: hasEarned
        ? {
            ...text,
            credit: "0",
            credit_to_balance: "0",
            balance: "0",
            grand_total: text["total"],
            grand_total_tax: text["tax"],
            fee: String(all.fee),
            earnings: String(all.earnings),
            currency_code: "USD",
            exchange_rate: "1",
            fee_rate: String(FEE_RATE),
          }
        : null,
      adjusted_payout_totals: hasEarned
        ? {
            subtotal: text["subtotal"],
            tax: text["tax"],
            total: text["total"],
            fee: String(all.fee),
            chargeback_fee: { amount: "0", original: null },
            earnings: String(all.earnings),
            currency_code: "USD",
            exchange_rate: "1",
            retained_fee: "0",
          }
        : null,
      line_items: [
        {
          id: id(fresh, "txnitm"),
          price_id: priceId,
          quantity,
          proration: null,
          tax_rate: String(TAX_RATE),
          unit_totals: lineTotals(sums(cents, 1)),
          totals: text,
          product: product(world),
        },
      ],
    },
    payments: isPaid || status === "past_due" ? [payment(world, all.total, isPaid, fullName(buyer))] : [],
    checkout: { url: `https://acme.example/pay?_ptxn=${transactionId}` },
    created_at: time(fresh, 5 * MINUTE),
    updated_at: time(fresh),
    billed_at: isBilled ? time(fresh, 2) : null,
    revised_at: null,
  };
}

function payment({ fresh }: World, cents: number, isCaptured: boolean, cardholder: string): JsonObject {
  return {
    payment_attempt_id: fresh.uuid(),
    stored_payment_method_id: fresh.uuid(),
    payment_method_id: id(fresh, "paymtd"),
    amount: String(cents),
    status: isCaptured ? "captured" : "error",
    error_code: isCaptured ? null : "declined",
    method_details: {
      type: "card",
      card: { type: "visa", last4: "4242", expiry_month: 1, expiry_year: 2030, cardholder_name: cardholder },
      paypal: null,
      south_korea_local_card: null,
      underlying_details: null,
    },
    created_at: time(fresh, 5),
    captured_at: isCaptured ? time(fresh, 2) : null,
  };
}

export type SubscriptionState = "trialing" | "active" | "past_due" | "paused" | "canceled";

export function subscription(world: World, status: SubscriptionState, isNew: boolean): JsonObject {
  const { fresh, customerId, addressId } = world;
  const since = isNew ? 0 : 40 * DAY;
  const [periodStart, periodEnd] = [isNew ? 0 : 10 * DAY, isNew ? -30 * DAY : -20 * DAY];
  const isOver = status === "canceled" || status === "paused";
  const isTrial = status === "trialing";
  const period = isOver ? null : { starts_at: time(fresh, periodStart), ends_at: time(fresh, periodEnd) };
  const next = isOver ? null : time(fresh, periodEnd);
  return {
    id: id(fresh, "sub", since),
    status,
    ...(isNew ? { transaction_id: id(fresh, "txn", MINUTE) } : {}),
    customer_id: customerId,
    address_id: addressId,
    business_id: null,
    currency_code: "USD",
    created_at: time(fresh, since),
    updated_at: time(fresh),
    started_at: time(fresh, since),
    first_billed_at: isTrial ? null : time(fresh, since),
    next_billed_at: next,
    paused_at: status === "paused" ? time(fresh) : null,
    canceled_at: status === "canceled" ? time(fresh) : null,
    discount: null,
    collection_mode: "automatic",
    billing_details: null,
    current_billing_period: period,
    billing_cycle: { interval: "month", frequency: 1 },
    scheduled_change: null,
    items: [
      {
        status: isTrial ? "trialing" : isOver ? "inactive" : "active",
        quantity: 10,
        recurring: true,
        created_at: time(fresh, since),
        updated_at: time(fresh),
        previously_billed_at: isTrial ? null : time(fresh, periodStart),
        next_billed_at: next,
        trial_dates: isTrial ? period : null,
        price: price(world),
        product: product(world),
      },
    ],
    custom_data: null,
    import_meta: null,
  };
}

export function adjustment(world: World, status: "pending_approval" | "approved"): JsonObject {
  const { fresh, cents, customerId } = world;
  const { subtotal, tax, total } = sums(cents, 1);
  const fee = 0;
  const totals = {
    subtotal: String(subtotal),
    tax: String(tax),
    total: String(total),
    fee: String(fee),
    earnings: String(subtotal - fee),
    currency_code: "USD",
  };
  return {
    id: id(fresh, "adj", MINUTE),
    action: "refund",
    type: "full",
    transaction_id: id(fresh, "txn", 3 * DAY),
    subscription_id: id(fresh, "sub", 3 * DAY),
    customer_id: customerId,
    reason: "It did not fit",
    credit_applied_to_balance: false,
    currency_code: "USD",
    status,
    items: [
      {
        id: id(fresh, "adjitm", MINUTE),
        item_id: id(fresh, "txnitm", 3 * DAY),
        type: "full",
        amount: String(total),
        proration: null,
        totals: { subtotal: totals.subtotal, tax: totals.tax, total: totals.total },
      },
    ],
    totals: { ...totals, retained_fee: "0" },
    payout_totals: { ...totals, chargeback_fee: { amount: "0", original: null }, retained_fee: "0" },
    tax_rates_used: [
      {
        tax_rate: String(TAX_RATE),
        totals: { subtotal: totals.subtotal, tax: totals.tax, total: totals.total },
      },
    ],
    created_at: time(fresh, status === "approved" ? MINUTE : 0),
    updated_at: time(fresh),
  };
}
