// Secrets that the provider makes and hands over, and what Azure asks in a body that nobody signs.

import { asObject, type JsonObject, own, ownText, parseObject } from "../signing/schemes/json-object.ts";
import { isSameText } from "../signing/text-comparer.ts";
import { HeaderFinder } from "../signing/webhook-request.ts";
import { bare, type Handshaker, isToken, json, type Reply, refused } from "./challenge.ts";

/** Secrets as providers make them: long enough not to be guessed. */
const OFFERED = /^[\w.~+/=-]{16,256}$/;

/**
 * A source takes a secret while it has none. Afterwards whoever comes with another is refused, else anybody could sign;
 * the same one again is answered, because answers get lost.
 */
function take(offered: string, secrets: readonly string[], reply: Reply): Reply {
  if (!OFFERED.test(offered)) return refused("what it offers is no secret");
  if (secrets.length === 0) return { ...reply, offeredSecret: offered };
  return secrets.some((secret) => isSameText(secret, offered)) ? reply : refused("the source has a secret already");
}

const ASANA = new HeaderFinder(["x-hook-secret"]);

/** Asana, "Webhooks: the handshake": the key of all signatures, to be sent back. */
export const asana: Handshaker = ({ request, secrets }) => {
  const values = request.method === "POST" ? ASANA.findAll(request.headers)[0] : undefined;
  const [offered] = values ?? [];
  if (values?.length !== 1 || offered === undefined) return undefined;
  return take(offered, secrets, bare(200, [["x-hook-secret", offered]]));
};

/** Notion, "Webhooks: verifying a subscription": a token, which its owner enters there, and which signs from then on. */
export const notion: Handshaker = ({ request, secrets }) => {
  const body = request.method === "POST" ? parseObject(request.body) : undefined;
  const token = ownText(body, "verification_token");
  return token === undefined || Object.keys(body!).length !== 1 ? undefined : take(token, secrets, bare(200));
};

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Azure Event Grid, own schema: `SubscriptionValidationEvent`, alone in its list. */
export const eventGrid: Handshaker = ({ request }) => {
  const event = request.method === "POST" ? onlyItem(request.body) : undefined;
  if (own(event, "eventType") !== "Microsoft.EventGrid.SubscriptionValidationEvent") return undefined;
  const code = own(asObject(own(event, "data")), "validationCode");
  return isToken(code) ? json({ validationResponse: code }) : undefined;
};

function onlyItem(body: Uint8Array | string): JsonObject | undefined {
  try {
    const list: unknown = JSON.parse(typeof body === "string" ? body : decoder.decode(body));
    return Array.isArray(list) && list.length === 1 ? asObject(list[0]) : undefined;
  } catch {
    return undefined;
  }
}
