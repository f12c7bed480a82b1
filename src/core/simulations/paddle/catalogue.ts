// What is sold, to whom: products, prices, discounts, customers. Amounts are whole cents, written as text.

import { DAY, type Fresh, fullName, type Person } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";

export interface World {
  fresh: Fresh;
  buyer: Person;
  customerId: string;
  addressId: string;
  productId: string;
  priceId: string;
  /** Of one unit a month, before tax. */
  cents: number;
}

export function makeWorld(fresh: Fresh): World {
  return {
    fresh,
    buyer: fresh.person(),
    customerId: id(fresh, "ctm", 400 * DAY),
    addressId: id(fresh, "add", 400 * DAY),
    productId: id(fresh, "pro", 800 * DAY),
    priceId: id(fresh, "pri", 800 * DAY),
    cents: fresh.pick([1000, 2900, 4900, 9900]),
  };
}

/** `txn_01hv8wptq8987qeep44cyrewp9` */
export function id(fresh: Fresh, prefix: string, agoSeconds = 0): string {
  return `${prefix}_${fresh.ulid(agoSeconds * 1000)}`;
}

/** Paddle writes microseconds. */
export function time(fresh: Fresh, agoSeconds = 0): string {
  return fresh.millis(agoSeconds).replace("Z", "000Z");
}

export function product({ fresh, productId }: World): JsonObject {
  return {
    id: productId,
    name: "ChatApp Pro",
    type: "standard",
    description: "Everything in basic, plus access to a suite of powerful tools",
    tax_category: "standard",
    image_url: "https://acme.example/images/pro.png",
    custom_data: null,
    status: "active",
    import_meta: null,
    created_at: time(fresh, 800 * DAY),
    updated_at: time(fresh, 20 * DAY),
  };
}

export function price({ fresh, priceId, productId, cents }: World): JsonObject {
  return {
    id: priceId,
    product_id: productId,
    description: "Monthly (per seat)",
    type: "standard",
    name: "Monthly",
    billing_cycle: { interval: "month", frequency: 1 },
    trial_period: null,
    tax_mode: "account_setting",
    unit_price: { amount: String(cents), currency_code: "USD" },
    unit_price_overrides: [],
    quantity: { minimum: 1, maximum: 100 },
    status: "active",
    custom_data: null,
    import_meta: null,
    created_at: time(fresh, 800 * DAY),
    updated_at: time(fresh, 20 * DAY),
  };
}

export function customer({ fresh, buyer, customerId }: World): JsonObject {
  return {
    id: customerId,
    name: fullName(buyer),
    email: buyer.email,
    marketing_consent: false,
    status: "active",
    custom_data: null,
    locale: "en",
    created_at: time(fresh),
    updated_at: time(fresh),
    import_meta: null,
  };
}

export function address({ fresh, buyer, customerId, addressId }: World): JsonObject {
  return {
    id: addressId,
    customer_id: customerId,
    description: "Head Office",
    first_line: buyer.address.line1,
    second_line: null,
    city: buyer.address.city,
    postal_code: buyer.address.postal,
    region: buyer.address.regionCode,
    country_code: buyer.address.country,
    custom_data: null,
    status: "active",
    created_at: time(fresh),
    updated_at: time(fresh),
    import_meta: null,
  };
}

export function business({ fresh, buyer, customerId }: World): JsonObject {
  return {
    id: id(fresh, "biz"),
    customer_id: customerId,
    name: "ChatApp Inc.",
    company_number: "555775291485",
    tax_identifier: "555952383",
    status: "active",
    contacts: [{ name: fullName(buyer), email: buyer.email }],
    custom_data: null,
    created_at: time(fresh),
    updated_at: time(fresh),
    import_meta: null,
  };
}

export function discount({ fresh, productId }: World): JsonObject {
  return {
    id: id(fresh, "dsc"),
    discount_group_id: null,
    status: "active",
    description: "Summer sale",
    enabled_for_checkout: true,
    code: "SUMMER10",
    mode: "standard",
    type: "percentage",
    amount: "10",
    currency_code: null,
    recur: true,
    maximum_recurring_intervals: 3,
    usage_limit: 1000,
    restrict_to: [productId],
    expires_at: time(fresh, -60 * DAY),
    custom_data: null,
    times_used: 0,
    created_at: time(fresh),
    updated_at: time(fresh),
    import_meta: null,
  };
}
