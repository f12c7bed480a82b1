import type { Scope } from "../../core/scope.ts";
import type { Connection, Statement } from "./connection.ts";

type Kind = "scope" | "worker" | "eventType";

/**
 * Names that many rows share, as small integers: scopes, workers, event types. Belongs to the write connection; what it
 * remembers is forgotten when a transaction is rolled back.
 */
export class Interned {
  readonly #ids = new Map<string, number>();
  readonly #eventTypeNames = new Map<number, string>();
  readonly #scopes = new Map<number, Scope>();
  readonly #statements: Record<Kind, { find: Statement<number>; insert: Statement }>;
  readonly #findEventTypeName: Statement<string>;
  readonly #findScope: Statement<Scope>;

  constructor(connection: Connection) {
    const pair = (find: string, insert: string) => ({
      find: connection.prepare<unknown[], number>(find).pluck(),
      insert: connection.prepare(insert),
    });
    this.#statements = {
      scope: pair(
        "SELECT scope_id FROM scopes WHERE tenant = ? AND environment = ?",
        "INSERT INTO scopes (tenant, environment) VALUES (?, ?)",
      ),
      worker: pair("SELECT worker_id FROM workers WHERE name = ?", "INSERT INTO workers (name) VALUES (?)"),
      eventType: pair(
        "SELECT event_type_id FROM event_types WHERE scope_id = ? AND name = ?",
        "INSERT INTO event_types (scope_id, name) VALUES (?, ?)",
      ),
    };
    this.#findEventTypeName = connection
      .prepare<unknown[], string>("SELECT name FROM event_types WHERE event_type_id = ?")
      .pluck();
    this.#findScope = connection.prepare("SELECT tenant, environment FROM scopes WHERE scope_id = ?");
  }

  scopeId({ tenant, environment }: Scope): number {
    return this.#idOf("scope", `s/${tenant}/${environment}`, tenant, environment);
  }

  /** Undefined: nothing has it so far, and asking changes nothing. */
  knownScopeId({ tenant, environment }: Scope): number | undefined {
    return this.#ids.get(`s/${tenant}/${environment}`) ?? this.#statements.scope.find.get(tenant, environment);
  }

  scope(scopeId: number): Scope {
    return remember(this.#scopes, scopeId, () => this.#findScope.get(scopeId)!);
  }

  workerId(name: string): number {
    return this.#idOf("worker", `w/${name}`, name);
  }

  eventTypeId(scopeId: number, name: string): number {
    return this.#idOf("eventType", `t/${scopeId}/${name}`, scopeId, name);
  }

  eventTypeName(eventTypeId: number): string {
    return remember(this.#eventTypeNames, eventTypeId, () => this.#findEventTypeName.get(eventTypeId)!);
  }

  forget(): void {
    this.#ids.clear();
    this.#eventTypeNames.clear();
    this.#scopes.clear();
  }

  #idOf(kind: Kind, key: string, ...values: unknown[]): number {
    return remember(this.#ids, key, () => {
      const { find, insert } = this.#statements[kind];
      return find.get(...values) ?? Number(insert.run(...values).lastInsertRowid);
    });
  }
}

/** Types and workers come from outside: an endless number of them must not fill the memory. */
const MAX_REMEMBERED = 10_000;

function remember<K, V>(known: Map<K, V>, key: K, find: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = find();
    if (MAX_REMEMBERED <= known.size) known.clear();
    known.set(key, value);
  }
  return value;
}
