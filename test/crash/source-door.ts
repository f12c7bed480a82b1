import { createHash, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { type Door, makeEvent } from "./clients.ts";

export function senderSecret(): string {
  return `whsec_${randomBytes(24).toString("base64")}`;
}

/**
 * `/in/NAME`, which answers 200: a third party's webhooks, signed by another library than ours for the time of each try,
 * and sent again under the same id until they are accepted. Its events are known by the source's name and that id; their
 * data is the body, their time hooks'.
 */
export function sourceDoor(name: string, secret: string): Door {
  const signer = new Webhook(secret);
  const prefix = `${name}_`;
  return {
    path: `/in/${name}`,
    make: (sentAs, seed, padding) => {
      const { request } = makeEvent(sentAs, seed, padding);
      const dataHash = createHash("sha256").update(request).digest("hex");
      return { id: prefix + sentAs, request, dataHash, bodyHash: undefined };
    },
    headers: ({ id, request }) => {
      const sentAs = id.slice(prefix.length);
      const now = new Date();
      return {
        "webhook-id": sentAs,
        "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
        "webhook-signature": signer.sign(sentAs, now, request.toString()),
      };
    },
  };
}
