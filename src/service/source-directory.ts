import type { Scope } from "../core/scope.ts";
import type { CompiledScheme } from "../core/signing/compiled-scheme.ts";
import type { SourceStore, StoredSource } from "../store/source-store.ts";
import type { SecretStore } from "./secret-store.ts";
import { type KeptSettings, openSecrets, readKept, type SourceSecrets } from "./stored-source.ts";
import { whileBusy } from "./while-busy.ts";

/** A source as requests to it are judged. Never serialised, never logged. */
export interface OpenedSource {
  stored: StoredSource;
  settings: KeptSettings;
  /** Undefined: nobody signs. */
  scheme: CompiledScheme | undefined;
  secrets: SourceSecrets;
}

interface Entry {
  stored: StoredSource;
  opened: Promise<OpenedSource> | undefined;
}

/** The sources in memory, by the name in their URL. Whoever changes one calls `reload`, as another process's change does. */
export class SourceDirectory {
  readonly #store: Pick<SourceStore, "load">;
  readonly #secrets: Pick<SecretStore, "get">;
  #sources = new Map<string, Entry>();
  #loaded: Promise<void> | undefined;
  /** Reads go one after another: an older answer must never replace a newer one. */
  #reading: Promise<void> = Promise.resolve();

  constructor(store: Pick<SourceStore, "load">, secrets: Pick<SecretStore, "get">) {
    this.#store = store;
    this.#secrets = secrets;
  }

  /** Loads once; later calls wait for the same. */
  load(): Promise<void> {
    this.#loaded ??= this.#reload();
    return this.#loaded;
  }

  async reloadIfLoaded(): Promise<void> {
    if (this.#loaded !== undefined) await this.#reload();
  }

  /** @throws HooksError when its secrets do not open; undefined: there is none of this name */
  find(name: string): Promise<OpenedSource> | undefined {
    const entry = this.#sources.get(name);
    return entry === undefined ? undefined : this.#open(entry);
  }

  findById(rowId: number): Promise<OpenedSource> | undefined {
    for (const entry of this.#sources.values()) if (entry.stored.rowId === rowId) return this.#open(entry);
    return undefined;
  }

  #open(entry: Entry): Promise<OpenedSource> {
    if (entry.opened === undefined) {
      const opened = open(entry.stored, this.#secrets);
      entry.opened = opened;
      // What fails may be had later.
      opened.catch(() => {
        if (entry.opened === opened) entry.opened = undefined;
      });
    }
    return entry.opened;
  }

  /** Names of those of a tenant and environment. */
  namesIn({ tenant, environment }: Scope): string[] {
    return [...this.#sources.values()]
      .filter(({ stored: { scope } }) => scope.tenant === tenant && scope.environment === environment)
      .map(({ stored }) => stored.name);
  }

  async #reload(): Promise<void> {
    const mine = this.#reading.then(async () => {
      const before = this.#sources;
      const stored = await whileBusy(() => this.#store.load());
      this.#sources = new Map(
        stored.map((one) => {
          const old = before.get(one.name);
          const isSame = old?.stored.id === one.id && old.stored.updatedAt === one.updatedAt;
          return [one.name, { stored: one, opened: isSame ? old.opened : undefined }];
        }),
      );
    });
    this.#reading = mine.catch(() => {});
    await mine;
  }
}

async function open(stored: StoredSource, secrets: Pick<SecretStore, "get">): Promise<OpenedSource> {
  const settings = readKept(stored);
  // Only a daemon opens sources; commands do without the schemes' records.
  const { findScheme } = await import("../core/signing/registry.ts");
  return { stored, settings, scheme: findScheme(settings.scheme), secrets: await openSecrets(stored, secrets) };
}
