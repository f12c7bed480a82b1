// Orders and what becomes of them. All amounts add up: lines, discount, tax and shipping to the total.

import { DAY, MINUTE } from "../fresh.ts";
import type { JsonObject } from "../provider.ts";
import { bigId, customer, GOODS, type Goods, gid, money, postalAddress, price, shopTime, type World } from "./world.ts";

export type OrderState = "created" | "paid" | "fulfilled" | "cancelled";

const SHIPPING = 995;
const TAX_RATE = 0.0725;

interface Line {
  goods: Goods;
  quantity: number;
  tax: number;
}

/** Lines of an order and their sums, in cents. */
export interface Cart {
  lines: readonly Line[];
  goods: number;
  tax: number;
  total: number;
}

export function makeCart({ fresh }: World): Cart {
  const first = fresh.integer(0, GOODS.length - 1);
  const chosen = [GOODS[first]!, GOODS[(first + 1) % GOODS.length]!];
  const lines = chosen.map((goods, at): Line => {
    const quantity = at === 0 ? 1 : fresh.integer(1, 3);
    return { goods, quantity, tax: Math.round(goods.cents * quantity * TAX_RATE) };
  });
  const goods = lines.reduce((sum, line) => sum + line.goods.cents * line.quantity, 0);
  const tax = lines.reduce((sum, line) => sum + line.tax, 0);
  return { lines, goods, tax, total: goods + tax + SHIPPING };
}

function taxLine(cents: number): JsonObject {
  return { channel_liable: false, price: price(cents), price_set: money(cents), rate: TAX_RATE, title: "CA State Tax" };
}

function lineItem({ fresh }: World, { goods, quantity, tax }: Line, isFulfilled: boolean): JsonObject {
  const id = bigId(fresh);
  return {
    id,
    admin_graphql_api_id: gid("LineItem", id),
    attributed_staffs: [],
    current_quantity: quantity,
    fulfillable_quantity: isFulfilled ? 0 : quantity,
    fulfillment_service: "manual",
    fulfillment_status: isFulfilled ? "fulfilled" : null,
    gift_card: false,
    grams: goods.grams,
    name: goods.title,
    price: price(goods.cents),
    price_set: money(goods.cents),
    product_exists: true,
    product_id: bigId(fresh),
    properties: [],
    quantity,
    requires_shipping: true,
    sku: goods.sku,
    taxable: true,
    title: goods.title,
    total_discount: "0.00",
    total_discount_set: money(0),
    variant_id: bigId(fresh),
    variant_inventory_management: "shopify",
    variant_title: null,
    vendor: "Acme Outdoor",
    tax_lines: [taxLine(tax)],
    duties: [],
    discount_allocations: [],
  };
}

export function order(world: World, state: OrderState): JsonObject {
  const { fresh, shop, buyer } = world;
  const id = bigId(fresh);
  const number = fresh.integer(1001, 9999);
  const { lines, goods, tax, total } = makeCart(world);
  const token = fresh.hex(32);
  const isCancelled = state === "cancelled";
  const isFulfilled = state === "fulfilled";
  const isPaid = state === "paid" || isFulfilled;
  const created = shopTime(fresh, state === "created" ? 0 : isFulfilled ? DAY : 10 * MINUTE);
  const items = lines.map((line) => lineItem(world, line, isFulfilled));
  const address = postalAddress(world);
  const left = isPaid || isCancelled ? 0 : total;
  // What is still to be delivered and paid for: nothing of an order that was cancelled.
  const current = isCancelled ? { goods: 0, tax: 0, total: 0 } : { goods, tax, total };
  return {
    id,
    admin_graphql_api_id: gid("Order", id),
    app_id: 580_111,
    browser_ip: "203.0.113.24",
    buyer_accepts_marketing: true,
    cancel_reason: isCancelled ? "customer" : null,
    cancelled_at: isCancelled ? shopTime(fresh) : null,
    cart_token: fresh.base62(32),
    checkout_id: bigId(fresh),
    checkout_token: fresh.hex(32),
    client_details: {
      accept_language: "en-US",
      browser_height: null,
      browser_ip: "203.0.113.24",
      browser_width: null,
      session_hash: null,
      user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15",
    },
    closed_at: isFulfilled ? shopTime(fresh) : null,
    confirmation_number: fresh.base36(9),
    confirmed: true,
    contact_email: buyer.email,
    created_at: created,
    currency: "USD",
    current_shipping_price_set: money(isCancelled ? 0 : SHIPPING),
    current_subtotal_price: price(current.goods),
    current_subtotal_price_set: money(current.goods),
    current_total_additional_fees_set: null,
    current_total_discounts: "0.00",
    current_total_discounts_set: money(0),
    current_total_duties_set: null,
    current_total_price: price(current.total),
    current_total_price_set: money(current.total),
    current_total_tax: price(current.tax),
    current_total_tax_set: money(current.tax),
    customer_locale: "en-US",
    device_id: null,
    discount_codes: [],
    duties_included: false,
    email: buyer.email,
    estimated_taxes: false,
    financial_status: isPaid ? "paid" : isCancelled ? "voided" : "pending",
    fulfillment_status: isFulfilled ? "fulfilled" : null,
    landing_site: "/products/tent?utm_source=mail&utm_campaign=sale",
    landing_site_ref: null,
    location_id: null,
    merchant_business_entity_id: "MTU0ODM4MDAwOQ",
    merchant_of_record_app_id: null,
    name: `#${number}`,
    note: null,
    note_attributes: [],
    number: number - 1000,
    order_number: number,
    order_status_url: `https://${shop}/${fresh.digits(11)}/orders/${token}/authenticate?key=${fresh.hex(32)}`,
    original_total_additional_fees_set: null,
    original_total_duties_set: null,
    payment_gateway_names: ["shopify_payments"],
    phone: null,
    po_number: null,
    presentment_currency: "USD",
    processed_at: created,
    reference: null,
    referring_site: "https://www.example.com/",
    source_identifier: null,
    source_name: "web",
    source_url: null,
    subtotal_price: price(goods),
    subtotal_price_set: money(goods),
    tags: "",
    tax_exempt: false,
    tax_lines: [taxLine(tax)],
    taxes_included: false,
    test: false,
    token,
    total_cash_rounding_payment_adjustment_set: money(0),
    total_cash_rounding_refund_adjustment_set: money(0),
    total_discounts: "0.00",
    total_discounts_set: money(0),
    total_line_items_price: price(goods),
    total_line_items_price_set: money(goods),
    total_outstanding: price(left),
    total_price: price(total),
    total_price_set: money(total),
    total_shipping_price_set: money(SHIPPING),
    total_tax: price(tax),
    total_tax_set: money(tax),
    total_tip_received: "0.00",
    total_weight: lines.reduce((sum, line) => sum + line.goods.grams * line.quantity, 0),
    updated_at: shopTime(fresh),
    user_id: null,
    billing_address: address,
    customer: customer(world),
    discount_applications: [],
    fulfillments: isFulfilled ? [fulfillment(world, id, items)] : [],
    line_items: items,
    payment_terms: null,
    refunds: [],
    shipping_address: address,
    shipping_lines: [
      {
        id: bigId(fresh),
        carrier_identifier: null,
        code: "Standard",
        current_discounted_price_set: money(SHIPPING),
        discounted_price: price(SHIPPING),
        discounted_price_set: money(SHIPPING),
        is_removed: false,
        phone: null,
        price: price(SHIPPING),
        price_set: money(SHIPPING),
        requested_fulfillment_service_id: null,
        source: "shopify",
        title: "Standard",
        tax_lines: [],
        discount_allocations: [],
      },
    ],
    returns: [],
  };
}

export function fulfillment(world: World, orderId: number, items: readonly JsonObject[]): JsonObject {
  const { fresh } = world;
  const id = bigId(fresh);
  const tracking = `1Z${fresh.base36(16)}`;
  return {
    id,
    admin_graphql_api_id: gid("Fulfillment", id),
    created_at: shopTime(fresh),
    location_id: bigId(fresh),
    name: `#${fresh.integer(1001, 9999)}.1`,
    order_id: orderId,
    origin_address: {},
    receipt: {},
    service: "manual",
    shipment_status: null,
    status: "success",
    tracking_company: "UPS",
    tracking_number: tracking,
    tracking_numbers: [tracking],
    tracking_url: `https://www.ups.com/track?tracknum=${tracking}`,
    tracking_urls: [`https://www.ups.com/track?tracknum=${tracking}`],
    updated_at: shopTime(fresh),
    line_items: items,
  };
}

/** The whole topic of a fulfilment, which has the order's buyer besides. */
export function fulfillmentEvent(world: World): JsonObject {
  const { line_items } = order(world, "fulfilled");
  const made = fulfillment(world, bigId(world.fresh), line_items as readonly JsonObject[]);
  return { ...made, email: world.buyer.email, destination: postalAddress(world) };
}

export function refund(world: World): JsonObject {
  const { fresh } = world;
  const id = bigId(fresh);
  const orderId = bigId(fresh);
  const [line] = makeCart(world).lines;
  const { goods, quantity, tax } = line!;
  const subtotal = goods.cents * quantity;
  const item = lineItem(world, line!, false);
  const transaction = bigId(fresh);
  return {
    id,
    order_id: orderId,
    created_at: shopTime(fresh),
    note: "Arrived broken",
    user_id: bigId(fresh),
    processed_at: shopTime(fresh),
    restock: false,
    duties: [],
    total_duties_set: money(0),
    return: null,
    refund_shipping_lines: [],
    admin_graphql_api_id: gid("Refund", id),
    refund_line_items: [
      {
        id: bigId(fresh),
        quantity,
        line_item_id: item["id"],
        location_id: null,
        restock_type: "no_restock",
        subtotal: subtotal / 100,
        total_tax: tax / 100,
        subtotal_set: money(subtotal),
        total_tax_set: money(tax),
        line_item: item,
      },
    ],
    transactions: [
      {
        id: transaction,
        order_id: orderId,
        kind: "refund",
        gateway: "shopify_payments",
        status: "success",
        message: "Transaction approved",
        created_at: shopTime(fresh),
        test: false,
        authorization: `re_${fresh.base62(24)}`,
        location_id: null,
        user_id: null,
        parent_id: bigId(fresh),
        processed_at: shopTime(fresh),
        device_id: null,
        error_code: null,
        source_name: "web",
        receipt: {},
        amount: price(subtotal + tax),
        currency: "USD",
        payment_id: `#${fresh.integer(1001, 9999)}.2`,
        total_unsettled_set: money(0),
        manual_payment_gateway: false,
        admin_graphql_api_id: gid("OrderTransaction", transaction),
      },
    ],
    order_adjustments: [],
  };
}

export function cart(world: World): JsonObject {
  const { fresh } = world;
  const token = fresh.base62(32);
  const { lines } = makeCart(world);
  return {
    id: token,
    token,
    line_items: lines.map(({ goods, quantity }) => {
      const variant = bigId(fresh);
      const line = goods.cents * quantity;
      return {
        id: variant,
        properties: null,
        quantity,
        variant_id: variant,
        key: `${variant}:${fresh.hex(32)}`,
        discounted_price: price(goods.cents),
        discounts: [],
        gift_card: false,
        grams: goods.grams,
        line_price: price(line),
        original_line_price: price(line),
        original_price: price(goods.cents),
        price: price(goods.cents),
        product_id: bigId(fresh),
        sku: goods.sku,
        taxable: true,
        title: goods.title,
        total_discount: "0.00",
        vendor: "Acme Outdoor",
        discounted_price_set: money(goods.cents),
        line_price_set: money(line),
        original_line_price_set: money(line),
        price_set: money(goods.cents),
        total_discount_set: money(0),
      };
    }),
    note: null,
    updated_at: fresh.millis(),
    created_at: fresh.millis(),
  };
}
