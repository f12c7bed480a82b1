import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenApi, Operation } from "./support/conformance.ts";
import { startTestServer, type TestServer } from "./support/test-server.ts";

let server: TestServer;
let document: OpenApi;
let operations: { name: string; path: string; operation: Operation }[];

beforeAll(async () => {
  server = await startTestServer();
  document = (await server.ask("GET", "/openapi.json", { key: null })).json as OpenApi;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );
});
afterAll(() => server.close());

describe("the OpenAPI document", () => {
  it("is of version 3.1 and describes every route", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(operations.map(({ name }) => name).toSorted()).toEqual(
      [
        "GET /v1/export",
        "POST /v1/apply",
        "DELETE /v1/event-types/{name}",
        "DELETE /v1/event-types/{name}/versions/{version}",
        "DELETE /v1/dead-letters",
        "DELETE /v1/keys/{id}",
        "DELETE /v1/sources/{name}",
        "DELETE /v1/subscriptions/{id}",
        "DELETE /v1/tenants/{name}",
        "GET /healthz",
        "GET /metrics",
        "GET /openapi.json",
        "GET /readyz",
        "GET /v1/alerts",
        "GET /v1/audit",
        "GET /v1/dead-letters",
        "GET /v1/deliveries",
        "GET /v1/deliveries/{id}",
        "GET /v1/environment",
        "GET /v1/event-types",
        "GET /v1/event-types/{name}",
        "GET /v1/events",
        "GET /v1/events/{id}",
        "GET /v1/keys",
        "GET /v1/keys/{id}",
        "GET /v1/listen",
        "GET /v1/meta",
        "GET /v1/purges",
        "GET /v1/purges/{id}",
        "GET /v1/replays",
        "GET /v1/replays/{id}",
        "GET /v1/sources",
        "GET /v1/sources/{name}",
        "GET /v1/sources/{name}/requests",
        "GET /v1/sources/{name}/requests/{id}",
        "GET /v1/stats",
        "GET /v1/stats/tenants",
        "GET /v1/subscriptions",
        "GET /v1/subscriptions/{id}",
        "GET /v1/subscriptions/{id}/deliveries",
        "GET /v1/subscriptions/{id}/health",
        "GET /v1/subscriptions/{id}/stats",
        "GET /v1/tail",
        "GET /v1/tenants",
        "GET /v1/tenants/{name}",
        "GET /v1/whoami",
        "GET /v1/why",
        "PATCH /v1/environment",
        "PATCH /v1/sources/{name}",
        "PATCH /v1/event-types/{name}",
        "PATCH /v1/subscriptions/{id}",
        "PATCH /v1/tenants/{name}",
        "POST /v1/dead-letters/replay",
        "POST /v1/deliveries/{id}/cancel",
        "POST /v1/deliveries/{id}/retry",
        "POST /v1/event-types",
        "POST /v1/event-types/import",
        "POST /v1/events",
        "POST /v1/events/batch",
        "POST /v1/events/{id}/replay",
        "POST /v1/filters/test",
        "POST /v1/keys",
        "POST /v1/purges",
        "POST /v1/purges/{id}/cancel",
        "POST /v1/replays",
        "POST /v1/replays/{id}/cancel",
        "POST /v1/secrets/rotate",
        "POST /v1/sources",
        "POST /v1/sources/{name}/rotate-secret",
        "POST /v1/subscriptions",
        "POST /v1/subscriptions/{id}/disable",
        "POST /v1/subscriptions/{id}/enable",
        "POST /v1/subscriptions/{id}/pause",
        "POST /v1/subscriptions/{id}/replay",
        "POST /v1/subscriptions/{id}/resume",
        "POST /v1/subscriptions/{id}/rotate-secret",
        "POST /v1/subscriptions/{id}/test",
        "POST /v1/tenants",
        "PUT /v1/subscriptions/{id}",
      ].toSorted(),
    );
  });

  it("gives each route a name of its own, a summary, who may use it, and the error's schema", () => {
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    const error = { $ref: "#/components/schemas/Error" };
    for (const { name, path, operation } of operations) {
      expect([name, operation.summary.length > 5, operation.security]).toEqual([
        name,
        true,
        path.startsWith("/v1/") || path === "/metrics" ? [{ key: [] }] : [],
      ]);
      for (const status of ["4XX", "5XX"]) {
        expect(operation.responses[status]?.content?.["application/json"]?.schema).toEqual(error);
      }
      const success = Object.keys(operation.responses).filter((status) => /^[12]\d\d$/.test(status));
      expect([name, success.length]).toEqual([name, 1]);
    }
  });

  it("names its schemas, and every reference leads to one", () => {
    const names = Object.keys(document.components.schemas);
    expect(names.filter((name) => name.startsWith("def-"))).toEqual([]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target!);
    expect(references.length).toBeGreaterThan(50);
    const unknown = references.filter((target) => !names.includes(target.replace("#/components/schemas/", "")));
    expect(unknown).toEqual([]);
  });

  it("has only schemas that are valid JSON Schema", () => {
    const ajv = new Ajv2020({ strict: false, formats: { "date-time": true } });
    ajv.addSchema({ $id: "document", ...document });
    for (const name of Object.keys(document.components.schemas)) {
      expect(() => ajv.compile({ $ref: `document#/components/schemas/${name}` })).not.toThrow();
    }
  });

  it("lets no object that comes in have members that nobody knows", () => {
    for (const { name, operation } of operations) {
      const reference = operation.requestBody?.content["application/json"]?.schema as { $ref?: string } | undefined;
      if (reference === undefined) continue;
      const schema = document.components.schemas[reference.$ref!.replace("#/components/schemas/", "")];
      expect([name, schema]).toMatchObject([name, { additionalProperties: false }]);
    }
  });

  it("says that a batch may be NDJSON", () => {
    const { requestBody } = document.paths["/v1/events/batch"]!["post"]!;
    expect(Object.keys(requestBody!.content)).toEqual(["application/json", "application/x-ndjson"]);
  });

  it("documents the filters of lists", () => {
    const names = document.paths["/v1/deliveries"]!["get"]!.parameters!.map(({ name }) => name);
    const filters = ["event", "order", "outcome", "since", "status", "subscription", "type", "until"];
    expect(names.toSorted()).toEqual(["cursor", "limit", ...filters].sort());
  });
});
