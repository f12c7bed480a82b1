import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { allEventTypes } from "../src/cli/pages.ts";
import { type ListView, printList } from "../src/cli/table.ts";
import { HooksError } from "../src/core/errors.ts";
import { nearest } from "../src/core/nearest.ts";
import { quoted } from "../src/core/quoted.ts";
import { loadProvider } from "../src/core/simulations/catalogue.ts";
import type { Provider } from "../src/core/simulations/provider.ts";
import { isProviderName, PROVIDER_NAMES } from "../src/core/simulations/provider-names.ts";

/**
 * `trigger --list`: the event types of the store, then what providers can be simulated. `filter`: one provider
 * (`stripe`, `stripe:`), or what the names begin with (`stripe:invoice`, `order.`); then no other is asked for.
 * @throws HooksError `usage` when nothing has such a name
 */
export async function listTriggers(filter: string | undefined, context: CliContext): Promise<void> {
  const { out } = context;
  const wanted = filter?.toLowerCase() ?? "";
  const rows = await simulationRows(wanted);
  // Only a simulation's name has a colon, and a provider's name means its simulations: both are known without a store.
  const isSimulation = isProviderName(wanted) || wanted.includes(":");
  const types = isSimulation ? [] : await allEventTypes(await context.service({ reads: true }));
  const own = types.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  if (filter !== undefined && own.length === 0 && rows.length === 0) throw nothingOf(filter);
  for (const type of own) out.print(out.mode === "json" ? jsonLine(type) : escapeLine(type.name));
  if (filter === undefined && own.length === 0 && out.mode === "human")
    out.note("no event types of your own yet: a type is known once it is sent or subscribed to");
  if (filter === undefined && out.mode === "human") {
    await printProviders(context);
    out.hint("list the events of one: hooks trigger --list stripe");
  } else if (out.mode === "human") printList(out, rows, VIEW, undefined);
  else for (const row of rows) out.print(out.mode === "json" ? jsonLine(row) : row.name);
}

interface Row {
  /** What `hooks trigger` takes. */
  name: string;
  aliases: readonly string[];
  title: string;
  provider: string;
}

const VIEW: ListView<Row> = {
  columns: [
    { title: "EVENT", text: ({ name }) => name, whole: true },
    { title: "ALSO", text: ({ aliases }) => aliases.join(","), expendable: 1 },
    { title: "WHEN", text: ({ title }) => title },
  ],
  fields: ["name", "aliases", "title", "provider"],
  id: ({ name }) => name,
};

async function simulationRows(wanted: string): Promise<Row[]> {
  const prefix = isProviderName(wanted) ? `${wanted}:` : wanted;
  const names = PROVIDER_NAMES.filter((name) => prefix === "" || `${name}:`.startsWith(prefix.split(":")[0] ?? ""));
  const providers = await Promise.all(names.map(loadProvider));
  return providers.flatMap(rowsOf).filter(({ name }) => name.toLowerCase().startsWith(prefix));
}

function rowsOf({ name, simulations }: Provider): Row[] {
  return simulations.map(({ type, aliases = [], title }) => ({
    name: `${name}:${type}`,
    aliases: aliases.map((alias) => `${name}:${alias}`),
    title,
    provider: name,
  }));
}

/** For people there are too many events for one screen. */
async function printProviders({ out }: CliContext): Promise<void> {
  const rows = (await Promise.all(PROVIDER_NAMES.map(loadProvider))).map(({ name, title, simulations }) => {
    const example = simulations.find(({ type }) => !/ping|verif|valid/.test(type))?.type ?? "";
    return { name, title, events: simulations.length, example: `${name}:${example}` };
  });
  const view: ListView<(typeof rows)[number]> = {
    columns: [
      { title: "PROVIDER", text: ({ name }) => name, whole: true },
      { title: "EVENTS", text: ({ events }) => String(events) },
      { title: "FOR EXAMPLE", text: ({ example }) => example, whole: true },
      { title: "WHOSE", text: ({ title }) => title },
    ],
    fields: ["name", "title", "events", "example"],
    id: ({ name }) => name,
  };
  printList(out, rows, view, undefined);
}

function nothingOf(filter: string): HooksError {
  const near = nearest(filter.replace(/:.*$/, ""), PROVIDER_NAMES);
  const meant = near === undefined || near === filter ? "" : `\n  did you mean "${near}"?`;
  return new HooksError("usage", `nothing that can be triggered begins with ${quoted(filter)}${meant}`, {
    field: "event-type",
    hint: `list everything: hooks trigger --list · providers: ${PROVIDER_NAMES.join(", ")}`,
  });
}
