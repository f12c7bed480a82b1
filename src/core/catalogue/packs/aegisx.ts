import {
  amount,
  anyMembers,
  count,
  currency,
  email,
  type Fields,
  id,
  instant,
  list,
  object,
  optional,
  packType,
  tagged,
  text,
} from "../pack-fields.ts";
import type { TypeDefinition } from "../type-definition.ts";

const user: Fields = {
  id: id("3f1c7a52-6c1e-4f0e-9a55-0d6f3f6f8f11"),
  email: email("ada@example.com"),
  name: text("Ada Park"),
  status: text("active"),
  createdAt: instant("2025-06-02T08:15:30.000Z"),
};

const orderLine = object({
  productId: id("prod_881"),
  quantity: count(2),
  unitPrice: amount(24.95),
});

const order: Fields = {
  id: id("order_20417"),
  status: text("shipped"),
  customerId: optional(id("3f1c7a52-6c1e-4f0e-9a55-0d6f3f6f8f11")),
  items: optional(list(orderLine)),
  total: optional(amount(49.9)),
  currency: optional(currency("EUR")),
  updatedAt: optional(instant("2025-06-03T10:00:00.000Z")),
};

/** The events of the AegisX platform. */
export const AEGISX: readonly TypeDefinition[] = [
  ...tagged("user", [
    packType("user.created", "A user was made.", { user: object(user) }),
    packType("user.updated", "A user's record was changed.", {
      id: id("3f1c7a52-6c1e-4f0e-9a55-0d6f3f6f8f11"),
      changes: anyMembers({ name: "Ada Park-Lind" }, "the fields that changed, with their new values"),
      updatedAt: instant("2025-06-04T12:30:00.000Z"),
    }),
  ]),
  ...tagged("order", [packType("order.updated", "An order was changed.", { order: object(order) })]),
  ...tagged("test", [
    packType("webhook.test", "A test of one webhook, sent by hand.", {
      message: text("This is a test webhook delivery"),
      timestamp: instant("2025-06-05T09:00:00.000Z"),
    }),
  ]),
];
