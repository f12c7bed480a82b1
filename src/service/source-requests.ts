import { isUtf8 } from "node:buffer";
import { checkLimit, parseCursor, toPage } from "../core/cursor.ts";
import { invalid } from "../core/errors.ts";
import type { Page } from "../core/hooks-service.ts";
import { toIso } from "../core/instant.ts";
import type { Scope } from "../core/scope.ts";
import { diagnose } from "../core/signing/diagnose.ts";
import { findScheme } from "../core/signing/registry.ts";
import type { Refusal, VerifyReason } from "../core/signing/verdict.ts";
import {
  REQUEST_OUTCOMES,
  type SourceRequestDetail,
  type SourceRequestQuery,
  type SourceRequestResource,
} from "../core/sources/source.ts";
import { toleranceSeconds } from "../core/sources/source-texts.ts";
import { WRONG_TOPIC } from "../core/sources/topic-rule.ts";
import type { StoredInboundDetail, StoredInboundRequest, StoredSource } from "../store/source-store.ts";
import { ambiguous, isBeginning, notFound } from "./find-by-reference.ts";
import { openBody, openHead } from "./sealed-request.ts";
import type { ServiceParts } from "./service-parts.ts";
import { masked, maskedBody, maskedHeaders } from "./shown-secrets.ts";
import type { Sources } from "./sources.ts";
import { openSecrets, readKept, type SourceSecrets } from "./stored-source.ts";

/** What is wrong with such a request is not its signature. */
const NOT_SIGNING: ReadonlySet<string | undefined> = new Set(["malformed", WRONG_TOPIC]);

/** Reads what came to sources. */
export class SourceRequests {
  readonly #parts: ServiceParts;
  readonly #sources: Sources;

  constructor(parts: ServiceParts, sources: Sources) {
    this.#parts = parts;
    this.#sources = sources;
  }

  async list(scope: Scope, reference: string, query: SourceRequestQuery): Promise<Page<SourceRequestResource>> {
    const limit = checkLimit(query.limit);
    const before = parseCursor(query.cursor);
    if (query.outcome !== undefined && !REQUEST_OUTCOMES.includes(query.outcome)) {
      throw invalid("outcome", `outcome must be one of: ${REQUEST_OUTCOMES.join(", ")}`);
    }
    const source = await this.#sources.find(scope, reference);
    const rows = await this.#parts.store.sources.list(source.rowId, query.outcome, limit + 1, before);
    return toPage(rows, limit, (row) => toResource(row, source));
  }

  async get(scope: Scope, reference: string, id: string): Promise<SourceRequestDetail> {
    const source = await this.#sources.find(scope, reference);
    const found = isBeginning(id, "req_") ? await this.#parts.store.sources.find(source.rowId, id) : [];
    const stored = found.find((one) => one.id === id) ?? found[0];
    if (stored === undefined) throw notFound("request", id);
    if (1 < found.length && stored.id !== id) {
      throw ambiguous(
        "request",
        id,
        found.map((one) => one.id),
      );
    }
    const secrets = await openSecrets(source, this.#parts.secrets);
    const { isBodySealed, body } = stored;
    const row = isBodySealed && body !== undefined ? { ...stored, body: openBody(body, stored.id, secrets) } : stored;
    const head = openHead(row.head, row.id, secrets);
    const encoding = row.body === undefined || isUtf8(row.body) ? "utf8" : "base64";
    return {
      ...toResource(row, source),
      path: masked(head.path, secrets),
      query: masked(head.query, secrets),
      headers: maskedHeaders(head.headers, secrets),
      body: row.body === undefined ? null : maskedBody(row.body, secrets).toString(encoding),
      body_encoding: encoding,
      hints: hintsOf(row, head, source, secrets),
    };
  }
}

/** What would have made it valid, in words: the same that `hooks verify` says. */
function hintsOf(
  row: StoredInboundDetail,
  { method, path, query, headers }: ReturnType<typeof openHead>,
  source: StoredSource,
  secrets: SourceSecrets,
): string[] {
  const { scheme, url, tolerance } = readKept(source);
  const compiled = findScheme(scheme);
  if (row.outcome !== "refused" || NOT_SIGNING.has(row.reason) || row.body === undefined || compiled === undefined)
    return [];
  const refusal: Refusal = { valid: false, reason: row.reason as VerifyReason, detail: row.detail ?? "" };
  const texts = secrets.secrets.map(({ text }) => text);
  if (texts.length === 0) return [];
  const target = `${path === "/" ? "" : path}${query === "" ? "" : `?${query}`}`;
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? "localhost";
  const request = { headers, body: row.body, method, url: `${url ?? `https://${host}/in/${source.name}`}${target}` };
  const judgedBy = { now: row.receivedAt / 1_000, tolerance: toleranceSeconds(tolerance) };
  return diagnose(compiled, request, texts, refusal, judgedBy).map(({ text }) => text);
}

function toResource(row: StoredInboundRequest, { name, scope }: StoredSource): SourceRequestResource {
  return {
    id: row.id,
    source: name,
    received_at: toIso(row.receivedAt),
    outcome: row.outcome,
    status: row.status,
    reason: row.reason ?? null,
    detail: row.detail ?? null,
    method: row.method,
    from: row.from,
    body_bytes: row.bodyBytes,
    event_id: row.eventId ?? null,
    tenant: scope.tenant,
    environment: scope.environment,
  };
}
