// Webhooks in fastify, which parses JSON by itself: in a plugin of their own they get the bytes, and all other routes
// keep their parsers. Without it `verify` throws a TypeError that says that the body was parsed.
//
//     PORT=3000 WEBHOOK_SECRET=whsec_… node examples/verify-fastify.ts
import Fastify from "fastify";
import { createVerifier } from "hooks-relay";

const verifier = createVerifier("standard-webhooks", process.env["WEBHOOK_SECRET"] ?? "");

export const app = Fastify();

app.register((webhooks, _options, done) => {
  webhooks.removeAllContentTypeParsers();
  webhooks.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) => parsed(null, body));

  webhooks.post<{ Body: Buffer | undefined }>("/webhooks", async (request, reply) => {
    const { headers, body = "" } = request;
    const verdict = verifier.verify({ headers, body });
    if (!verdict.valid) {
      // A secret that is missing here is no fault of the sender, who should try again.
      return await reply.code(verdict.reason === "secret_unusable" ? 500 : 401).send(verdict.reason);
    }
    await handle(JSON.parse(body.toString()) as { type: string });
    return await reply.code(204).send();
  });
  done();
});

/** Your own: what to do with an event. */
async function handle(event: { type: string }): Promise<void> {
  if (event.type === "fails") throw new Error("processing failed");
}

if (process.env["PORT"] !== undefined) await app.listen({ port: Number(process.env["PORT"]) });
