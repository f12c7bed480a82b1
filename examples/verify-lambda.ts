// Webhooks in AWS Lambda: behind API Gateway (REST APIs, version 1; HTTP APIs, version 2) or a function URL. The body is
// text or, for what the gateway takes for binary, base64; no middleware may have parsed it.
import { createVerifier } from "hooks-relay";

const verifier = createVerifier("standard-webhooks", process.env["WEBHOOK_SECRET"] ?? "");

/** What the events of all three have, as far as it is needed here. */
export interface HttpEvent {
  headers: Record<string, string | undefined>;
  /** Version 1 only. */
  multiValueHeaders?: Record<string, string[] | undefined> | null;
  body?: string | null;
  isBase64Encoded: boolean;
}

export interface HttpAnswer {
  statusCode: number;
  body: string;
}

export async function handler(event: HttpEvent): Promise<HttpAnswer> {
  const body = event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64") : (event.body ?? "");
  // Version 1 has each value of a header that came twice only here.
  const headers = event.multiValueHeaders ?? event.headers;
  const verdict = verifier.verify({ headers, body });
  if (!verdict.valid) {
    // A secret that is missing here is no fault of the sender, who should try again.
    return { statusCode: verdict.reason === "secret_unusable" ? 500 : 401, body: verdict.reason };
  }
  await handle(JSON.parse(body.toString()) as { type: string });
  return { statusCode: 204, body: "" };
}

/**
 * The URL and the method, for schemes that sign them (Square, Twilio, HubSpot, RFC 9421). With a domain of your own in
 * front give that one; version 1 has the query only decoded, so there prefer schemes that do not sign it.
 */
export function targetOf(event: {
  rawPath: string;
  rawQueryString: string;
  requestContext: { domainName: string; http: { method: string } };
}): { method: string; url: string } {
  const { rawPath, rawQueryString, requestContext } = event;
  const query = rawQueryString === "" ? "" : `?${rawQueryString}`;
  return { method: requestContext.http.method, url: `https://${requestContext.domainName}${rawPath}${query}` };
}

/** Your own: what to do with an event. */
async function handle(event: { type: string }): Promise<void> {
  if (event.type === "fails") throw new Error("processing failed");
}
