// Webhooks in express. The bytes must reach `verify` as they came: `express.raw` on this route, and no `express.json()`
// before it. Where one stands before it, `verify` throws a TypeError that says so.
//
//     PORT=3000 WEBHOOK_SECRET=whsec_… node examples/verify-express.ts
import express from "express";
import { createVerifier, MemoryReplays } from "hooks-relay";

const verifier = createVerifier("standard-webhooks", process.env["WEBHOOK_SECRET"] ?? "", {
  replays: new MemoryReplays(),
});

export const app = express();

app.post("/webhooks", express.raw({ type: () => true, limit: "1mb" }), async (request, response) => {
  // express leaves the body of a request that has none undefined.
  const verdict = verifier.verify({ headers: request.headers, body: request.body ?? "" });
  if (!verdict.valid) {
    // It was answered before: the same answer again, and nothing done twice.
    if (verdict.reason === "replayed") response.sendStatus(204);
    // A secret that is missing here is no fault of the sender, who should try again.
    else response.status(verdict.reason === "secret_unusable" ? 500 : 401).send(verdict.reason);
    return;
  }
  try {
    await handle(JSON.parse(request.body));
  } catch (error) {
    // Else the sender's next try would be taken for a replay.
    await verifier.forget(verdict);
    throw error;
  }
  response.sendStatus(204);
});

// Other routes may parse: after the one above, or each for itself.
app.use(express.json());

/** Your own: what to do with an event. */
async function handle(event: { type: string }): Promise<void> {
  if (event.type === "fails") throw new Error("processing failed");
}

if (process.env["PORT"] !== undefined) app.listen(Number(process.env["PORT"]));
