import { DAY, type Fresh } from "../fresh.ts";
import type { JsonObject, Provider, Simulation } from "../provider.ts";
import { textAt } from "../text-at.ts";
import { cart, fulfillmentEvent, order, refund } from "./orders.ts";
import { bigId, GOODS, gid, makeWorld, price, shopTime, type World, wholeCustomer } from "./world.ts";

const VERSION = "2026-10";
/** What Shopify puts an amount in the place of. */
const AMOUNT = "{{amount}}";

function simulation(type: string, title: string, body: (world: World) => JsonObject): Simulation {
  const make = (fresh: Fresh) => {
    const world = makeWorld(fresh);
    const own = body(world);
    const id = fresh.uuid();
    const order = type.startsWith("orders/") ? { "X-Shopify-Order-Id": textAt(own, "id") } : {};
    return {
      id,
      headers: {
        Accept: "*/*",
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Api-Version": VERSION,
        "X-Shopify-Event-Id": fresh.uuid(),
        ...order,
        "X-Shopify-Shop-Domain": world.shop,
        "X-Shopify-Topic": type,
        "X-Shopify-Triggered-At": fresh.millis().replace("Z", `${fresh.digits(6)}Z`),
        "X-Shopify-Webhook-Id": id,
      },
      body: own,
    };
  };
  return { type, title, make };
}

function product(world: World): JsonObject {
  const { fresh } = world;
  const id = bigId(fresh);
  const { title, sku, cents } = fresh.pick(GOODS);
  const variantId = bigId(fresh);
  const imageId = bigId(fresh);
  const image = {
    id: imageId,
    product_id: id,
    position: 1,
    created_at: shopTime(fresh, DAY),
    updated_at: shopTime(fresh, DAY),
    alt: null,
    width: 1200,
    height: 900,
    src: `https://cdn.shopify.com/s/files/1/0548/3800/0009/files/${sku.toLowerCase()}.png?v=${fresh.seconds(DAY)}`,
    variant_ids: [],
    admin_graphql_api_id: gid("ProductImage", imageId),
  };
  return {
    admin_graphql_api_id: gid("Product", id),
    body_html: "<p>For <strong>every</strong> weather.</p>",
    created_at: shopTime(fresh, DAY),
    handle: title
      .toLowerCase()
      .replace(/[^a-z]+/g, "-")
      .replace(/-$/, ""),
    id,
    product_type: "Outdoor",
    published_at: shopTime(fresh, DAY),
    template_suffix: null,
    title,
    updated_at: shopTime(fresh),
    vendor: "Acme Outdoor",
    status: "active",
    published_scope: "global",
    tags: "sale, summer",
    variants: [
      {
        admin_graphql_api_id: gid("ProductVariant", variantId),
        barcode: fresh.digits(13),
        compare_at_price: null,
        created_at: shopTime(fresh, DAY),
        id: variantId,
        inventory_policy: "deny",
        position: 1,
        price: price(cents),
        product_id: id,
        sku,
        taxable: true,
        title: "Default Title",
        updated_at: shopTime(fresh),
        option1: "Default Title",
        option2: null,
        option3: null,
        image_id: null,
        inventory_item_id: bigId(fresh),
        inventory_quantity: 42,
        old_inventory_quantity: 42,
      },
    ],
    options: [{ name: "Title", id: bigId(fresh), product_id: id, position: 1, values: ["Default Title"] }],
    images: [image],
    image,
    media: [
      {
        id: bigId(fresh),
        product_id: id,
        position: 1,
        created_at: shopTime(fresh, DAY),
        updated_at: shopTime(fresh, DAY),
        alt: null,
        status: "READY",
        media_content_type: "IMAGE",
        preview_image: { width: 1200, height: 900, src: image.src, status: "READY" },
        variant_ids: [],
        admin_graphql_api_id: gid("MediaImage", bigId(fresh)),
      },
    ],
    variant_gids: [{ admin_graphql_api_id: gid("ProductVariant", variantId), updated_at: fresh.millis() }],
    has_variants_that_requires_components: false,
    category: null,
  };
}

/** What the topics of the app and the shop itself have. */
function shop({ fresh, shop: domain }: World): JsonObject {
  return {
    id: fresh.integer(50_000_000_000, 90_000_000_000),
    name: "Acme Outdoor",
    email: "owner@example.com",
    domain: "acme.example",
    province: "Oregon",
    country: "US",
    address1: "900 Burnside Street",
    zip: "97209",
    city: "Portland",
    source: null,
    phone: "+15035550178",
    latitude: 45.523,
    longitude: -122.68,
    primary_locale: "en",
    address2: null,
    created_at: shopTime(fresh, 900 * DAY),
    updated_at: shopTime(fresh),
    country_code: "US",
    country_name: "United States",
    currency: "USD",
    customer_email: "service@example.com",
    timezone: "(GMT-05:00) America/New_York",
    iana_timezone: "America/New_York",
    shop_owner: "Ada Marlow",
    money_format: `$${AMOUNT}`,
    money_with_currency_format: `$${AMOUNT} USD`,
    weight_unit: "lb",
    province_code: "OR",
    taxes_included: false,
    auto_configure_tax_inclusivity: null,
    tax_shipping: null,
    county_taxes: true,
    plan_display_name: "Basic",
    plan_name: "basic",
    has_discounts: true,
    has_gift_cards: false,
    myshopify_domain: domain,
    google_apps_domain: null,
    google_apps_login_enabled: null,
    money_in_emails_format: `$${AMOUNT}`,
    money_with_currency_in_emails_format: `$${AMOUNT} USD`,
    eligible_for_payments: true,
    requires_extra_payments_agreement: false,
    password_enabled: false,
    has_storefront: true,
    finances: true,
    primary_location_id: bigId(fresh),
    checkout_api_supported: true,
    multi_location_enabled: true,
    setup_required: false,
    pre_launch_enabled: false,
    enabled_presentment_currencies: ["USD"],
    marketing_sms_consent_enabled_at_checkout: false,
    transactional_sms_disabled: false,
  };
}

function shopOf({ fresh, shop: domain }: World): JsonObject {
  return { shop_id: fresh.integer(50_000_000_000, 90_000_000_000), shop_domain: domain };
}

function personOf({ customerId, buyer }: World): JsonObject {
  return { id: customerId, email: buyer.email, phone: buyer.phone };
}

const SIMULATIONS: readonly Simulation[] = [
  simulation("orders/create", "An order was placed", (world) => order(world, "created")),
  simulation("orders/paid", "An order was paid", (world) => order(world, "paid")),
  simulation("orders/updated", "An order was changed", (world) => order(world, "paid")),
  simulation("orders/fulfilled", "All of an order was sent", (world) => order(world, "fulfilled")),
  simulation("orders/cancelled", "An order was cancelled", (world) => order(world, "cancelled")),
  simulation("orders/delete", "An order was deleted", ({ fresh }) => ({ id: bigId(fresh) })),
  simulation("fulfillments/create", "Goods were sent", fulfillmentEvent),
  simulation("refunds/create", "Money was given back", refund),
  simulation("carts/create", "Something was put into a cart", cart),
  simulation("carts/update", "A cart was changed", cart),
  simulation("products/create", "A product was created", product),
  simulation("products/update", "A product was changed", product),
  simulation("products/delete", "A product was deleted", ({ fresh }) => ({ id: bigId(fresh) })),
  simulation("customers/create", "A customer was created", wholeCustomer),
  simulation("customers/update", "A customer was changed", wholeCustomer),
  simulation("customers/delete", "A customer was deleted", ({ customerId }) => ({
    id: customerId,
    phone: null,
    addresses: [],
    tax_exemptions: [],
    email_marketing_consent: null,
    sms_marketing_consent: null,
    admin_graphql_api_id: gid("Customer", customerId),
  })),
  simulation("inventory_levels/update", "A stock changed", ({ fresh }) => {
    const [item, location] = [bigId(fresh), bigId(fresh)];
    return {
      inventory_item_id: item,
      location_id: location,
      available: fresh.integer(0, 90),
      updated_at: shopTime(fresh),
      admin_graphql_api_id: `${gid("InventoryLevel", location)}?inventory_item_id=${item}`,
    };
  }),
  simulation("shop/update", "The shop's settings were changed", shop),
  simulation("app/uninstalled", "The app was uninstalled", shop),
  simulation("customers/data_request", "A customer wants to see their data", (world) => ({
    ...shopOf(world),
    orders_requested: [bigId(world.fresh), bigId(world.fresh)],
    customer: personOf(world),
    data_request: { id: bigId(world.fresh) },
  })),
  simulation("customers/redact", "A customer's data must be deleted", (world) => ({
    ...shopOf(world),
    customer: personOf(world),
    orders_to_redact: [bigId(world.fresh)],
  })),
  simulation("shop/redact", "A shop's data must be deleted", shopOf),
];

export const SHOPIFY: Provider = {
  name: "shopify",
  title: "Shopify",
  docs: "https://shopify.dev/docs/api/webhooks",
  schemes: ["shopify"],
  secret: "the app's client secret",
  signatureHeaders: ["X-Shopify-Hmac-Sha256"],
  style: "html",
  patienceMs: 5_000,
  dataPath: [],
  notes: ["Bodies are written as Shopify writes them, with `<`, `>` and `&` escaped."],
  simulations: SIMULATIONS,
};
