// Webhooks in Next.js, as the route handler app/api/webhooks/route.ts. For the pages router the body must not be parsed:
// `export const config = { api: { bodyParser: false } }`, and read the request as a stream.
import { verify } from "hooks-relay";

/** `crypto` of Node is needed; on the edge runtime take "hooks-relay/web" and await the verdict. */
export const runtime = "nodejs";

export async function POST(request: Request): Promise<Response> {
  // The bytes, and not `request.json()`: what was parsed cannot be verified any more.
  const body = new Uint8Array(await request.arrayBuffer());
  // The secret is read here, because it need not be there when the program is built. It is decoded at its first use.
  const verdict = verify("standard-webhooks", { headers: request.headers, body }, process.env["WEBHOOK_SECRET"] ?? "");
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
