// Webhooks in hono, on Node here; on Workers, Deno and Bun it is the same with "hooks-relay/web".

import { Hono } from "hono";
import { createVerifier } from "hooks-relay";

const verifier = createVerifier("standard-webhooks", process.env["WEBHOOK_SECRET"] ?? "");

export const app = new Hono();

app.post("/webhooks", async (context) => {
  // The bytes, and not `context.req.json()`: what was parsed cannot be verified any more.
  const body = new Uint8Array(await context.req.arrayBuffer());
  const verdict = verifier.verify({ headers: context.req.raw.headers, body });
  if (!verdict.valid) {
    // A secret that is missing here is no fault of the sender, who should try again.
    return context.text(verdict.reason, verdict.reason === "secret_unusable" ? 500 : 401);
  }
  await handle(JSON.parse(new TextDecoder().decode(body)) as { type: string });
  return context.body(null, 204);
});

/** Your own: what to do with an event. */
async function handle(event: { type: string }): Promise<void> {
  if (event.type === "fails") throw new Error("processing failed");
}
