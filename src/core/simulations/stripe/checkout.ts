// Checkout sessions, and what is set up once: coupons, accounts.

import { DAY, fullName, HOUR, MINUTE } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { address, id, type World } from "./world.ts";

export type SessionState = "completed" | "subscribed" | "expired" | "async_succeeded" | "async_failed";

export function session(world: World, state: SessionState): JsonObject {
  const { fresh, person, customerId, paymentIntentId, subscriptionId, invoiceId, amount } = world;
  const sessionId = `cs_test_a1${fresh.base62(56)}`;
  const isOver = state === "expired";
  const subscribes = state === "subscribed";
  const isPaid = state === "completed" || subscribes || state === "async_succeeded";
  return {
    id: sessionId,
    object: "checkout.session",
    adaptive_pricing: { enabled: true },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: amount,
    amount_total: amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    branding_settings: {
      background_color: "#ffffff",
      border_style: "rounded",
      button_color: "#0074d4",
      display_name: "Acme Inc.",
      font_family: "default",
      icon: null,
      logo: null,
    },
    cancel_url: "https://acme.example/cart",
    client_reference_id: "ord_1001",
    client_secret: null,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    consent: null,
    consent_collection: null,
    created: fresh.seconds(isOver ? DAY : 5 * MINUTE),
    currency: "usd",
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: isOver ? null : customerId,
    customer_account: null,
    customer_creation: subscribes ? "always" : "if_required",
    customer_details: isOver
      ? null
      : {
          address: address(person),
          business_name: null,
          email: person.email,
          individual_name: null,
          name: fullName(person),
          phone: null,
          tax_exempt: "none",
          tax_ids: [],
        },
    customer_email: null,
    discounts: [],
    expires_at: fresh.seconds(isOver ? 0 : -24 * HOUR + 5 * MINUTE),
    integration_identifier: null,
    invoice: subscribes ? invoiceId : null,
    invoice_creation: subscribes
      ? null
      : {
          enabled: false,
          invoice_data: {
            account_tax_ids: null,
            custom_fields: null,
            description: null,
            footer: null,
            issuer: null,
            metadata: {},
            rendering_options: null,
          },
        },
    livemode: false,
    locale: "auto",
    managed_payments: { enabled: false },
    metadata: { order_id: "ord_1001" },
    mode: subscribes ? "subscription" : "payment",
    origin_context: null,
    payment_intent: subscribes || isOver ? null : paymentIntentId,
    payment_link: null,
    payment_method_collection: subscribes ? "always" : "if_required",
    payment_method_configuration_details: { id: id(fresh, "pmc_1"), parent: null },
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    payment_status: isPaid ? "paid" : "unpaid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: subscribes
      ? { allow_redisplay_filters: ["always"], payment_method_remove: "disabled", payment_method_save: null }
      : null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: isOver ? "expired" : "complete",
    submit_type: null,
    subscription: subscribes ? subscriptionId : null,
    success_url: "https://acme.example/thanks?session={CHECKOUT_SESSION_ID}",
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: null,
    wallet_options: null,
  };
}

export function coupon({ fresh }: World): JsonObject {
  return {
    id: fresh.base62(8),
    object: "coupon",
    amount_off: null,
    created: fresh.seconds(),
    currency: null,
    duration: "repeating",
    duration_in_months: 3,
    livemode: false,
    max_redemptions: null,
    metadata: {},
    name: "Summer sale",
    percent_off: 25.5,
    redeem_by: null,
    times_redeemed: 0,
    valid: true,
  };
}

const NOTHING_DUE: JsonObject = {
  alternatives: [],
  current_deadline: null,
  currently_due: [],
  disabled_reason: null,
  errors: [],
  eventually_due: [],
  past_due: [],
  pending_verification: [],
};

export function account({ fresh, person }: World): JsonObject {
  const accountId = `acct_1${fresh.base62(15)}`;
  return {
    id: accountId,
    object: "account",
    business_profile: {
      annual_revenue: null,
      estimated_worker_count: null,
      mcc: "5691",
      minority_owned_business_designation: null,
      name: "Acme Outdoor",
      product_description: null,
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: "service@example.com",
      support_phone: person.phone,
      support_url: null,
      url: "https://acme.example",
    },
    business_type: "company",
    capabilities: { card_payments: "active", transfers: "active" },
    charges_enabled: true,
    controller: {
      fees: { payer: "application" },
      is_controller: true,
      losses: { payments: "application" },
      requirement_collection: "stripe",
      stripe_dashboard: { type: "express" },
      type: "application",
    },
    country: "US",
    created: fresh.seconds(DAY),
    default_currency: "usd",
    details_submitted: true,
    email: person.email,
    external_accounts: {
      object: "list",
      data: [],
      has_more: false,
      total_count: 0,
      url: `/v1/accounts/${accountId}/external_accounts`,
    },
    future_requirements: NOTHING_DUE,
    metadata: {},
    payouts_enabled: true,
    requirements: NOTHING_DUE,
    settings: {
      bacs_debit_payments: { display_name: null, service_user_number: null },
      branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
      card_issuing: { tos_acceptance: { date: null, ip: null } },
      card_payments: {
        decline_on: { avs_failure: false, cvc_failure: true },
        statement_descriptor_prefix: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      dashboard: { display_name: "Acme Outdoor", timezone: "America/New_York" },
      invoices: { default_account_tax_ids: null, hosted_payment_method_save: "offer" },
      payments: {
        statement_descriptor: "ACME.EXAMPLE",
        statement_descriptor_kana: null,
        statement_descriptor_kanji: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      payouts: {
        debit_negative_balances: true,
        schedule: { delay_days: 2, interval: "daily" },
        statement_descriptor: null,
      },
      sepa_debit_payments: {},
    },
    tos_acceptance: { date: fresh.seconds(DAY), ip: null, user_agent: null },
    type: "express",
  };
}
