import type { CliContext } from "../../src/cli/context.ts";
import type { ListView } from "../../src/cli/table.ts";
import { type Contexts, readContexts, type ServerContext } from "../../src/config/contexts.ts";
import { settingPlaces } from "../../src/config.ts";
import { LOCAL_CONTEXT } from "../../src/core/setting-rules.ts";

/** A context as it is shown: never its key. */
export interface ContextRow {
  name: string;
  /** What commands work with when they name no other place. */
  current: boolean;
  /** Null: the local store. */
  server: string | null;
  tenant: string | null;
  environment: string | null;
  /** Where its key is kept; null: it has none. */
  key: "file" | "keychain" | null;
}

export const CONTEXT_VIEW: ListView<ContextRow> = {
  fields: ["name", "current", "server", "tenant", "environment", "key"],
  id: (row) => row.name,
  columns: [
    {
      title: "name",
      text: (row) => row.name,
      human: (row) => (row.current ? `* ${row.name}` : `  ${row.name}`),
      whole: true,
      paint: (row, colors) => (row.current ? colors.green : (text) => text),
    },
    { title: "current", text: (row) => (row.current ? "current" : ""), inPipesOnly: true },
    { title: "server", text: (row) => row.server ?? "", human: (row) => row.server ?? "the store on this machine" },
    { title: "tenant", text: (row) => row.tenant ?? "", expendable: 1 },
    { title: "environment", text: (row) => row.environment ?? "", expendable: 1 },
    { title: "key", text: (row) => row.key ?? "", expendable: 2 },
  ],
};

/** Where the contexts of this user are kept. */
export function fileOfContexts({ env, cwd }: Pick<CliContext, "env" | "cwd">): string {
  return settingPlaces(env, cwd).contextsFile;
}

/** In the order in which they were made, the local store first. `chosen`: by --context. */
export function contextRows(context: Pick<CliContext, "env" | "cwd">, chosen: string | undefined): ContextRow[] {
  const contexts = readContexts(fileOfContexts(context));
  const variable = context.env["HOOKS_CONTEXT"] ?? "";
  const current = chosen ?? (variable === "" ? contexts.current : variable) ?? LOCAL_CONTEXT;
  const rows: ContextRow[] = [
    { name: LOCAL_CONTEXT, current: false, server: null, tenant: null, environment: null, key: null },
    ...[...contexts.byName].map(([name, one]) => contextRow(name, one, false)),
  ];
  return rows.map((row) => ({ ...row, current: row.name === current }));
}

export function contextRow(name: string, context: ServerContext, current: boolean): ContextRow {
  const { server, apiKey, inKeychain, tenant = null, environment = null } = context;
  const key = inKeychain ? "keychain" : apiKey === undefined ? null : "file";
  return { name, current, server: server.href, tenant, environment, key };
}

export function rowOf(name: string, contexts: Contexts): ContextRow {
  const context = contexts.byName.get(name);
  if (context !== undefined) return contextRow(name, context, contexts.current === name);
  const current = contexts.current === undefined;
  return { name: LOCAL_CONTEXT, current, server: null, tenant: null, environment: null, key: null };
}
