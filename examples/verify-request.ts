// Webhooks wherever there is `Request` and Web Crypto: Cloudflare Workers, Deno, Bun, service workers, Node. Only the
// record of Stripe gets into the bundle. Workers export it as `export default { fetch: … }`.
import { stripe, verify } from "hooks-relay/web/schemes";

export interface Environment {
  STRIPE_SECRET: string;
}

export async function receive(request: Request, environment: Environment): Promise<Response> {
  // The bytes, and not `request.json()`: what was parsed cannot be verified any more.
  const body = new Uint8Array(await request.arrayBuffer());
  // Mind the await: a promise is true.
  const verdict = await verify(stripe, { headers: request.headers, body }, environment.STRIPE_SECRET);
  if (!verdict.valid) {
    // A secret that is missing here is no fault of the sender, who should try again.
    return new Response(verdict.reason, { status: verdict.reason === "secret_unusable" ? 500 : 401 });
  }
  await handle(JSON.parse(new TextDecoder().decode(body)) as { type: string });
  return new Response(null, { status: 204 });
}

/** Your own: what to do with an event. */
async function handle(event: { type: string }): Promise<void> {
  if (event.type === "fails") throw new Error("processing failed");
}
