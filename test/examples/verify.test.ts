import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVerifier, sign } from "../../src/index.ts";

// Each example under examples/ with its real framework: what a sender posts arrives as it was signed.

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const STRIPE_SECRET = "whsec_test";

interface Answer {
  status: number;
  text: string;
}
type Post = (body: Buffer, headers: Record<string, string>) => Promise<Answer>;

interface Example {
  name: string;
  post: Post;
  /** Headers of a message rightly signed. */
  signed(body: Buffer): Record<string, string>;
}

const closers: (() => unknown)[] = [];
const examples: Record<string, Example> = {};

/** Over a real socket, as a sender does: bytes, and headers in the order given. */
function poster(port: number): Post {
  return async (body, headers) => {
    const sent = httpRequest({ port, host: "127.0.0.1", path: "/webhooks", method: "POST", headers });
    sent.end(body);
    const [response] = await once(sent, "response");
    const chunks: Buffer[] = await response.toArray();
    return { status: response.statusCode, text: Buffer.concat(chunks).toString() };
  };
}

function toRequest(body: Buffer, headers: Record<string, string>): Request {
  const { "content-length": _, ...rest } = headers;
  return new Request("https://example.com/webhooks", { method: "POST", headers: rest, body: new Uint8Array(body) });
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, text: await response.text() };
}

const standard = (body: Buffer) => sign("standard-webhooks", { body }, SECRET).headers;

beforeAll(async () => {
  process.env["WEBHOOK_SECRET"] = SECRET;
  delete process.env["PORT"];

  const { app: expressApp } = await import("../../examples/verify-express.ts");
  const server = createServer(expressApp);
  await once(server.listen(0, "127.0.0.1"), "listening");
  closers.push(() => void server.close());
  examples["express"] = { name: "express", post: poster((server.address() as AddressInfo).port), signed: standard };

  const { app: fastifyApp } = await import("../../examples/verify-fastify.ts");
  await fastifyApp.listen({ port: 0, host: "127.0.0.1" });
  closers.push(() => fastifyApp.close());
  examples["fastify"] = {
    name: "fastify",
    post: poster((fastifyApp.server.address() as AddressInfo).port),
    signed: standard,
  };

  const { app: honoApp } = await import("../../examples/verify-hono.ts");
  examples["hono"] = {
    name: "hono",
    post: async (body, headers) => await answerOf(await honoApp.request(toRequest(body, headers))),
    signed: standard,
  };

  const { POST } = await import("../../examples/verify-next.ts");
  examples["next"] = {
    name: "next",
    post: async (body, headers) => await answerOf(await POST(toRequest(body, headers))),
    signed: standard,
  };

  const { receive } = await import("../../examples/verify-request.ts");
  examples["request"] = {
    name: "request",
    post: async (body, headers) => await answerOf(await receive(toRequest(body, headers), { STRIPE_SECRET })),
    signed: (body) => sign("stripe", { body }, STRIPE_SECRET).headers,
  };

  const { handler } = await import("../../examples/verify-lambda.ts");
  for (const [name, eventOf] of Object.entries(LAMBDA_EVENTS)) {
    examples[name] = {
      name,
      post: async (body, headers) => {
        const { statusCode, body: text } = await handler(eventOf(body, headers));
        return { status: statusCode, text };
      },
      signed: standard,
    };
  }
});

afterAll(async () => {
  for (const close of closers) await close();
});

/** As AWS documents them; https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
const LAMBDA_EVENTS = {
  "lambda, API Gateway version 1": (body: Buffer, headers: Record<string, string>) => ({
    version: "1.0",
    resource: "/webhooks",
    path: "/webhooks",
    httpMethod: "POST",
    headers: capitals(headers),
    multiValueHeaders: Object.fromEntries(Object.entries(capitals(headers)).map(([name, value]) => [name, [value]])),
    body: body.toString(),
    isBase64Encoded: false,
  }),
  "lambda, API Gateway version 2": (body: Buffer, headers: Record<string, string>) => ({
    version: "2.0",
    routeKey: "POST /webhooks",
    rawPath: "/webhooks",
    rawQueryString: "",
    headers,
    body: body.toString(),
    isBase64Encoded: false,
  }),
  "lambda, function URL with base64": (body: Buffer, headers: Record<string, string>) => ({
    version: "2.0",
    rawPath: "/webhooks",
    rawQueryString: "",
    headers,
    body: body.toString("base64"),
    isBase64Encoded: true,
  }),
};

function capitals(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()), value]),
  );
}

const NAMES = ["express", "fastify", "hono", "next", "request", ...Object.keys(LAMBDA_EVENTS)];
let count = 0;
/** Spaced and escaped as nobody would print it again. */
function newBody(type = "order.paid"): Buffer {
  count += 1;
  return Buffer.from(`{ "type" : "${type}",  "n": ${count}, "text": "h\\u00e9 h\u00e9 \u{1f600}", "price": 1.00 }\n`);
}

describe.each(NAMES)("the example for %s", (name) => {
  const type = { "content-type": "application/json; charset=utf-8" };

  it("accepts a message as it was signed, whatever type it has", async () => {
    const { post, signed } = examples[name]!;
    for (const contentType of [
      "application/json",
      "application/json; charset=utf-8",
      "text/plain",
      "application/x-www-form-urlencoded",
    ]) {
      const body = newBody();

      expect(await post(body, { ...signed(body), "content-type": contentType })).toEqual({ status: 204, text: "" });
    }
  });

  it("refuses one whose body means the same in other bytes, one without signature, and an empty one", async () => {
    const { post, signed } = examples[name]!;
    const body = newBody();
    const again = Buffer.from(JSON.stringify(JSON.parse(body.toString())));

    expect(await post(again, { ...signed(body), ...type })).toEqual({ status: 401, text: "signature_mismatch" });
    expect(await post(body, type)).toEqual({ status: 401, text: "missing_header" });
    expect(await post(Buffer.alloc(0), { ...signed(body), ...type })).toEqual({
      status: 401,
      text: "signature_mismatch",
    });
  });
});

describe("the example for express", () => {
  it("answers a replay as the first time, and does nothing twice; after a failure the message may come again", async () => {
    const { post, signed } = examples["express"]!;
    const body = newBody();
    const headers = { ...signed(body), "content-type": "application/json" };
    const failing = newBody("fails");
    const failingHeaders = { ...signed(failing), "content-type": "application/json" };

    expect((await post(body, headers)).status).toBe(204);
    expect((await post(body, headers)).status).toBe(204);
    for (let attempt = 1; attempt <= 3; attempt++) expect((await post(failing, failingHeaders)).status).toBe(500);
  });
});

describe("the example for Lambda", () => {
  it("knows the URL that a scheme signs", async () => {
    const { targetOf } = await import("../../examples/verify-lambda.ts");
    const requestContext = { domainName: "abc.lambda-url.eu-west-1.on.aws", http: { method: "POST" } };

    expect(targetOf({ rawPath: "/in/a", rawQueryString: "x=%20y", requestContext })).toEqual({
      method: "POST",
      url: "https://abc.lambda-url.eu-west-1.on.aws/in/a?x=%20y",
    });
    expect(targetOf({ rawPath: "/", rawQueryString: "", requestContext }).url).toMatch(/\.on\.aws\/$/);
  });
});

describe("a body that was parsed before", () => {
  const verifier = createVerifier("standard-webhooks", SECRET);
  const PARSED = /request\.body was parsed, and what was signed is lost: .*docs\/library\.md/;

  it("is named as the cause in express", async () => {
    const app = express();
    const errors: unknown[] = [];
    app.use(express.json());
    app.post("/webhooks", express.raw({ type: () => true }), (request, response) => {
      try {
        verifier.verify({ headers: request.headers, body: request.body });
      } catch (error) {
        errors.push(error);
      }
      response.sendStatus(500);
    });
    const server = createServer(app);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const body = newBody();
    await poster((server.address() as AddressInfo).port)(body, {
      ...standard(body),
      "content-type": "application/json",
    });
    server.close();

    expect(errors).toEqual([expect.objectContaining({ name: "TypeError", message: expect.stringMatching(PARSED) })]);
  });

  it("is named as the cause in fastify", async () => {
    const app: FastifyInstance = Fastify();
    app.post<{ Body: Buffer }>("/webhooks", (request) => verifier.verify(request));
    const body = newBody();

    const answer = await app.inject({
      method: "POST",
      url: "/webhooks",
      headers: { ...standard(body), "content-type": "application/json" },
      payload: body,
    });

    expect(answer.statusCode).toBe(500);
    expect(answer.json().message).toMatch(PARSED);
  });

  it.each([
    ["an object", { type: "a" }, PARSED],
    ["a list", [1], PARSED],
    ["nothing", undefined, /request\.body is missing/],
    ["null", null, /request\.body is missing/],
    ["an ArrayBuffer", new ArrayBuffer(2), /is an ArrayBuffer: give new Uint8Array/],
    ["a stream", new Response("{}").body, /is a stream: read it first/],
    ["a number", 5, /is a number: it must be the raw bytes/],
  ])("%s is named for what it is", (_, body, message) => {
    expect(() => verifier.verify({ headers: {}, body: body as never })).toThrow(message);
  });
});
