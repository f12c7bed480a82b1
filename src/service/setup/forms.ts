// Things as a set-up writes them: what is by default is left out. Both what is exported and what a plan compares.

import { CLOSED } from "../../core/breaker.ts";
import { formatDuration } from "../../core/duration.ts";
import { NEW_HEALTH } from "../../core/health.ts";
import type { JsonObject, JsonValue } from "../../core/json-value.ts";
import type { Profiles } from "../../core/profiles/registry.ts";
import type { SetupEventType, SetupVersion } from "../../core/setup/setup.ts";
import { handshakeOf } from "../../core/sources/answer-challenge.ts";
import { blankSettings, type SourceSettings } from "../../core/sources/source-settings.ts";
import { toleranceText } from "../../core/sources/source-texts.ts";
import type { SubscriptionResource } from "../../core/subscription.ts";
import type { StoredSubscription } from "../../store/store.ts";
import { blank } from "../draft-bases.ts";
import type { EventTypeContent, VersionContent } from "../stored-event-type.ts";
import { toSubscriptionResource } from "../subscription-resource.ts";

/** As it is stored or would be. */
type Shown = Pick<
  StoredSubscription,
  "name" | "url" | "events" | "enabled" | "paused" | "settings" | "autoDisableFailures" | "autoDisableSpanMs"
>;

const FIELDS = [
  "description",
  "filter",
  "retry",
  "retry_on",
  "timeout_ms",
  "on_410",
  "breaker",
  "auto_disable",
  "rotate_every",
  "allow_net",
  "deny_net",
  "concurrency",
  "rate_limit",
  "excerpt_chars",
  "order_by",
  "batch",
  "event_version",
  "metadata",
] as const satisfies readonly (keyof SubscriptionResource)[];

/** All but its secret. Values of headers and the query of its URL are masked. */
export function subscriptionForm(shown: Shown, headerNames: readonly string[], profiles: Profiles): JsonObject {
  const resource = resourceOf(shown, headerNames);
  const { name, url, events, enabled, paused, profile, headers, handshake } = resource;
  // A profile that is not defined here has no defaults that are known: everything is written out.
  const known = profiles.find(profile);
  const base = known === undefined ? undefined : blank(known);
  const defaults =
    base === undefined
      ? undefined
      : resourceOf(
          {
            ...base,
            paused: false,
            settings: JSON.stringify(base.settings),
            autoDisableFailures: base.autoDisable.failures,
            autoDisableSpanMs: base.autoDisable.minSpanMs,
          },
          [],
        );
  const form: JsonObject = { name, url, events };
  if (!enabled) form["enabled"] = false;
  if (paused) form["paused"] = true;
  if (profile !== "standard") form["profile"] = profile;
  if (0 < headerNames.length) form["headers"] = headers;
  for (const field of FIELDS) {
    const value = resource[field] as JsonValue;
    if (defaults !== undefined && JSON.stringify(value) === JSON.stringify(defaults[field])) continue;
    if (field === "timeout_ms") form["timeout"] = formatDuration(resource.timeout_ms);
    else form[field] = value;
  }
  if (handshake !== null) {
    form["handshake"] = { origin: handshake.origin, ...(handshake.rate === null ? {} : { rate: handshake.rate }) };
  }
  return form;
}

function resourceOf(shown: Omit<Shown, "url"> & { url: string | undefined }, headerNames: readonly string[]) {
  const stored = {
    rowId: 0,
    id: "",
    scope: { tenant: "", environment: "" },
    transport: "http" as const,
    urlSealed: undefined,
    disabledReason: undefined,
    disabledAt: undefined,
    headers: undefined,
    headerNames,
    secrets: [],
    health: NEW_HEALTH,
    breaker: CLOSED,
    counts: { succeeded: 0, failed: 0 },
    session: undefined,
    createdAt: 0,
    updatedAt: 0,
    ...shown,
  };
  return toSubscriptionResource(stored, headerNames, 0);
}

/** All but what is secret. */
export function sourceForm(name: string, settings: SourceSettings): JsonObject {
  const defaults = shownSource(blankSettings(name, settings.scheme, handshakeOf(settings.scheme)));
  const others = Object.entries(shownSource(settings)).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(defaults[field]),
  );
  return { name, scheme: settings.scheme, ...Object.fromEntries(others) };
}

function shownSource(settings: SourceSettings): JsonObject {
  return {
    description: settings.description,
    enabled: settings.enabled,
    mode: settings.mode,
    live_timeout: formatDuration(settings.liveTimeoutMs),
    prefix: settings.prefix,
    type_from: settings.typeFrom ?? null,
    id_from: settings.idFrom ?? null,
    data_from: settings.dataFrom ?? null,
    map: Object.fromEntries(settings.map),
    handshake: settings.handshake ?? "none",
    allow_origins: settings.allowOrigins,
    topics: settings.topics,
    tolerance: toleranceText(settings.tolerance),
    url: settings.url ?? null,
    rate_limit: settings.rateLimit ?? null,
  };
}

/** Of the catalogue, to be compared: versions by their name. */
export function comparedEventType(content: EventTypeContent): JsonObject {
  const { description, tags, deprecated, defaultVersion, versions, removedVersions } = content;
  return {
    ...(description === "" ? {} : { description }),
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
    ...(deprecated ? { deprecated } : {}),
    ...(versions.length === 1 ? {} : { default_version: defaultVersion }),
    versions: Object.fromEntries(versions.map((one) => [one.version, plainVersion(one)])),
    ...(removedVersions.length === 0 ? {} : { removed_versions: [...removedVersions] }),
  };
}

/** The same as a set-up writes it. */
export function eventTypeForm(name: string, content: EventTypeContent): SetupEventType {
  const { description, tags, deprecated, defaultVersion, versions, removedVersions } = content;
  const [only] = versions;
  const isSimple = versions.length === 1 && only?.version === "1" && removedVersions.length === 0;
  return {
    name,
    ...(description === "" ? {} : { description }),
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
    ...(deprecated ? { deprecated } : {}),
    ...(isSimple
      ? plainVersion(only)
      : {
          versions: versions.map((one) => ({ version: one.version, ...plainVersion(one) })),
          ...(defaultVersion === versions.at(-1)?.version ? {} : { default_version: defaultVersion }),
          ...(removedVersions.length === 0 ? {} : { removed_versions: [...removedVersions] }),
        }),
  };
}

function plainVersion({ schema, example, down }: VersionContent): JsonObject & Omit<SetupVersion, "version"> {
  return {
    ...(schema === undefined ? {} : { schema }),
    ...(example === undefined ? {} : { example }),
    // It is JSON already.
    ...(down === undefined ? {} : { down: down as unknown as JsonObject & NonNullable<SetupVersion["down"]> }),
  };
}
