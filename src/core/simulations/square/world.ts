// The seller, the goods and the buyer that Square's events speak of.

import { DAY, type Fresh, HOUR } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";

export interface World {
  fresh: Fresh;
  merchant: string;
  location: string;
  customer: string;
  order: string;
}

export function makeWorld(fresh: Fresh): World {
  return {
    fresh,
    merchant: `ML${fresh.base36(11)}`,
    location: `L${fresh.base36(12)}`,
    customer: fresh.base36(26),
    order: fresh.base62(28),
  };
}

export function money(amount: number): JsonObject {
  return { amount, currency: "USD" };
}

export function customer({ fresh, customer }: World): JsonObject {
  const { first, last, email, phone, address } = fresh.person();
  return {
    id: customer,
    created_at: fresh.millis(90 * DAY),
    updated_at: fresh.millis(),
    given_name: first,
    family_name: last,
    email_address: email,
    address: {
      address_line_1: address.line1,
      locality: address.city,
      administrative_district_level_1: address.regionCode,
      postal_code: address.postal,
      country: address.country,
    },
    phone_number: phone,
    reference_id: "customer-1001",
    note: "Prefers mail",
    preferences: { email_unsubscribed: false },
    creation_source: "THIRD_PARTY",
    segment_ids: [],
    version: 1,
  };
}

export type PaymentState = "APPROVED" | "COMPLETED";

const CENTS = [1250, 4400, 9900] as const;

export function payment(world: World, status: PaymentState): JsonObject {
  const { fresh, location, customer, order } = world;
  const isDone = status === "COMPLETED";
  const id = `${fresh.base62(25)}YaY`;
  const cents = fresh.pick(CENTS);
  const fee = Math.round(cents * 0.029) + 30;
  const captured = fresh.millis();
  return {
    id,
    created_at: fresh.millis(isDone ? 20 : 0),
    updated_at: captured,
    amount_money: money(cents),
    app_fee_money: money(0),
    status,
    delay_duration: "PT168H",
    source_type: "CARD",
    card_details: {
      status: isDone ? "CAPTURED" : "AUTHORIZED",
      card: {
        card_brand: "VISA",
        last_4: "1111",
        exp_month: 11,
        exp_year: 2030,
        fingerprint: `sq-1-${fresh.base62(59)}`,
        card_type: "DEBIT",
        prepaid_type: "NOT_PREPAID",
        bin: "411111",
      },
      entry_method: "KEYED",
      cvv_status: "CVV_ACCEPTED",
      avs_status: "AVS_ACCEPTED",
      auth_result_code: fresh.base62(6),
      statement_description: "SQ *ACME",
      card_payment_timeline: {
        authorized_at: fresh.millis(20),
        ...(isDone ? { captured_at: captured } : {}),
      },
    },
    location_id: location,
    order_id: order,
    risk_evaluation: { created_at: fresh.millis(20), risk_level: "NORMAL" },
    ...(isDone
      ? {
          processing_fee: [{ effective_at: fresh.millis(-2 * HOUR), type: "INITIAL", amount_money: money(fee) }],
          receipt_number: id.slice(0, 4),
          receipt_url: `https://squareup.com/receipt/preview/${id}`,
        }
      : {}),
    customer_id: customer,
    total_money: money(cents),
    approved_money: money(cents),
    capabilities: ["EDIT_TIP_AMOUNT", "EDIT_TIP_AMOUNT_UP", "EDIT_TIP_AMOUNT_DOWN"],
    buyer_email_address: "buyer@example.com",
    delay_action: "CANCEL",
    delayed_until: fresh.millis(-7 * DAY),
    application_details: { square_product: "ECOMMERCE_API", application_id: `sq0idp-${fresh.base62(22)}` },
    version_token: fresh.base62(34),
  };
}

export function refund(world: World, status: "PENDING" | "COMPLETED"): JsonObject {
  const { fresh, location, order } = world;
  const paymentId = `${fresh.base62(25)}YaY`;
  const isDone = status === "COMPLETED";
  return {
    id: `${paymentId}_${fresh.base62(44)}`,
    created_at: fresh.millis(isDone ? HOUR : 0),
    updated_at: fresh.millis(),
    amount_money: money(fresh.pick(CENTS)),
    status,
    ...(isDone
      ? { processing_fee: [{ effective_at: fresh.millis(), type: "INITIAL", amount_money: money(-66) }] }
      : {}),
    location_id: location,
    order_id: order,
    payment_id: paymentId,
    destination_type: "CARD",
    reason: "It arrived broken",
  };
}

export type InvoiceState = "DRAFT" | "UNPAID" | "PAID" | "CANCELED";

export function invoice(world: World, status: InvoiceState): JsonObject {
  const { fresh, location, customer: customerId, order } = world;
  const id = `inv:0-${fresh.base62(24)}`;
  const cents = fresh.pick(CENTS);
  const isPublic = status !== "DRAFT";
  const { given_name, family_name, email_address } = customer(world);
  return {
    id,
    version: { DRAFT: 0, UNPAID: 1, PAID: 2, CANCELED: 2 }[status],
    location_id: location,
    order_id: order,
    payment_requests: [
      {
        uid: fresh.uuid(),
        request_type: "BALANCE",
        due_date: fresh.date(-14 * DAY),
        tipping_enabled: false,
        computed_amount_money: money(cents),
        total_completed_amount_money: money(status === "PAID" ? cents : 0),
        automatic_payment_source: "NONE",
      },
    ],
    invoice_number: `00${fresh.integer(1000, 9999)}`,
    title: "Order 1001",
    ...(isPublic ? { public_url: `https://squareup.com/pay-invoice/invtmp:${fresh.uuid()}` } : {}),
    ...(status === "UNPAID" ? { next_payment_amount_money: money(cents) } : {}),
    status,
    timezone: "America/New_York",
    created_at: fresh.millis(HOUR),
    updated_at: fresh.millis(),
    primary_recipient: { customer_id: customerId, given_name, family_name, email_address },
    accepted_payment_methods: {
      card: true,
      square_gift_card: false,
      bank_account: false,
      buy_now_pay_later: false,
      cash_app_pay: false,
    },
    delivery_method: "EMAIL",
    store_payment_method_enabled: false,
  };
}

export function subscription(world: World, status: "ACTIVE" | "CANCELED"): JsonObject {
  const { fresh, location, customer } = world;
  return {
    id: fresh.uuid(),
    location_id: location,
    plan_variation_id: fresh.base36(24),
    customer_id: customer,
    start_date: fresh.date(status === "ACTIVE" ? 0 : 60 * DAY),
    ...(status === "CANCELED" ? { canceled_date: fresh.date() } : {}),
    charged_through_date: fresh.date(-30 * DAY),
    status,
    version: fresh.now,
    created_at: fresh.time(status === "ACTIVE" ? 0 : 60 * DAY),
    timezone: "America/New_York",
    source: { name: "Acme" },
  };
}

export function dispute(world: World): JsonObject {
  const { fresh, location } = world;
  const id = fresh.base62(32);
  return {
    id,
    dispute_id: id,
    amount_money: money(fresh.pick(CENTS)),
    reason: "NO_KNOWLEDGE",
    state: "EVIDENCE_REQUIRED",
    due_at: fresh.millis(-14 * DAY),
    disputed_payment: { payment_id: fresh.base62(22) },
    card_brand: "VISA",
    created_at: fresh.millis(),
    updated_at: fresh.millis(),
    brand_dispute_id: fresh.digits(21),
    reported_at: fresh.millis(DAY),
    version: 1,
    location_id: location,
  };
}

export function booking(world: World): JsonObject {
  const { fresh, location, customer } = world;
  return {
    id: fresh.base62(14).toLowerCase(),
    version: 0,
    status: "PENDING",
    created_at: fresh.time(),
    updated_at: fresh.time(),
    start_at: fresh.time(-3 * DAY),
    location_id: location,
    customer_id: customer,
    customer_note: "",
    seller_note: "",
    appointment_segments: [
      {
        duration_minutes: 60,
        service_variation_id: fresh.base36(24),
        team_member_id: `TM${fresh.base62(14)}`,
        service_variation_version: fresh.now - DAY * 1000,
        any_team_member: false,
        intermission_minutes: 0,
      },
    ],
    transition_time_minutes: 0,
    all_day: false,
    location_type: "BUSINESS_LOCATION",
    source: "FIRST_PARTY_MERCHANT",
  };
}
