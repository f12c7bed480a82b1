import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../src/core/audit.ts";
import { ROLES, type Role } from "../../src/core/key.ts";
import { refuseUndeclared } from "../../src/receive/register-route.ts";
import type { Route } from "../../src/receive/route.ts";
import { OWN, ROUTE_RULES, type RouteRule, type Specimen } from "./support/route-specimens.ts";
import { type Answer, startTestServer, type TestServer } from "./support/test-server.ts";

/** What a key is made for, seen from OWN. */
const REACHES = {
  own: OWN,
  "own tenant, any environment": { tenant: OWN.tenant, environment: "*" },
  everything: { tenant: "*", environment: "*" },
  "foreign environment": { tenant: OWN.tenant, environment: "production" },
  "foreign tenant": { tenant: "other", environment: OWN.environment },
  "foreign tenant, any environment": { tenant: "other", environment: "*" },
  "any tenant, foreign environment": { tenant: "*", environment: "production" },
} as const;
type ReachName = keyof typeof REACHES;
const REACH_NAMES = Object.keys(REACHES) as ReachName[];

let server: TestServer;
const keys = new Map<string, string>();
/** Keys that nobody gets in with. */
const dead = new Map<string, string | undefined>();
/** What was created for one request. */
let routes: [name: string, status: number][] = [];

beforeAll(async () => {
  server = await startTestServer({ defaultEnvironment: OWN.environment, fromKeyTable: true });
  const admin = server.local.adminFor();
  for (const role of ROLES) {
    for (const reach of REACH_NAMES) {
      const { key } = await admin.createKey({ name: `${role}, ${reach}`, role, ...REACHES[reach] });
      keys.set(`${role} ${reach}`, key);
    }
  }
  const everything = { tenant: "*", environment: "*" };
  const revoked = await admin.createKey({ name: "revoked", role: "admin", ...everything });
  await admin.revokeKey(revoked.id);
  const expiring = await admin.createKey({ name: "expired", role: "admin", ...everything, expires: "1ms" });
  while (server.local.cases.keyTable.isValid(expiring.id)) await new Promise((resolve) => setImmediate(resolve));
  dead.set("without a key", undefined);
  dead.set("with an unknown key", `hk_${"x".repeat(43)}`);
  dead.set("with what may be shown of a key", revoked.hint.replace("…", "..."));
  dead.set("with a revoked key", revoked.key);
  dead.set("with an expired key", expiring.key);
  // Something of its own for each place that data may be in, so that it has a chance to show.
  await ROUTE_RULES["GET /v1/deliveries"]!.make(server.local);
  routes = server.receive.routes.map(({ method, path, id }) => [`${method} ${path}`, successOf(id)]);
});
afterAll(() => server.close());

/** As the OpenAPI document says; 426 of the WebSocket, which is none here. */
function successOf(operationId: string): number {
  const document = server.receive.app.swagger() as unknown as {
    paths: Record<string, Record<string, { operationId: string; responses: object }>>;
  };
  const operation = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .find((one) => one.operationId === operationId)!;
  const status = Number(Object.keys(operation.responses).find((one) => /^[12]\d\d$/.test(one)));
  return status === 101 ? 426 : status;
}

function send(name: string, { target, json }: Specimen, key: string | undefined, headers = {}): Promise<Answer> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return server.ask(name.split(" ", 1)[0]!, target, { key: null, json, headers: { ...headers, ...authorization } });
}

function mayUse({ role }: RouteRule, asking: Role): boolean {
  return role === "open" || role === "any" || asking === "admin" || role === asking;
}

function reachesOwn(reach: ReachName): boolean {
  const { tenant, environment } = REACHES[reach];
  return ["*", OWN.tenant].includes(tenant) && ["*", OWN.environment].includes(environment);
}

/** The status that is right, and whether the mark must be there (undefined: there is none). */
function expected(
  name: string,
  rule: RouteRule,
  success: number,
  reach: ReachName,
): { status: number; mark?: boolean } {
  switch (rule.kind) {
    case "public":
    case "new":
      return { status: success };
    case "list":
      // A tenant is seen by everybody of it, whatever the environment.
      if (name === "GET /v1/tenants")
        return { status: success, mark: ["*", OWN.tenant].includes(REACHES[reach].tenant) };
      return { status: success, mark: reachesOwn(reach) };
    case "row":
      if (name === "GET /v1/tenants/:name") {
        return { status: ["*", OWN.tenant].includes(REACHES[reach].tenant) ? success : 404 };
      }
      return { status: reachesOwn(reach) ? success : 404 };
    case "tenants":
      return { status: reach === "everything" ? success : 403 };
    case "tenant":
      if (!["*", OWN.tenant].includes(REACHES[reach].tenant)) return { status: 404 };
      if (reach !== "everything") return { status: 403 };
      return { status: name.startsWith("DELETE") ? 409 : success };
  }
}

it("every route has its place in the matrix, and the matrix has no other", () => {
  expect(routes.map(([name]) => name).toSorted()).toEqual(Object.keys(ROUTE_RULES).toSorted());
  for (const { method, path, access } of server.receive.routes) {
    expect([method, path, access]).toEqual([method, path, ROUTE_RULES[`${method} ${path}`]!.role]);
  }
});

describe("every route × every role × own, foreign and none", { timeout: 240_000 }, () => {
  it.each(ROLES)("role %s", async (role) => {
    for (const [name, success] of routes) {
      const rule = ROUTE_RULES[name]!;
      // What only reads, or is refused, leaves everything as it was.
      const shared = name.startsWith("GET ") || !mayUse(rule, role) ? await rule.make(server.local) : undefined;
      for (const reach of REACH_NAMES) {
        const specimen = shared ?? (await rule.make(server.local));
        const answer = await send(name, specimen, keys.get(`${role} ${reach}`));
        const cell = `${role}, ${reach}: ${name} → ${answer.status} ${answer.text.slice(0, 200)}`;
        if (!mayUse(rule, role)) {
          expect([answer.status, answer.json?.error.code], cell).toEqual([403, "forbidden"]);
          continue;
        }
        const { status, mark } = expected(name, rule, success, reach);
        expect(answer.status, cell).toBe(status);
        if (specimen.mark !== undefined) expect(new RegExp(specimen.mark).test(answer.text), cell).toBe(mark);
        // What is made by a key that is bound to a place is in that place.
        for (const field of ["tenant", "environment"] as const) {
          const place = REACHES[reach][field];
          if (rule.kind === "new" && answer.json[field] !== undefined && place !== "*") {
            expect(answer.json[field], cell).toBe(place);
          }
        }
        // Whoever is refused learns nothing of what is there, but what he sent himself.
        if (status === 404) expect(answer.text, cell).not.toMatch(/staging|own-\d/);
      }
    }
  });

  it("nobody gets in without a key that is good now", async () => {
    for (const [name, success] of routes) {
      const rule = ROUTE_RULES[name]!;
      const shared = rule.role === "open" ? undefined : await rule.make(server.local);
      for (const [how, key] of dead) {
        const answer = await send(name, shared ?? (await rule.make(server.local)), key);
        const cell = `${how}: ${name} → ${answer.status}`;
        expect(answer.status, cell).toBe(rule.role === "open" ? success : 401);
        if (rule.role !== "open") expect(answer.json.error.code, cell).toBe("unauthenticated");
      }
    }
  });

  it("nobody leaves his own tenant or environment by naming another", async () => {
    for (const [name] of routes) {
      const rule = ROUTE_RULES[name]!;
      // Tenants are named in the path; what is public has none.
      if (["public", "tenant", "tenants"].includes(rule.kind) || name.includes("/tenants")) continue;
      const specimen = await rule.make(server.local);
      for (const reach of ["foreign environment", "foreign tenant"] as const) {
        const headers = { "hooks-tenant": OWN.tenant, "hooks-environment": OWN.environment };
        const answer = await send(name, specimen, keys.get(`admin ${reach}`), headers);
        const cell = `${reach}: ${name} → ${answer.status} ${answer.text.slice(0, 200)}`;
        expect([answer.status, answer.json.error.code], cell).toEqual([403, "forbidden"]);
      }
    }
  });

  it("naming one's own, and as an admin of everything anybody's, is allowed", async () => {
    for (const [name, success] of routes) {
      const rule = ROUTE_RULES[name]!;
      if (rule.kind === "tenant" || rule.kind === "tenants") continue;
      const shared = name.startsWith("GET ") ? await rule.make(server.local) : undefined;
      for (const reach of ["own", "own tenant, any environment", "everything"] as const) {
        const headers = { "hooks-tenant": OWN.tenant, "hooks-environment": OWN.environment };
        const specimen = shared ?? (await rule.make(server.local));
        const answer = await send(name, specimen, keys.get(`admin ${reach}`), headers);
        expect([name, reach, answer.status]).toEqual([name, reach, success]);
      }
    }
  });
});

describe("what was made in the matrix", () => {
  it("is where its key is, and was recorded of whoever did it", async () => {
    const key = keys.get("admin foreign tenant");
    const made = await send(
      "POST",
      { target: "/v1/subscriptions", json: { url: "https://a.example/", events: ["a.b"] } },
      key,
    );
    expect(made.json).toMatchObject(REACHES["foreign tenant"]);
    const audit = await send("GET", { target: `/v1/audit?resource=${made.json.id}` }, key);
    const [entry] = audit.json.data as AuditEntry[];
    expect(entry).toMatchObject({
      action: "subscription.create",
      actor: { name: "admin, foreign tenant", key: expect.stringMatching(/^key_/) },
      from: "127.0.0.1",
      ...REACHES["foreign tenant"],
    });
  });
});

describe("a route that does not say who may use it", () => {
  const complete: Route = {
    method: "GET",
    path: "/v1/new",
    access: "reader",
    id: "new",
    summary: "A new route.",
    tag: "new",
    answer: { status: 200, description: "it" },
    handle: async () => ({}),
  };

  it("does not compile", () => {
    const { access: _, ...undeclared } = complete;
    // @ts-expect-error `access` is missing: the build fails when this line is no error any more.
    const route: Route = undeclared;
    // @ts-expect-error Nor is there a role of any other name.
    const other: Route = { ...complete, access: "root" };
    expect([route.access, other.access]).toEqual([undefined, "root"]);
  });

  it("is not taken by the application, however it is registered", async () => {
    const app = fastify();
    refuseUndeclared(app);
    expect(() => app.get("/v1/new", async () => ({}))).toThrow("GET /v1/new does not say who may use it");
    expect(() => app.get("/v1/old", { config: { access: "reader" } as never }, async () => ({}))).not.toThrow();
    await app.close();
  });
});
