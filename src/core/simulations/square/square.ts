import type { Fresh } from "../fresh.ts";
import type { JsonObject, Provider, Simulation } from "../provider.ts";
import { textAt } from "../text-at.ts";
import { booking, customer, dispute, invoice, makeWorld, payment, refund, subscription, type World } from "./world.ts";

/** What an event tells of: the type, and the object under its own name. */
interface Subject {
  type: string;
  id?: string;
  object: JsonObject;
}

function simulation(type: string, title: string, subject: (world: World) => Subject): Simulation {
  const make = (fresh: Fresh) => {
    const world = makeWorld(fresh);
    const id = fresh.uuid();
    return {
      id,
      headers: {
        Accept: "*/*",
        "Content-Type": "application/json",
        "User-Agent": "Square Connect v2",
        "square-environment": "Production",
        "square-initial-delivery-timestamp": fresh.time(),
      },
      body: {
        merchant_id: world.merchant,
        type,
        event_id: id,
        created_at: fresh.millis(),
        data: { ...subject(world) },
      },
    };
  };
  return { type, title, make };
}

/** The subject whose object stands under `name`. */
function of(name: string, make: (world: World) => JsonObject) {
  return (world: World): Subject => {
    const made = make(world);
    return { type: name, id: textAt(made, "id"), object: { [name]: made } };
  };
}

function order(isNew: boolean, state: "OPEN" | "COMPLETED") {
  return ({ fresh, order, location }: World): Subject => {
    const name = isNew ? "order_created" : "order_updated";
    const own = isNew ? {} : { updated_at: fresh.millis() };
    const made = {
      created_at: fresh.millis(isNew ? 0 : 600),
      location_id: location,
      order_id: order,
      state,
      version: isNew ? 1 : 2,
    };
    return { type: isNew ? "order_created" : "order_updated", id: order, object: { [name]: { ...made, ...own } } };
  };
}

function inventory({ fresh, location }: World): Subject {
  const count = {
    calculated_at: fresh.millis(),
    catalog_object_id: fresh.base36(24),
    catalog_object_type: "ITEM_VARIATION",
    location_id: location,
    quantity: String(fresh.integer(0, 80)),
    state: "IN_STOCK",
  };
  return { type: "inventory_counts", id: fresh.uuid(), object: { inventory_counts: [count] } };
}

const SIMULATIONS: readonly Simulation[] = [
  simulation(
    "payment.created",
    "A payment was approved",
    of("payment", (world) => payment(world, "APPROVED")),
  ),
  simulation(
    "payment.updated",
    "A payment was completed",
    of("payment", (world) => payment(world, "COMPLETED")),
  ),
  simulation(
    "refund.created",
    "A refund was created",
    of("refund", (world) => refund(world, "PENDING")),
  ),
  simulation(
    "refund.updated",
    "A refund was completed",
    of("refund", (world) => refund(world, "COMPLETED")),
  ),
  simulation("order.created", "An order was created", order(true, "OPEN")),
  simulation("order.updated", "An order was completed", order(false, "COMPLETED")),
  simulation("customer.created", "A customer was created", of("customer", customer)),
  simulation("customer.updated", "A customer was changed", of("customer", customer)),
  simulation("customer.deleted", "A customer was deleted", of("customer", customer)),
  simulation(
    "invoice.created",
    "An invoice was created",
    of("invoice", (world) => invoice(world, "DRAFT")),
  ),
  simulation(
    "invoice.published",
    "An invoice was published",
    of("invoice", (world) => invoice(world, "UNPAID")),
  ),
  simulation(
    "invoice.payment_made",
    "An invoice was paid",
    of("invoice", (world) => invoice(world, "PAID")),
  ),
  simulation(
    "invoice.canceled",
    "An invoice was cancelled",
    of("invoice", (world) => invoice(world, "CANCELED")),
  ),
  simulation(
    "subscription.created",
    "A subscription began",
    of("subscription", (world) => subscription(world, "ACTIVE")),
  ),
  simulation(
    "subscription.updated",
    "A subscription was cancelled",
    of("subscription", (world) => subscription(world, "CANCELED")),
  ),
  simulation("catalog.version.updated", "Something in the catalogue was changed", ({ fresh }) => ({
    type: "catalog",
    object: { catalog_version: { updated_at: fresh.millis() } },
  })),
  simulation("inventory.count.updated", "A stock changed", inventory),
  simulation("dispute.created", "A customer disputes a payment", of("dispute", dispute)),
  simulation("booking.created", "A booking was made", of("booking", booking)),
];

export const SQUARE: Provider = {
  name: "square",
  title: "Square",
  docs: "https://developer.squareup.com/docs/webhooks/overview",
  schemes: ["square"],
  secret: "the webhook subscription's signature key",
  signsUrl: true,
  signatureHeaders: ["x-square-hmacsha256-signature"],
  style: "compact",
  patienceMs: 10_000,
  dataPath: ["data", "object"],
  simulations: SIMULATIONS,
};
