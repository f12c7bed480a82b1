import {
  amount,
  count,
  currency,
  email,
  type Fields,
  id,
  instant,
  list,
  oneOf,
  optional,
  packType,
  tagged,
  text,
} from "../pack-fields.ts";
import type { TypeDefinition } from "../type-definition.ts";

const customerId = id("cust_456");

const invoice: Fields = {
  invoice_id: id("inv_123"),
  customer_id: customerId,
  amount: amount(100),
  currency: currency("USD"),
};

const payment: Fields = {
  payment_id: id("pay_789"),
  customer_id: customerId,
  amount: amount(100),
  currency: currency("USD"),
  invoice_id: optional(id("inv_123")),
};

const subscription: Fields = {
  subscription_id: id("subscr_321"),
  customer_id: customerId,
  plan_id: id("plan_fibre_500"),
};

const customer: Fields = {
  customer_id: customerId,
  email: optional(email("billing@northwind.example")),
  name: optional(text("Northwind Ltd")),
};

const changed = optional(list(text("name"), ["name"], "names of the fields that changed"));

/** What the DotMac platform says of invoices, payments, subscriptions and customers. */
export const DOTMAC_BILLING: readonly TypeDefinition[] = [
  ...tagged("billing", [
    packType("invoice.created", "An invoice was made.", {
      ...invoice,
      due_date: optional(instant("2025-10-30T00:00:00Z")),
    }),
    packType("invoice.paid", "An invoice was paid in full.", {
      ...invoice,
      payment_id: optional(id("pay_789")),
      paid_at: instant("2025-10-02T11:08:00Z"),
    }),
    packType("invoice.payment_failed", "A payment of an invoice failed.", {
      ...invoice,
      reason: text("card_declined"),
      attempt: optional(count(1)),
    }),
    packType("invoice.voided", "An invoice was declared void.", {
      ...invoice,
      voided_at: instant("2025-10-01T09:00:00Z"),
      reason: optional(text("issued twice")),
    }),
    packType("payment.succeeded", "A payment went through.", {
      ...payment,
      payment_method: optional(oneOf(["card", "bank_transfer", "direct_debit", "cash"])),
      paid_at: instant("2025-10-02T11:08:00Z"),
    }),
    packType("payment.failed", "A payment did not go through.", {
      ...payment,
      error_code: optional(text("card_declined")),
      error_message: text("The card was declined"),
    }),
    packType("payment.refunded", "A payment was given back, whole or in part.", {
      ...payment,
      refund_id: id("ref_15"),
      refund_amount: amount(25),
      reason: optional(text("service was down")),
    }),
    packType("subscription.created", "A customer took a plan.", {
      ...subscription,
      status: oneOf(["active", "trialing"]),
      started_at: instant("2025-09-30T12:00:00Z"),
    }),
    packType("subscription.updated", "A subscription was changed.", {
      ...subscription,
      previous_plan_id: optional(id("plan_fibre_100")),
      updated_at: instant("2025-10-05T12:00:00Z"),
    }),
    packType("subscription.cancelled", "A subscription was cancelled.", {
      ...subscription,
      cancelled_at: instant("2025-11-01T08:00:00Z"),
      ends_at: optional(instant("2025-11-30T23:59:59Z")),
      reason: optional(text("moved away")),
    }),
    packType("subscription.renewed", "A new period of a subscription began.", {
      ...subscription,
      period_start: instant("2025-10-30T00:00:00Z"),
      period_end: instant("2025-11-30T00:00:00Z"),
    }),
    packType("subscription.trial_ending", "The trial of a subscription ends soon.", {
      ...subscription,
      trial_ends_at: instant("2025-10-14T00:00:00Z"),
      days_left: optional(count(3)),
    }),
  ]),
  ...tagged("customer", [
    packType("customer.created", "A customer was added.", { ...customer, created_at: instant("2025-09-30T12:00:00Z") }),
    packType("customer.updated", "A customer's record was changed.", {
      ...customer,
      changed_fields: changed,
      updated_at: instant("2025-10-03T12:00:00Z"),
    }),
    packType("customer.deleted", "A customer was deleted.", {
      customer_id: customerId,
      deleted_at: instant("2025-12-01T12:00:00Z"),
    }),
  ]),
];
