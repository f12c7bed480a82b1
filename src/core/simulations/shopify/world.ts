// The shop, its goods and its customers.

import { DAY, type Fresh, type Person } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";

export interface World {
  fresh: Fresh;
  shop: string;
  buyer: Person;
  customerId: number;
}

export function makeWorld(fresh: Fresh): World {
  return { fresh, shop: "acme-outdoor.myshopify.com", buyer: fresh.person(), customerId: bigId(fresh) };
}

/** Thirteen digits, as Shopify's ids of today have. */
export function bigId(fresh: Fresh): number {
  return fresh.integer(5_000_000_000_000, 9_000_000_000_000);
}

export function gid(kind: string, id: number): string {
  return `gid://shopify/${kind}/${id}`;
}

/** `2026-11-22T09:10:55-05:00`: Shopify writes times in the shop's zone. */
export function shopTime(fresh: Fresh, agoSeconds = 0): string {
  const east = 5 * 3600;
  return fresh.time(agoSeconds + east).replace("Z", "-05:00");
}

/** An amount in all its forms. `cents` of the shop's currency, which is the buyer's too. */
export function money(cents: number): JsonObject {
  const amount = price(cents);
  return {
    shop_money: { amount, currency_code: "USD" },
    presentment_money: { amount, currency_code: "USD" },
  };
}

export function price(cents: number): string {
  return (cents / 100).toFixed(2);
}

export function postalAddress({ buyer }: World): JsonObject {
  const { first, last, phone, address } = buyer;
  return {
    first_name: first,
    address1: address.line1,
    phone,
    city: address.city,
    zip: address.postal,
    province: address.region,
    country: "United States",
    last_name: last,
    address2: null,
    company: null,
    latitude: null,
    longitude: null,
    name: `${first} ${last}`,
    country_code: address.country,
    province_code: address.regionCode,
  };
}

export function customer(world: World): JsonObject {
  const { fresh, buyer, customerId } = world;
  const { name: _, latitude: __, longitude: ___, ...place } = postalAddress(world);
  return {
    id: customerId,
    created_at: shopTime(fresh, 200 * DAY),
    updated_at: shopTime(fresh),
    first_name: buyer.first,
    last_name: buyer.last,
    state: "disabled",
    note: null,
    verified_email: true,
    multipass_identifier: null,
    tax_exempt: false,
    email: buyer.email,
    phone: null,
    currency: "USD",
    tax_exemptions: [],
    admin_graphql_api_id: gid("Customer", customerId),
    default_address: {
      id: bigId(fresh),
      customer_id: customerId,
      ...place,
      name: `${buyer.first} ${buyer.last}`,
      country_name: "United States",
      default: true,
    },
  };
}

/** As the topics of customers have one, which know more than an order does. */
export function wholeCustomer(world: World): JsonObject {
  const { default_address, ...rest } = customer(world);
  return {
    ...rest,
    orders_count: 0,
    total_spent: "0.00",
    last_order_id: null,
    last_order_name: null,
    tags: "",
    addresses: [default_address],
    email_marketing_consent: {
      state: "subscribed",
      opt_in_level: "single_opt_in",
      consent_updated_at: shopTime(world.fresh),
    },
    sms_marketing_consent: null,
    default_address,
  };
}

export interface Goods {
  title: string;
  sku: string;
  cents: number;
  grams: number;
}

export const GOODS: readonly [Goods, Goods, Goods] = [
  { title: "Tent & Poles <Two Persons>", sku: "TENT-2", cents: 24_900, grams: 2_400 },
  { title: "Trail Lantern", sku: "LAMP-TR", cents: 3_950, grams: 310 },
  { title: "Down Sleeping Bag", sku: "BAG-DN", cents: 17_900, grams: 900 },
];
