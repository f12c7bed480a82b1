import { formatDuration } from "../core/duration.ts";
import { toIso, toIsoOrNull } from "../core/instant.ts";
import type { SourceResource } from "../core/sources/source.ts";
import type { SourceSettings } from "../core/sources/source-settings.ts";
import { toleranceText } from "../core/sources/source-texts.ts";
import type { StoredSource } from "../store/source-store.ts";
import type { SecretStore } from "./secret-store.ts";

/** What a source's row keeps as JSON. */
export interface KeptSettings extends SourceSettings {
  /** What may be shown of its secrets, newest first. */
  secrets: { id: string; hint: string; createdAt: number; expiresAt: number | undefined }[];
  hasVerifyToken: boolean;
}

/** What is sealed of it, as JSON. */
export interface SourceSecrets {
  /** Seals the heads of its requests: base64 of 32 bytes. It never changes, so they need not be sealed anew. */
  requestKey: string;
  /** Newest first. */
  secrets: { id: string; text: string; expiresAt?: number | undefined }[];
  verifyToken?: string | undefined;
}

export function readKept({ settings }: StoredSource): KeptSettings {
  return JSON.parse(settings) as KeptSettings;
}

/** @throws HooksError `store_unusable` when it does not open; `unavailable`: try again */
export async function openSecrets(
  { id, sealed }: StoredSource,
  secrets: Pick<SecretStore, "get">,
): Promise<SourceSecrets> {
  return JSON.parse(await secrets.get(sealed, id)) as SourceSecrets;
}

export function toSourceResource(stored: StoredSource, now: number): SourceResource {
  const kept = readKept(stored);
  return {
    id: stored.id,
    name: stored.name,
    description: kept.description,
    enabled: kept.enabled,
    scheme: kept.scheme,
    mode: kept.mode,
    live_timeout: formatDuration(kept.liveTimeoutMs),
    prefix: kept.prefix,
    type_from: kept.typeFrom ?? null,
    id_from: kept.idFrom ?? null,
    data_from: kept.dataFrom ?? null,
    map: Object.fromEntries(kept.map),
    handshake: kept.handshake ?? null,
    has_verify_token: kept.hasVerifyToken,
    allow_origins: kept.allowOrigins,
    topics: kept.topics,
    tolerance: toleranceText(kept.tolerance),
    url: kept.url ?? null,
    rate_limit: kept.rateLimit ?? null,
    tenant: stored.scope.tenant,
    environment: stored.scope.environment,
    secrets: kept.secrets
      .filter(({ expiresAt }) => expiresAt === undefined || now < expiresAt)
      .map(({ id, createdAt, expiresAt, hint }) => ({
        id,
        created_at: toIso(createdAt),
        expires_at: toIsoOrNull(expiresAt),
        hint,
      })),
    created_at: toIso(stored.createdAt),
    updated_at: toIso(stored.updatedAt),
  };
}

/** What the audit keeps of one. */
export function auditedSource(name: string, kept: KeptSettings): Record<string, unknown> {
  const { secrets, map, liveTimeoutMs, typeFrom, idFrom, dataFrom, allowOrigins, hasVerifyToken, rateLimit, ...rest } =
    kept;
  return {
    name,
    ...rest,
    live_timeout: formatDuration(liveTimeoutMs),
    type_from: typeFrom ?? null,
    id_from: idFrom ?? null,
    data_from: dataFrom ?? null,
    map: Object.fromEntries(map),
    allow_origins: allowOrigins,
    has_verify_token: hasVerifyToken,
    rate_limit: rateLimit ?? null,
    handshake: kept.handshake ?? null,
    tolerance: toleranceText(kept.tolerance),
    url: kept.url ?? null,
    secrets: secrets.map(({ hint }) => hint),
  };
}
