import { parseJson } from "../body.ts";
import { type Route, route } from "../route.ts";
import { TENANT, TENANT_DELETION, TENANT_INPUT, TENANT_PARAMS, TENANT_PATCH, TENANT_QUERY } from "../schemas/admin.ts";
import { numbered } from "../schemas/query.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "tenants";

export const TENANT_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/tenants",
    access: "admin",
    id: "createTenant",
    summary: "Create a tenant. Needs a key for every tenant and environment.",
    tag,
    body: { schema: refTo(TENANT_INPUT), parse: parseJson },
    answer: { status: 201, description: "created", schema: refTo(TENANT) },
    async handle({ body, admin }) {
      return admin().createTenant(body);
    },
  }),

  route({
    method: "GET",
    path: "/v1/tenants",
    access: "admin",
    id: "listTenants",
    summary: "List tenants in alphabetical order: those that were created, and those that have data or keys.",
    tag,
    query: TENANT_QUERY,
    answer: { status: 200, description: "a page of tenants", schema: pageOfRefs("Tenant") },
    async handle({ query, admin }) {
      return admin().listTenants(numbered(query));
    },
  }),

  route({
    method: "GET",
    path: "/v1/tenants/:name",
    access: "admin",
    id: "getTenant",
    summary: "A tenant.",
    tag,
    params: TENANT_PARAMS,
    answer: { status: 200, description: "the tenant", schema: refTo(TENANT) },
    async handle({ params, admin }) {
      return admin().getTenant(params.name);
    },
  }),

  route({
    method: "PATCH",
    path: "/v1/tenants/:name",
    access: "admin",
    id: "updateTenant",
    summary: "Change a tenant's description. Needs a key for every tenant and environment.",
    tag,
    params: TENANT_PARAMS,
    body: { schema: refTo(TENANT_PATCH), parse: parseJson },
    answer: { status: 200, description: "the tenant", schema: refTo(TENANT) },
    async handle({ params, body, admin }) {
      return admin().updateTenant(params.name, body);
    },
  }),

  route({
    method: "DELETE",
    path: "/v1/tenants/:name",
    access: "admin",
    id: "deleteTenant",
    summary:
      "Delete a tenant. One that has data or keys only with `force=true`: then its keys end and all that it has is erased. With `dry_run=true` it stays. Needs a key for every tenant and environment.",
    tag,
    params: TENANT_PARAMS,
    query: TENANT_DELETION,
    answer: { status: 204, description: "deleted, or with dry_run: would be" },
    async handle({ params, query, admin }) {
      await admin().deleteTenant(params.name, { force: query.force === "true", dry_run: query.dry_run === "true" });
    },
  }),
];
