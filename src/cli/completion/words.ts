import type { AdminService } from "../../core/admin-service.ts";
import type { HooksService } from "../../core/hooks-service.ts";
import type { SettingKey } from "../../core/setting-rules.ts";
import { type CommandTable, type LeafEntry, selectCommand } from "../command-table.ts";
import type { CliContext } from "../context.ts";
import { globalFlagOf } from "../global-flags.ts";
import { allEventTypes } from "../pages.ts";
import { dynamicKind } from "./completion-model.ts";

// What `hooks __complete` answers for the words of a command line: values that only the store knows. Commands, flags
// and fixed choices stand in the scripts.

export interface Candidate {
  value: string;
  description: string;
}

/** The word that is being completed, and what it is a value of. */
export interface Completing {
  /** `subscription`, `event-type`, `pattern`, `event`, `delivery`, `context`, `key`, `tenant` or `source`. */
  kind: string;
  /** What is typed of the value. */
  typed: string;
  /** The argument of this command, or a flag's value of it: `sub create`. */
  command: string;
  isFlag: boolean;
  /** Global flags among the words that are settings: `--store x` decides which store is asked. */
  settings: Partial<Record<SettingKey, string>>;
}

const SETTING_OF_FLAG: Readonly<Record<string, SettingKey>> = {
  "--store": "store",
  "--server": "server",
  "--context": "context",
  "--api-key": "api_key",
  "--api-key-file": "api_key_file",
  "--tenant": "tenant",
  "--env": "environment",
};

/** `words` without the program's name; the last one is being typed. Undefined when nothing can be said. */
export async function completing(
  words: readonly string[],
  table: CommandTable,
  context: CliContext,
): Promise<Completing | undefined> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const selection = selectCommand(before, table);
  if (selection.kind !== "leaf" || selection.path.length === 0) return undefined;
  const command = await loadCommand(selection.entry, context);
  const valueNames = new Map<string, string>();
  for (const option of command.options) {
    const name = /<([^>]+)>/.exec(option.flags)?.[1];
    const kind = name === undefined ? undefined : (dynamicKind(name, option.long) ?? name);
    for (const flag of [option.long, option.short]) {
      if (kind !== undefined && flag !== undefined) valueNames.set(flag, kind);
    }
  }
  const settings = settingsIn(before);
  const name = selection.path.join(" ");
  const known = (kind: string | undefined, typed: string, isFlag: boolean): Completing | undefined =>
    kind === undefined ? undefined : { kind, typed, command: name, isFlag, settings };
  const [flag, typed] = current.startsWith("--") && current.includes("=") ? split(current) : [undefined, current];
  if (flag !== undefined) return known(valueNames.get(flag) ?? dynamicKind("", flag), typed, true);

  let positionals = 0;
  for (let at = 0; at < selection.args.length; at++) {
    const word = selection.args[at] ?? "";
    if (word === "--") return undefined;
    const takesValue = valueNames.has(word) || (globalFlagOf(word)?.takesValue === true && !word.includes("="));
    if (takesValue) {
      at++;
      if (at === selection.args.length) return known(valueNames.get(word) ?? dynamicKind("", word), current, true);
    } else if (!word.startsWith("-")) positionals++;
  }
  return known(command.registeredArguments[positionals]?.name(), current, false);
}

async function loadCommand(entry: LeafEntry, context: CliContext) {
  return (await entry.load())(context);
}

function settingsIn(words: readonly string[]): Completing["settings"] {
  const settings: Completing["settings"] = {};
  words.forEach((word, at) => {
    const [flag, inline] = word.includes("=") ? split(word) : [word, undefined];
    const key = SETTING_OF_FLAG[flag];
    const value = inline ?? words[at + 1];
    if (key !== undefined && value !== undefined && value !== "-") settings[key] = value;
  });
  return settings;
}

function split(word: string): [flag: string, value: string] {
  const at = word.indexOf("=");
  return [word.slice(0, at), word.slice(at + 1)];
}

const PAGE = 200;
/** Names that need no quoting in any shell. */
const PLAIN = /^[A-Za-z0-9._-]+$/;

/** The same of what an admin sees: keys and tenants. */
export async function adminCandidates({ kind, typed }: Completing, admin: AdminService): Promise<Candidate[]> {
  const all =
    kind === "key"
      ? (await admin.listKeys({ limit: PAGE })).data.map(({ id, name, role, status }) => ({
          value: id,
          description: `${name} ${role} ${status}`,
        }))
      : (await admin.listTenants({ limit: PAGE })).data.map(({ name, description }) => ({ value: name, description }));
  return all.filter(({ value }) => value.startsWith(typed));
}

/** Everything of the kind that begins with what is typed. */
export async function candidates({ kind, typed }: Completing, service: HooksService): Promise<Candidate[]> {
  const all = await load(kind, typed, service);
  return all.filter(({ value }) => value.startsWith(typed));
}

async function load(kind: string, typed: string, service: HooksService): Promise<Candidate[]> {
  switch (kind) {
    case "subscription": {
      const { data } = await service.listSubscriptions({ limit: PAGE });
      return data.flatMap((row) => {
        const what = `${row.url ?? "listener"} ${row.events.join(",")}`;
        const id = { value: row.id, description: `${row.name} ${what}`.trim() };
        if (!PLAIN.test(row.name)) return [id];
        // A name is easier to recognise; whoever types the beginning of an id wants ids too.
        const name = { value: row.name, description: what };
        return typed === "" ? [name] : [name, id];
      });
    }
    case "event-type":
    case "pattern": {
      const names = (await allEventTypes(service)).map(({ name }) => name);
      const prefixes =
        kind === "pattern"
          ? names.filter((name) => name.includes(".")).map((name) => name.replace(/\.[^.]*$/, ".*"))
          : [];
      return [...new Set([...names, ...prefixes])].map((value) => ({
        value,
        description: value.endsWith("*") ? "pattern" : "event type",
      }));
    }
    case "event": {
      const { data } = await service.listEvents({ limit: PAGE });
      return data.map((row) => ({ value: row.id, description: `${row.type} ${row.timestamp}` }));
    }
    case "delivery": {
      const { data } = await service.listDeliveries({ limit: PAGE });
      return data.map((row) => ({ value: row.id, description: `${row.status} ${row.event_type}` }));
    }
    case "source": {
      const { data } = await service.listSources({ limit: PAGE });
      return data.map((row) => ({ value: row.name, description: `${row.scheme} ${row.mode}` }));
    }
    default:
      return [];
  }
}
