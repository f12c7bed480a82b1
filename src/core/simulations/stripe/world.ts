// Who buys what, and how it is paid: the things that Stripe's other objects refer to. Fields in Stripe's order.

import { DAY, type Fresh, fullName, type Person } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";

/** Ids that the objects of one event share. Amounts in cents. */
export interface World {
  fresh: Fresh;
  person: Person;
  customerId: string;
  productId: string;
  priceId: string;
  paymentMethodId: string;
  paymentIntentId: string;
  chargeId: string;
  subscriptionId: string;
  subscriptionItemId: string;
  invoiceId: string;
  amount: number;
  fingerprint: string;
}

export function makeWorld(fresh: Fresh): World {
  return {
    fresh,
    person: fresh.person(),
    customerId: `cus_${fresh.base62(14)}`,
    productId: `prod_${fresh.base62(14)}`,
    priceId: id(fresh, "price_1"),
    paymentMethodId: id(fresh, "pm_1"),
    paymentIntentId: id(fresh, "pi_3"),
    chargeId: id(fresh, "ch_3"),
    subscriptionId: id(fresh, "sub_1"),
    subscriptionItemId: `si_${fresh.base62(14)}`,
    invoiceId: id(fresh, "in_1"),
    amount: fresh.pick([1500, 2000, 4900, 9900]),
    fingerprint: fresh.base62(16),
  };
}

export function id(fresh: Fresh, prefix: string): string {
  return prefix + fresh.base62(23);
}

export function address({ address }: Person): JsonObject {
  return {
    city: address.city,
    country: address.country,
    line1: address.line1,
    line2: null,
    postal_code: address.postal,
    state: address.regionCode,
  };
}

export function list(data: readonly JsonObject[], url: string): JsonObject {
  return { object: "list", data, has_more: false, total_count: data.length, url };
}

export function customer({ fresh, person, customerId }: World, createdAgo: number): JsonObject {
  return {
    id: customerId,
    object: "customer",
    address: address(person),
    balance: 0,
    created: fresh.seconds(createdAgo),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: person.email,
    invoice_prefix: fresh.base36(8),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: fullName(person),
    next_invoice_sequence: 1,
    phone: person.phone,
    preferred_locales: ["en-US"],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
}

export function product({ fresh, productId, priceId }: World): JsonObject {
  return {
    id: productId,
    object: "product",
    active: true,
    attributes: [],
    created: fresh.seconds(200 * DAY),
    default_price: priceId,
    description: "Everything, for one person",
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: {},
    name: "Acme Pro",
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: null,
    updated: fresh.seconds(),
    url: null,
  };
}

const MONTHLY: JsonObject = {
  interval: "month",
  interval_count: 1,
  meter: null,
  trial_period_days: null,
  usage_type: "licensed",
};

export function price({ fresh, priceId, productId, amount }: World): JsonObject {
  return {
    id: priceId,
    object: "price",
    active: true,
    billing_scheme: "per_unit",
    created: fresh.seconds(200 * DAY),
    currency: "usd",
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: productId,
    recurring: MONTHLY,
    tax_behavior: "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: "recurring",
    unit_amount: amount,
    unit_amount_decimal: String(amount),
  };
}

/** The older form of a price, which items of subscriptions still have. */
export function plan({ fresh, priceId, productId, amount }: World): JsonObject {
  return {
    id: priceId,
    object: "plan",
    active: true,
    amount,
    amount_decimal: String(amount),
    billing_scheme: "per_unit",
    created: fresh.seconds(200 * DAY),
    currency: "usd",
    interval: "month",
    interval_count: 1,
    livemode: false,
    metadata: {},
    meter: null,
    nickname: null,
    product: productId,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: "licensed",
  };
}

export function billingDetails({ person }: World): JsonObject {
  return { address: address(person), email: person.email, name: fullName(person), phone: null, tax_id: null };
}

const CHECKS: JsonObject = { address_line1_check: "pass", address_postal_code_check: "pass", cvc_check: "pass" };

export function paymentMethod(world: World, isAttached: boolean): JsonObject {
  const { fresh, paymentMethodId, customerId, fingerprint } = world;
  return {
    id: paymentMethodId,
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: billingDetails(world),
    card: {
      brand: "visa",
      checks: CHECKS,
      country: "US",
      display_brand: "visa",
      exp_month: 8,
      exp_year: 2030,
      fingerprint,
      funding: "credit",
      generated_from: null,
      last4: "4242",
      networks: { available: ["visa"], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: fresh.seconds(60),
    customer: isAttached ? customerId : null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  };
}

/** What a charge says of the card that paid it. */
export function cardOfCharge({ amount, fresh, fingerprint }: World, isPaid: boolean): JsonObject {
  return {
    card: {
      amount_authorized: isPaid ? amount : null,
      authorization_code: isPaid ? fresh.digits(6) : null,
      brand: "visa",
      checks: CHECKS,
      country: "US",
      electronic_commerce_indicator: null,
      exp_month: 8,
      exp_year: 2030,
      extended_authorization: { status: "disabled" },
      fingerprint,
      funding: "credit",
      incremental_authorization: { status: "unavailable" },
      installments: null,
      last4: isPaid ? "4242" : "0002",
      mandate: null,
      multicapture: { status: "unavailable" },
      network: "visa",
      network_token: { used: false },
      network_transaction_id: fresh.digits(15),
      overcapture: { maximum_amount_capturable: amount, status: "unavailable" },
      regulated_status: "unregulated",
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
    type: "card",
  };
}
