import { changesBetween } from "../core/audit.ts";
import { checkEnvironmentAlerts } from "../core/environment-alerts.ts";
import { HooksError, invalid } from "../core/errors.ts";
import type { EnvironmentPatch, EnvironmentResource } from "../core/event-type.ts";
import { toIsoOrNull } from "../core/instant.ts";
import type { Actor } from "../core/key.ts";
import {
  formatRetentionSpan,
  inForce,
  type OwnRetention,
  parseRetentionSpan,
  RETENTION_KINDS,
  retentionKind,
  retentionTexts,
} from "../core/retention.ts";
import type { Scope } from "../core/scope.ts";
import type { StoredEnvironment } from "../store/catalogue-store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { ServiceParts } from "./service-parts.ts";

const MOST_TRIES = 10;

/** What is set for a whole environment, with its defaults. */
export interface EnvironmentSettings {
  strictTypes: boolean;
  retention: OwnRetention;
  /** Alert rules of its own, as texts (core/environment-alerts.ts). */
  alerts: readonly string[];
}

export function readEnvironment(stored: Pick<StoredEnvironment, "settings"> | undefined): EnvironmentSettings {
  const set = stored === undefined ? {} : (JSON.parse(stored.settings) as Partial<EnvironmentSettings>);
  return { strictTypes: false, retention: {}, alerts: [], ...set };
}

/** Reads and changes what is set for an environment. */
export class Environments {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async get(scope: Scope): Promise<EnvironmentResource> {
    return this.#toResource(scope, await this.#find(scope));
  }

  async update(scope: Scope, patch: EnvironmentPatch, actor: Actor): Promise<EnvironmentResource> {
    const { store, now, catalogue } = this.#parts;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const stored = await this.#find(scope);
      const before = readEnvironment(stored);
      const after = patchedEnvironment(before, patch);
      const changes = changesBetween(auditedEnvironment(before), auditedEnvironment(after));
      if (Object.keys(changes.after).length === 0) return this.#toResource(scope, stored);
      const audit = auditEntry(this.#parts, actor, scope, {
        action: "environment.update",
        id: scope.environment,
        ...changes,
      });
      const settings = JSON.stringify(after);
      if (await store.catalogue.changeEnvironment(scope, settings, now(), stored?.updatedAt, audit)) {
        await catalogue.reloadIfLoaded();
        this.#parts.retentionSweep?.wake();
        return this.get(scope);
      }
    }
    throw new HooksError("conflict", "the environment is being changed by others all the time: nothing was changed", {
      hint: "try again",
    });
  }

  #toResource(scope: Scope, stored: StoredEnvironment | undefined): EnvironmentResource {
    const { strictTypes, retention, alerts } = readEnvironment(stored);
    return {
      tenant: scope.tenant,
      environment: scope.environment,
      strict_types: strictTypes,
      retention: ownTexts(retention),
      alerts: [...alerts],
      retention_in_force: retentionTexts(inForce(retention, this.#parts.retention)),
      updated_at: toIsoOrNull(stored?.updatedAt),
    };
  }

  async #find(scope: Scope): Promise<StoredEnvironment | undefined> {
    return (await this.#parts.store.catalogue.loadEnvironments(scope))[0];
  }
}

/** @throws HooksError `invalid_request` naming the field */
export function patchedEnvironment(before: EnvironmentSettings, patch: EnvironmentPatch): EnvironmentSettings {
  const strictTypes = patch.strict_types;
  if (strictTypes !== undefined && typeof strictTypes !== "boolean") {
    throw invalid("strict_types", "strict_types must be true or false");
  }
  return {
    ...before,
    ...(strictTypes === undefined ? {} : { strictTypes }),
    // What is undefined is no part of the JSON that is stored.
    retention: { ...before.retention, ...spansOf(patch.retention) },
    ...(patch.alerts === undefined ? {} : { alerts: checkEnvironmentAlerts(patch.alerts ?? [], "alerts") }),
  };
}

/** What the audit keeps of it. */
export function auditedEnvironment({ strictTypes, retention, alerts }: EnvironmentSettings): Record<string, unknown> {
  return { strict_types: strictTypes, retention: ownTexts(retention), alerts };
}

/** For each kind of what is kept, what was set for it; null: nothing. */
export function ownTexts(own: OwnRetention): EnvironmentResource["retention"] {
  const text = (ms: number | undefined): string | null => (ms === undefined ? null : formatRetentionSpan(ms));
  return Object.fromEntries(RETENTION_KINDS.map((kind) => [kind, text(own[kind])])) as EnvironmentResource["retention"];
}

/** What a patch sets; undefined for what the server is to say again. @throws HooksError `invalid_request` */
function spansOf(patch: unknown): OwnRetention {
  if (patch === undefined) return {};
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
    throw invalid("retention", 'retention must be an object such as {"events": "7d"}');
  }
  return Object.fromEntries(
    Object.entries(patch).map(([name, value]) => {
      const kind = retentionKind(name, "retention");
      return [kind, value === null ? undefined : parseRetentionSpan(value, kind, `retention.${kind}`)];
    }),
  );
}
