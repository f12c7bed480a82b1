import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Client, createClient, HooksError } from "../../src/index.ts";
import type { OpenApi } from "../receive/support/conformance.ts";
import { keyOf, startTestServer, type TestServer } from "../receive/support/test-server.ts";
import { CALLS, NO_METHOD } from "./support/client-calls.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

function clientOf(url: string, key: Parameters<typeof keyOf>[0] = "admin"): Client {
  const client = createClient({ server: url, apiKey: keyOf(key) });
  onTestFinished(() => client.close());
  return client;
}

/** What a client asks for; every answer is an error. */
async function recorder(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const stub = createServer((request, answer) => {
    asked.push(`${request.method} ${request.url?.split("?")[0]}`);
    request.resume().on("end", () => answer.writeHead(503).end());
  });
  stub.listen(0, "127.0.0.1");
  await once(stub, "listening");
  onTestFinished(() => {
    stub.close();
    stub.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(stub.address() as AddressInfo).port}`, asked };
}

describe("the client", () => {
  it("has a method for every route of the OpenAPI document, which asks for that route", async () => {
    const document = (await server.ask("GET", "/openapi.json", { key: null })).json as OpenApi;
    const { url, asked } = await recorder();
    const client = clientOf(url);
    const missing: string[] = [];
    for (const [route, methods] of Object.entries(document.paths)) {
      for (const [method, { operationId }] of Object.entries(methods)) {
        if (NO_METHOD[operationId] !== undefined) continue;
        const call = CALLS[operationId];
        if (call === undefined) {
          missing.push(operationId);
          continue;
        }
        asked.length = 0;
        const error = await Promise.resolve(call(client)).catch((thrown: unknown) => thrown);
        expect(error, operationId).toBeInstanceOf(HooksError);
        const wanted = `${method.toUpperCase()} ${route.replaceAll(/\{\w+\}/g, "x")}`;
        expect([operationId, asked[0]]).toEqual([operationId, wanted]);
      }
    }
    // A new route needs a method, and a line in test/client/support/client-calls.ts.
    expect(missing).toEqual([]);
    const known = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect([...Object.keys(CALLS), ...Object.keys(NO_METHOD)].filter((id) => !known.includes(id))).toEqual([]);
  });

  it("gives and takes JSON values", async () => {
    const client = clientOf(server.url);
    expect(
      await client.publish({ type: "shop.paid", data: { n: 1.5 }, id: "client-1", metadata: { by: "me" } }),
    ).toEqual({
      id: "client-1",
      deliveries: 0,
    });
    expect(await client.getEvent("client-1")).toMatchObject({
      type: "shop.paid",
      data: { n: 1.5 },
      metadata: { by: "me" },
      deliveries: [],
    });
    const { results } = await client.publishBatch([
      { type: "shop.paid", data: null, timestamp: new Date("2026-01-02T00:00:00Z") },
      { type: "not a type", data: 1 },
    ]);
    expect(results).toMatchObject([{ deliveries: 0 }, { error: { code: "invalid_request" } }]);
    const created = await client.createSubscription({ url: "https://example.com/hook", events: ["shop.*"] });
    expect(await client.testSubscription(created.id, { type: "shop.paid", data: { a: 1 } })).toMatchObject({
      status: 204,
    });
    expect((await client.listKeys()).data).toEqual([]);
    expect(await client.health()).toEqual({ status: "ok" });
    expect(await client.readiness()).toEqual({ status: "ready", checks: { store: "ok" } });
    expect(await client.openApi()).toMatchObject({ openapi: "3.1.0" });
    expect((await client.whoami()).role).toBe("admin");
  });

  it("rejects with typed errors, in the words of its options", async () => {
    const error = (await clientOf("http://127.0.0.1:1")
      .meta()
      .catch((thrown: unknown) => thrown)) as HooksError;
    expect(error).toBeInstanceOf(HooksError);
    expect(error).toMatchObject({ code: "unreachable", field: "server" });
    const forbidden = await clientOf(server.url, "reader")
      .deleteSubscription("sub_1")
      .catch((thrown: unknown) => thrown);
    expect(forbidden).toMatchObject({ code: "forbidden" });
    const notJson = await clientOf(server.url)
      .publish({ type: "a.b", data: undefined })
      .catch((thrown: unknown) => thrown);
    expect(notJson).toMatchObject({ code: "invalid_request", field: "data" });
    expect(() => createClient({ server: "ftp://x" })).toThrow(/^server must be/);
  });

  it("takes server and key from the environment", async () => {
    const before = { ...process.env };
    onTestFinished(() => {
      process.env = before;
    });
    process.env["HOOKS_SERVER"] = server.url;
    process.env["HOOKS_API_KEY"] = keyOf("reader");
    const client = createClient();
    expect((await client.whoami()).name).toBe("dashboard");
    client.close();
  });
});

describe("the library's tree", () => {
  it("imports Node's own modules and nothing else: no store, no package", () => {
    const root = path.join(import.meta.dirname, "../../src");
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
      for (const [, typeOnly, target = ""] of text.matchAll(
        /(?:^|\s)(?:import|export)(\s+type)?\s[^;'"]*?from\s+["']([^"']+)["']/g,
      )) {
        if (typeOnly === undefined) follow(target, file);
      }
      for (const [, target = ""] of text.matchAll(/import\(\s*["']([^"']+)["']\s*\)/g)) follow(target, file);
    };
    const follow = (target: string, from: string): void => {
      if (target.startsWith(".")) visit(path.resolve(path.dirname(from), target));
      else packages.add(target);
    };
    visit(path.join(root, "index.ts"));
    expect([...packages].filter((name) => !name.startsWith("node:"))).toEqual([]);
    const files = [...seen].map((file) => path.relative(root, file));
    expect(files).toEqual(expect.arrayContaining(["client/publisher.ts", "client/client.ts"]));
    expect(files.filter((file) => !/^(index\.ts|core\/|client\/|library\/)/.test(file))).toEqual([]);
  });
});
