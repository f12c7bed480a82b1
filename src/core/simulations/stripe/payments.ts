// Payments: intents, charges, refunds, disputes, payouts.

import { DAY, fullName } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { billingDetails, cardOfCharge, id, paymentMethod, type World } from "./world.ts";

export type PaymentState =
  | "created"
  | "succeeded"
  | "failed"
  | "processing"
  | "canceled"
  | "requires_action"
  | "capturable";

const STATUS = {
  created: "requires_payment_method",
  succeeded: "succeeded",
  failed: "requires_payment_method",
  processing: "processing",
  canceled: "canceled",
  requires_action: "requires_action",
  capturable: "requires_capture",
} as const;

const DECLINED = "Your card was declined.";

export function paymentIntent(world: World, state: PaymentState): JsonObject {
  const { fresh, paymentIntentId, customerId, paymentMethodId, chargeId, amount } = world;
  const isPaid = state === "succeeded";
  const hasMethod = !["created", "failed", "canceled"].includes(state);
  const hasCharge = isPaid || state === "failed" || state === "capturable";
  return {
    id: paymentIntentId,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount,
    amount_capturable: state === "capturable" ? amount : 0,
    amount_details: { tip: {} },
    amount_received: isPaid ? amount : 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    canceled_at: state === "canceled" ? fresh.seconds() : null,
    cancellation_reason: state === "canceled" ? "requested_by_customer" : null,
    capture_method: state === "capturable" ? "manual" : "automatic_async",
    client_secret: `${paymentIntentId}_secret_${fresh.base62(25)}`,
    confirmation_method: "automatic",
    created: fresh.seconds(state === "created" ? 0 : 15),
    currency: "usd",
    customer: customerId,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error:
      state === "failed"
        ? {
            advice_code: "try_again_later",
            charge: chargeId,
            code: "card_declined",
            decline_code: "generic_decline",
            doc_url: "https://docs.stripe.com/error-codes/card-declined",
            message: DECLINED,
            payment_method: paymentMethod(world, false),
            type: "card_error",
          }
        : null,
    latest_charge: hasCharge ? chargeId : null,
    livemode: false,
    managed_payments: null,
    metadata: { order_id: "ord_1001" },
    next_action:
      state === "requires_action"
        ? {
            redirect_to_url: {
              return_url: "https://acme.example/orders/1001",
              url: `https://hooks.stripe.com/3d_secure_2/hosted?merchant=acct_1${fresh.base62(15)}&payment_intent=${paymentIntentId}`,
            },
            type: "redirect_to_url",
          }
        : null,
    on_behalf_of: null,
    payment_method: hasMethod ? paymentMethodId : null,
    payment_method_configuration_details: { id: id(fresh, "pmc_1"), parent: null },
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: ["card"],
    payment_record: null,
    processing: state === "processing" ? { card: {}, type: "card" } : null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: STATUS[state],
    transfer_data: null,
    transfer_group: null,
  };
}

export type ChargeState = "succeeded" | "captured" | "failed" | "refunded" | "disputed";

export function charge(world: World, state: ChargeState): JsonObject {
  const { fresh, chargeId, customerId, paymentIntentId, paymentMethodId, amount } = world;
  const isPaid = state !== "failed";
  const refunded = state === "refunded" ? amount : 0;
  const receipt = `https://pay.stripe.com/receipts/payment/${fresh.base62(120)}`;
  return {
    id: chargeId,
    object: "charge",
    amount,
    amount_captured: isPaid ? amount : 0,
    amount_refunded: refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: isPaid ? id(fresh, "txn_3") : null,
    billing_details: billingDetails(world),
    calculated_statement_descriptor: "ACME.EXAMPLE",
    captured: isPaid,
    created: fresh.seconds(state === "refunded" || state === "disputed" ? 3 * DAY : 1),
    currency: "usd",
    customer: customerId,
    description: null,
    disputed: state === "disputed",
    failure_balance_transaction: null,
    failure_code: isPaid ? null : "card_declined",
    failure_message: isPaid ? null : DECLINED,
    fraud_details: {},
    livemode: false,
    metadata: { order_id: "ord_1001" },
    on_behalf_of: null,
    outcome: {
      advice_code: isPaid ? null : "try_again_later",
      network_advice_code: null,
      network_decline_code: isPaid ? null : "01",
      network_status: isPaid ? "approved_by_network" : "declined_by_network",
      reason: isPaid ? null : "generic_decline",
      risk_level: "normal",
      risk_score: fresh.integer(1, 60),
      seller_message: isPaid ? "Payment complete." : "The bank did not return any further details with this decline.",
      type: isPaid ? "authorized" : "issuer_declined",
    },
    paid: isPaid,
    payment_intent: paymentIntentId,
    payment_method: paymentMethodId,
    payment_method_details: cardOfCharge(world, isPaid),
    radar_options: {},
    receipt_email: null,
    receipt_number: null,
    receipt_url: isPaid ? receipt : null,
    refunded: state === "refunded",
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: isPaid ? "succeeded" : "failed",
    transfer_data: null,
    transfer_group: null,
  };
}

export function refund(world: World, status: "pending" | "succeeded" | "failed"): JsonObject {
  const { fresh, chargeId, paymentIntentId, customerId, paymentMethodId, amount } = world;
  return {
    id: id(fresh, "re_3"),
    object: "refund",
    amount,
    balance_transaction: id(fresh, "txn_3"),
    charge: chargeId,
    created: fresh.seconds(status === "pending" ? 0 : 60),
    currency: "usd",
    customer: customerId,
    customer_account: null,
    destination_details: {
      card: { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" },
      type: "card",
    },
    ...(status === "failed"
      ? { failure_balance_transaction: id(fresh, "txn_3"), failure_reason: "expired_or_canceled_card" }
      : {}),
    metadata: {},
    payment_intent: paymentIntentId,
    payment_method: paymentMethodId,
    reason: "requested_by_customer",
    receipt_number: null,
    source_transfer_reversal: null,
    status,
    transfer_reversal: null,
  };
}

export function dispute(world: World, status: "needs_response" | "won" | "lost"): JsonObject {
  const { fresh, chargeId, paymentIntentId, person, amount } = world;
  return {
    id: id(fresh, "du_1"),
    object: "dispute",
    amount,
    balance_transactions: [],
    charge: chargeId,
    created: fresh.seconds(status === "needs_response" ? 0 : 40 * DAY),
    currency: "usd",
    enhanced_eligibility_types: [],
    evidence: {
      access_activity_log: null,
      billing_address: null,
      cancellation_policy: null,
      cancellation_policy_disclosure: null,
      cancellation_rebuttal: null,
      customer_communication: null,
      customer_email_address: person.email,
      customer_name: fullName(person),
      customer_purchase_ip: "203.0.113.24",
      customer_signature: null,
      duplicate_charge_documentation: null,
      duplicate_charge_explanation: null,
      duplicate_charge_id: null,
      enhanced_evidence: {},
      product_description: null,
      receipt: null,
      refund_policy: null,
      refund_policy_disclosure: null,
      refund_refusal_explanation: null,
      service_date: null,
      service_documentation: null,
      shipping_address: null,
      shipping_carrier: null,
      shipping_date: null,
      shipping_documentation: null,
      shipping_tracking_number: null,
      uncategorized_file: null,
      uncategorized_text: null,
    },
    evidence_details: {
      due_by: fresh.seconds(-9 * DAY),
      enhanced_eligibility: {},
      has_evidence: status !== "needs_response",
      past_due: false,
      submission_count: status === "needs_response" ? 0 : 1,
      submission_method: status === "needs_response" ? "not_submitted" : "manual",
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    network_reason_code: "10.4",
    payment_intent: paymentIntentId,
    payment_method_details: {
      card: { brand: "visa", case_type: "chargeback", network: "visa", network_reason_code: "10.4" },
      type: "card",
    },
    reason: "fraudulent",
    status,
  };
}

export function setupIntent({ fresh, customerId, paymentMethodId }: World, isDone: boolean): JsonObject {
  const intent = id(fresh, "seti_1");
  return {
    id: intent,
    object: "setup_intent",
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    cancellation_reason: null,
    client_secret: `${intent}_secret_${fresh.base62(31)}`,
    created: fresh.seconds(isDone ? 30 : 0),
    customer: customerId,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: isDone ? id(fresh, "setatt_1") : null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: isDone ? paymentMethodId : null,
    payment_method_configuration_details: { id: id(fresh, "pmc_1"), parent: null },
    payment_method_options: { card: { mandate_options: null, network: null, request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    single_use_mandate: null,
    status: isDone ? "succeeded" : "requires_payment_method",
    usage: "off_session",
  };
}

export function payout({ fresh, amount }: World, status: "pending" | "paid" | "failed"): JsonObject {
  const isFailed = status === "failed";
  return {
    id: id(fresh, "po_1"),
    object: "payout",
    amount: amount * 40,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: fresh.seconds(status === "pending" ? -2 * DAY : 0),
    automatic: true,
    balance_transaction: id(fresh, "txn_1"),
    created: fresh.seconds(status === "pending" ? 0 : 2 * DAY),
    currency: "usd",
    description: "STRIPE PAYOUT",
    destination: id(fresh, "ba_1"),
    failure_balance_transaction: isFailed ? id(fresh, "txn_1") : null,
    failure_code: isFailed ? "account_closed" : null,
    failure_message: isFailed ? "The bank account has been closed." : null,
    livemode: false,
    metadata: {},
    method: "standard",
    original_payout: null,
    payout_method: null,
    reconciliation_status: status === "paid" ? "completed" : "in_progress",
    reversed_by: null,
    source_type: "card",
    statement_descriptor: null,
    status,
    trace_id: {
      status: status === "paid" ? "supported" : "pending",
      value: status === "paid" ? fresh.digits(15) : null,
    },
    type: "bank_account",
  };
}
