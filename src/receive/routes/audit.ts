import { type Route, route } from "../route.ts";
import { AUDIT_QUERY } from "../schemas/admin.ts";
import { numbered } from "../schemas/query.ts";
import { pageOfRefs } from "../schemas/words.ts";

export const AUDIT_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/audit",
    access: "admin",
    id: "listAudit",
    summary: "Who changed what, newest first. Reading and publishing are not recorded.",
    tag: "audit",
    query: AUDIT_QUERY,
    answer: { status: 200, description: "a page of entries", schema: pageOfRefs("AuditEntry") },
    async handle({ query, admin, named }) {
      return admin().listAudit({ ...numbered(query), ...named(query) });
    },
  }),
];
