// Adyen, "Verify HMAC signatures", payments webhooks: eight fields of each notification item, joined with colons. The
// signature stands in the item itself. https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures

import { defineRecord } from "../define-record.ts";
import type { ReadMessage } from "../scheme-code.ts";
import type { Statement } from "../signed-content.ts";
import { type Refusal, refuse } from "../verdict.ts";
import type { WebhookRequest } from "../webhook-request.ts";
import { asObject, type JsonObject, own, ownText, parseObject } from "./json-object.ts";

/** More than Adyen sends in one request (a few), and a bound on the work. */
const MAX_ITEMS = 128;

export const adyenPayments = /* @__PURE__ */ defineRecord({
  name: "adyen-payments",
  title: "Adyen payments (HMAC-SHA256)",
  aliases: ["adyen"],
  signature: { json: "notificationItems[].NotificationRequestItem.additionalData.hmacSignature", format: "raw" },
  content:
    "{pspReference}:{originalReference}:{merchantAccountCode}:{merchantReference}:{value}:{currency}:{eventCode}:{success}",
  algorithm: "hmac-sha256",
  encoding: "base64",
  secret: { decode: "hex" },
  code: {
    headers: [],
    namesKey: false,
    read: (request) => [read(request)],
    *sign({ body }) {
      const parsed = parseObject(body);
      const items = itemsOf(parsed);
      if (typeof items === "string") throw new TypeError(`adyen-payments signs items of the body: ${items}`);
      const signatures: string[] = [];
      for (const item of items) {
        const signature = yield { sign: "hmac-sha256", content: [contentOf(item)], encoding: "base64" };
        item["additionalData"] = { ...asObject(own(item, "additionalData")), hmacSignature: signature };
        signatures.push(signature);
      }
      return { headers: {}, body: JSON.stringify(parsed), signature: signatures.join(" ") };
    },
  },
  notes: ["Eight fields of every item are signed, nothing else. The secret is hex."],
});

function read({ body }: WebhookRequest): ReadMessage | Refusal {
  const items = itemsOf(parseObject(body));
  if (typeof items === "string") return refuse("body_malformed", items);
  const statements: Statement[] = [];
  for (const item of items) {
    const signature = ownText(asObject(own(item, "additionalData")), "hmacSignature");
    if (signature === undefined || signature === "") {
      return refuse("malformed_header", "an item has no additionalData.hmacSignature");
    }
    statements.push({
      algorithm: "hmac-sha256",
      encoding: "base64",
      signatures: [signature],
      contents: [[contentOf(item)]],
    });
  }
  return { statements, bodyUnsigned: true };
}

/** Or why there are none. */
function itemsOf(body: JsonObject | undefined): JsonObject[] | string {
  const list = own(body, "notificationItems");
  if (!Array.isArray(list) || list.length === 0) return "the body is not JSON with notificationItems";
  if (MAX_ITEMS < list.length) return `the body has more than ${MAX_ITEMS} items`;
  const items = list.map((entry: unknown) => asObject(own(asObject(entry), "NotificationRequestItem")));
  return items.every((item) => item !== undefined)
    ? items
    : "an entry of notificationItems is no NotificationRequestItem";
}

function contentOf(item: JsonObject): string {
  const amount = asObject(own(item, "amount"));
  return [
    own(item, "pspReference"),
    own(item, "originalReference"),
    own(item, "merchantAccountCode"),
    own(item, "merchantReference"),
    own(amount, "value"),
    own(amount, "currency"),
    own(item, "eventCode"),
    own(item, "success"),
  ]
    .map((value) =>
      typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "",
    )
    .join(":");
}
