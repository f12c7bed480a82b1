import { AUDIT_ACTIONS, type AuditEntry, type AuditQuery } from "../core/audit.ts";
import { checkLimit, parseCursor, toPage } from "../core/cursor.ts";
import { invalid } from "../core/errors.ts";
import type { Page } from "../core/hooks-service.ts";
import { parseRange } from "../core/instant.ts";
import { ANY, type Caller } from "../core/key.ts";
import { nearest } from "../core/nearest.ts";
import type { AuditFilter } from "../store/admin-store.ts";
import { toAuditResource } from "./audit-trail.ts";
import { narrowed } from "./narrowed.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Kinds of things that actions are about: `subscription`, `key` … */
const KINDS = new Set(AUDIT_ACTIONS.map((action) => action.slice(0, action.indexOf("."))));

/** Reads who changed what. */
export class AuditLog {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async list(caller: Caller, query: AuditQuery): Promise<Page<AuditEntry>> {
    const limit = checkLimit(query.limit);
    const before = parseCursor(query.cursor);
    const filter: AuditFilter = {
      reach: narrowed(caller, query),
      withPast: caller.tenant === ANY,
      ...parseRange(query, this.#parts.now()),
      key: query.key,
      ...actionFilter(query.action),
      resource: query.resource,
    };
    const rows = await this.#parts.store.admin.listAudit(filter, limit + 1, before);
    return toPage(rows, limit, toAuditResource);
  }
}

/** One action, or all of a kind: `subscription.*`. */
function actionFilter(text: string | undefined): Pick<AuditFilter, "action" | "actionPrefix"> {
  if (text === undefined || text === "*") return { action: undefined, actionPrefix: undefined };
  const kind = /^(.+)\.\*$/.exec(text)?.[1];
  if (kind !== undefined && KINDS.has(kind)) return { action: undefined, actionPrefix: `${kind}.` };
  const known = AUDIT_ACTIONS.find((action) => action === text);
  if (known !== undefined) return { action: known, actionPrefix: undefined };
  const near = nearest(text, [...AUDIT_ACTIONS, ...[...KINDS].map((one) => `${one}.*`)]);
  throw invalid(
    "action",
    `action ${JSON.stringify(text.slice(0, 60))} is not recorded`,
    near === undefined
      ? `all of a kind, ${[...KINDS].map((one) => `${one}.*`).join(", ")}, or one, such as subscription.create`
      : `did you mean ${near}?`,
  );
}
