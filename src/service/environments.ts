import { changesBetween } from "../core/audit.ts";
import { HooksError, invalid } from "../core/errors.ts";
import type { EnvironmentPatch, EnvironmentResource } from "../core/event-type.ts";
import { toIsoOrNull } from "../core/instant.ts";
import type { Actor } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import type { StoredEnvironment } from "../store/catalogue-store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { ServiceParts } from "./service-parts.ts";

const MOST_TRIES = 10;

/** What is set for a whole environment, with its defaults. */
export interface EnvironmentSettings {
  strictTypes: boolean;
}

export function readEnvironment(stored: Pick<StoredEnvironment, "settings"> | undefined): EnvironmentSettings {
  const set = stored === undefined ? {} : (JSON.parse(stored.settings) as Partial<EnvironmentSettings>);
  return { strictTypes: false, ...set };
}

/** Reads and changes what is set for an environment. */
export class Environments {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async get(scope: Scope): Promise<EnvironmentResource> {
    return toResource(scope, await this.#find(scope));
  }

  async update(scope: Scope, patch: EnvironmentPatch, actor: Actor): Promise<EnvironmentResource> {
    const { store, now, catalogue } = this.#parts;
    const strictTypes = patch.strict_types;
    if (strictTypes !== undefined && typeof strictTypes !== "boolean") {
      throw invalid("strict_types", "strict_types must be true or false");
    }
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const stored = await this.#find(scope);
      const before = readEnvironment(stored);
      const after: EnvironmentSettings = { ...before, ...(strictTypes === undefined ? {} : { strictTypes }) };
      const changes = changesBetween(audited(before), audited(after));
      if (Object.keys(changes.after).length === 0) return toResource(scope, stored);
      const audit = auditEntry(this.#parts, actor, scope, {
        action: "environment.update",
        id: scope.environment,
        ...changes,
      });
      const settings = JSON.stringify(after);
      if (await store.catalogue.changeEnvironment(scope, settings, now(), stored?.updatedAt, audit)) {
        await catalogue.reloadIfLoaded();
        return this.get(scope);
      }
    }
    throw new HooksError("conflict", "the environment is being changed by others all the time: nothing was changed", {
      hint: "try again",
    });
  }

  async #find(scope: Scope): Promise<StoredEnvironment | undefined> {
    return (await this.#parts.store.catalogue.loadEnvironments(scope))[0];
  }
}

function toResource(scope: Scope, stored: StoredEnvironment | undefined): EnvironmentResource {
  return {
    tenant: scope.tenant,
    environment: scope.environment,
    strict_types: readEnvironment(stored).strictTypes,
    updated_at: toIsoOrNull(stored?.updatedAt),
  };
}

function audited({ strictTypes }: EnvironmentSettings): Record<string, unknown> {
  return { strict_types: strictTypes };
}
