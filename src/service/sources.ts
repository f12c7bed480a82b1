import { type AuditAction, changesBetween } from "../core/audit.ts";
import { checkLimit, parseCursor, toPage } from "../core/cursor.ts";
import { HooksError, invalid } from "../core/errors.ts";
import type { Page } from "../core/hooks-service.ts";
import type { Actor } from "../core/key.ts";
import { nearest } from "../core/nearest.ts";
import type { Scope } from "../core/scope.ts";
import { handshakeOf } from "../core/sources/answer-challenge.ts";
import {
  MAX_SOURCES,
  type SourceInput,
  type SourcePatch,
  type SourceQuery,
  type SourceResource,
  type SourceWithSecret,
} from "../core/sources/source.ts";
import {
  blankSettings,
  changedSettings,
  checkSourceScheme,
  checkVerifyToken,
} from "../core/sources/source-settings.ts";
import { checkTopics } from "../core/sources/topic-rule.ts";
import type { StoredSource } from "../store/source-store.ts";
import type { Sealed } from "../store/store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { Cleaning } from "./cleaning.ts";
import { notFound } from "./find-by-reference.ts";
import { dropAll, sealed } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";
import { draftSource, newSource } from "./source-draft.ts";
import { checkSecret, firstSecret, parseSourceGrace, rotated } from "./source-secrets.ts";
import {
  auditedSource,
  type KeptSettings,
  openSecrets,
  readKept,
  type SourceSecrets,
  toSourceResource,
} from "./stored-source.ts";

const MOST_TRIES = 20;

interface Changed {
  kept: KeptSettings;
  /** Undefined: they stay. */
  secrets: SourceSecrets | undefined;
}

/** Create, change, read and delete sources. */
export class Sources {
  readonly #parts: ServiceParts;
  readonly #cleaning: Cleaning;

  constructor(parts: ServiceParts, cleaning: Cleaning) {
    this.#parts = parts;
    this.#cleaning = cleaning;
  }

  async create(scope: Scope, input: SourceInput, actor: Actor): Promise<SourceWithSecret> {
    const { store, newId, sources } = this.#parts;
    const draft = draftSource(input, this.#parts);
    const id = newId("src");
    const after = auditedSource(draft.name, draft.kept);
    const audit = auditEntry(this.#parts, actor, scope, { action: "source.create", id, after });
    await sealed(this.#parts.secrets, async (put) => {
      const outcome = await store.sources.insert(await newSource(draft, id, scope, put), MAX_SOURCES, audit);
      if (outcome !== "inserted") throw notInserted(outcome, draft.name);
    });
    await sources.reloadIfLoaded();
    return { ...(await this.get(scope, draft.name)), secret: draft.made ?? null };
  }

  async list(scope: Scope, query: SourceQuery): Promise<Page<SourceResource>> {
    const limit = checkLimit(query.limit);
    const before = parseCursor(query.cursor);
    const scheme = query.scheme === undefined ? undefined : checkSourceScheme(query.scheme);
    const at = this.#parts.now();
    const found = (await this.#parts.store.sources.load(scope)).filter((one) => {
      if (before !== undefined && before <= one.rowId) return false;
      if (query.enabled === undefined && scheme === undefined) return true;
      const kept = readKept(one);
      return (query.enabled ?? kept.enabled) === kept.enabled && (scheme ?? kept.scheme) === kept.scheme;
    });
    return toPage(found.reverse(), limit, (one) => toSourceResource(one, at));
  }

  async get(scope: Scope, reference: string): Promise<SourceResource> {
    return toSourceResource(await this.find(scope, reference), this.#parts.now());
  }

  async update(scope: Scope, reference: string, patch: SourcePatch, actor: Actor): Promise<SourceResource> {
    const { verify_token: token, ...rest } = patch;
    await this.#change(scope, reference, actor, "source.update", async (stored, kept) => {
      const blank = blankSettings(stored.name, kept.scheme, handshakeOf(kept.scheme));
      const settings = { ...kept, ...changedSettings(kept, rest, blank) };
      // One from before may lack them, and can be switched off all the same.
      if (rest.topics !== undefined) checkTopics(kept.scheme, settings.topics);
      if (token === undefined) return { kept: settings, secrets: undefined };
      const secrets = await openSecrets(stored, this.#parts.secrets);
      return {
        kept: { ...settings, hasVerifyToken: token !== null },
        secrets: { ...secrets, verifyToken: token === null ? undefined : checkVerifyToken(token) },
      };
    });
    return this.get(scope, reference);
  }

  async delete(scope: Scope, reference: string, actor: Actor): Promise<void> {
    const { store, secrets, sources, now } = this.#parts;
    const stored = await this.find(scope, reference);
    const before = auditedSource(stored.name, readKept(stored));
    const audit = auditEntry(this.#parts, actor, scope, { action: "source.delete", id: stored.id, before });
    const isDeleted = await store.sources.delete(stored.rowId, now(), audit);
    await sources.reloadIfLoaded();
    if (!isDeleted) throw notFound("source", reference, undefined, "name");
    await dropAll(secrets, [{ sealed: stored.sealed, ownerId: stored.id }]);
    await this.#cleaning.eraseDeleted();
  }

  async rotateSecret(
    scope: Scope,
    reference: string,
    { secret, grace }: { secret?: string | undefined; grace?: string | undefined },
    actor: Actor,
  ): Promise<SourceWithSecret> {
    const { newId, now, random } = this.#parts;
    let made: string | null = null;
    await this.#change(scope, reference, actor, "source.rotate_secret", async (stored, kept) => {
      const first = secret === undefined ? firstSecret(kept.scheme, undefined, random) : undefined;
      if (secret === undefined && first === undefined)
        throw invalid("secret", "secret is missing: the sender's new one");
      made = first?.text ?? null;
      const fresh = { id: newId("sec"), text: first?.text ?? checkSecret(kept.scheme, secret) };
      return rotated(await openSecrets(stored, this.#parts.secrets), kept, fresh, parseSourceGrace(grace), now());
    });
    return { ...(await this.get(scope, reference)), secret: made };
  }

  /** The sender gave its secret in a handshake. False when there is one already. */
  async takeOffered(stored: StoredSource, text: string, actor: Actor): Promise<boolean> {
    const { newId, now } = this.#parts;
    let isTaken = false;
    await this.#change(stored.scope, stored.name, actor, "source.rotate_secret", async (current, kept) => {
      isTaken = kept.secrets.length === 0;
      if (!isTaken) return { kept, secrets: undefined };
      const fresh = { id: newId("sec"), text: checkSecret(kept.scheme, text) };
      return rotated(await openSecrets(current, this.#parts.secrets), kept, fresh, parseSourceGrace(undefined), now());
    });
    return isTaken;
  }

  /** @throws HooksError `not_found`, for another tenant's, too */
  async find(scope: Scope, reference: string): Promise<StoredSource> {
    if (reference === "") throw invalid("name", "name must not be empty");
    const all = await this.#parts.store.sources.load(scope);
    const found = all.find(({ name, id }) => name === reference || id === reference);
    if (found !== undefined) return found;
    const near = nearest(
      reference,
      all.map(({ name }) => name),
    );
    throw notFound("source", reference, near, "name");
  }

  async #change(
    scope: Scope,
    reference: string,
    actor: Actor,
    action: AuditAction,
    make: (stored: StoredSource, kept: KeptSettings) => Promise<Changed>,
  ): Promise<void> {
    const { store, secrets, sources, now } = this.#parts;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const stored = await this.find(scope, reference);
      const kept = readKept(stored);
      const changed = await make(stored, kept);
      const settings = JSON.stringify(changed.kept);
      if (settings === stored.settings && changed.secrets === undefined) return;
      const changes = changesBetween(auditedSource(stored.name, kept), auditedSource(stored.name, changed.kept), {
        before: {},
        after: changed.secrets === undefined ? {} : { secrets: null },
      });
      const audit = auditEntry(this.#parts, actor, scope, { action, id: stored.id, ...changes });
      const write = (fresh: Sealed | undefined) =>
        store.sources.update(stored.rowId, { settings, sealed: fresh, updatedAt: now() }, stored.updatedAt, audit);
      const isChanged = await sealed(secrets, async (put) => {
        const fresh = changed.secrets === undefined ? undefined : await put(JSON.stringify(changed.secrets), stored.id);
        return (await write(fresh)) === "changed";
      });
      if (!isChanged) continue;
      await sources.reloadIfLoaded();
      if (changed.secrets !== undefined) await dropAll(secrets, [{ sealed: stored.sealed, ownerId: stored.id }]);
      return;
    }
    throw new HooksError("conflict", "the source is being changed by others all the time: nothing was changed", {
      field: "name",
      hint: "try again",
    });
  }
}

/** Why the store did not take a new one. */
export function notInserted(why: "taken" | "full", name: string): HooksError {
  if (why === "full") {
    return new HooksError("conflict", `a tenant has at most ${MAX_SOURCES} sources in an environment`, {
      field: "name",
      hint: "delete those that nobody needs: hooks source list",
    });
  }
  return new HooksError(
    "conflict",
    `there is a source ${JSON.stringify(name)} on this server: /in/${name} is its URL`,
    {
      field: "name",
      hint: `another name, for example: ${name}-2`,
    },
  );
}
