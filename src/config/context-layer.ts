// Which context is in force, what it adds to the settings, and which key may go to which server.
//
// A key goes to a server that the user named: on the command line, in the environment, in a context or in the user's own
// file. A project's file is somebody else's: the server that it names gets the key of a context of that very server, which
// the user has signed in to, and no other. And what a context holds (key, tenant, environment) is for its server alone.

import path from "node:path";
import { LOCAL_CONTEXT, parseServer, usage } from "../core/setting-rules.ts";
import { type Contexts, isSameServer, keychainAccount, nearestContext } from "./contexts.ts";
import { type Candidate, dropLosers, type Layer } from "./layers.ts";

/** What the sources say, strongest first. */
export interface Sources {
  flags: Layer;
  env: Layer;
  /** Of a file that was named on the command line. */
  named: Layer;
  project: Layer;
  user: Layer;
}

export interface Ordered {
  /** Strongest first; losers are gone. */
  layers: readonly Layer[];
  /** Where a key was found that this server must not get, when there is no other for it. */
  withheld: string | undefined;
  /** The row `context` of the settings: which is in force, and who chose it. */
  context: { value: string | undefined; origin: string; overridden: readonly string[] } | undefined;
}

/** @throws HooksError `usage` when a context is chosen that does not exist */
export function orderLayers({ flags, env, named, project, user }: Sources, contexts: Contexts): Ordered {
  const current: Layer = new Map();
  if (contexts.current !== undefined) {
    current.set("context", { text: contexts.current, origin: contexts.file, folder: path.dirname(contexts.file) });
  }
  const base = [flags, env, named, project, current];
  const chooser = base.findIndex((layer) => layer.has("context"));
  const chosen = base[chooser]?.get("context");
  const own: Layer = chosen === undefined ? new Map() : serverOf(chosen, contexts);
  // "local" says: no server. Which file is left to the others.
  if (chosen?.text === LOCAL_CONTEXT) for (const layer of [...base.slice(chooser + 1), user]) layer.delete("server");
  const found: Layer = new Map();
  const layers = [...base.slice(0, chooser + 1), own, ...base.slice(chooser + 1), found, user];
  dropLosers(layers);

  const server = layers.find((layer) => layer.has("server"))?.get("server");
  const name = server === undefined ? undefined : contextOf(server, chosen?.text, contexts);
  // One that nobody chose is found by its server; it is no stronger than the one that is worked with otherwise.
  if (name !== undefined) addContext(name === chosen?.text ? own : found, name, contexts);
  const withheld =
    server !== undefined && server === project.get("server")
      ? withhold([flags, env, named, user], own, found)
      : undefined;
  dropLosers(layers);
  return { layers, withheld, context: inForce(name, chosen, server ?? storeOf(layers)) };
}

function storeOf(layers: readonly Layer[]): Candidate | undefined {
  return layers.find((layer) => layer.has("store"))?.get("store");
}

function serverOf({ text: name, origin, folder }: Candidate, contexts: Contexts): Layer {
  const layer: Layer = new Map();
  if (name === LOCAL_CONTEXT) return layer;
  const context = contexts.byName.get(name);
  if (context === undefined) {
    throw usage(
      `${origin}: there is no context ${JSON.stringify(name)}${nearestContext(name, contexts)}`,
      origin,
      contexts.byName.size === 0 ? "hooks login URL makes one" : "hooks context list",
    );
  }
  return layer.set("server", { text: context.server.href, origin: `context ${name}`, folder });
}

/** The one that was chosen, if it is of this server; else the only one that is. */
function contextOf(server: Candidate, chosen: string | undefined, { byName }: Contexts): string | undefined {
  const url = parseServer(server.text, server.origin);
  const same = [...byName].filter(([, context]) => isSameServer(context.server, url)).map(([name]) => name);
  if (chosen !== undefined && same.includes(chosen)) return chosen;
  return same.length === 1 ? same[0] : undefined;
}

function addContext(layer: Layer, name: string, { byName, file }: Contexts): void {
  const context = byName.get(name)!;
  const { apiKey, inKeychain, tenant, environment } = context;
  const origin = `context ${name}`;
  const folder = path.dirname(file);
  if (inKeychain) {
    const keychain = keychainAccount(name, context);
    layer.set("api_key", { text: "", origin: `${origin} (keychain)`, folder, keychain });
  } else if (apiKey !== undefined) layer.set("api_key", { text: apiKey, origin, folder });
  if (tenant !== undefined) layer.set("tenant", { text: tenant, origin, folder });
  if (environment !== undefined) layer.set("environment", { text: environment, origin, folder });
}

/** Takes every key away that is not a context's. Answers where the first one was that nothing takes the place of. */
function withhold(sources: readonly Layer[], ...contexts: readonly Layer[]): string | undefined {
  const taken = sources.map((layer) => {
    const key = layer.get("api_key") ?? layer.get("api_key_file");
    layer.delete("api_key");
    layer.delete("api_key_file");
    return key?.origin;
  });
  // The flags are the first. Whoever types a key means that one, and not the one of a context.
  const [typed] = taken;
  const hasOther = typed === undefined && contexts.some((layer) => layer.has("api_key"));
  if (typed !== undefined) for (const layer of contexts) layer.delete("api_key");
  return hasOther ? undefined : taken.find((origin) => origin !== undefined);
}

function inForce(
  name: string | undefined,
  chosen: Candidate | undefined,
  place: Candidate | undefined,
): Ordered["context"] {
  if (chosen?.text === LOCAL_CONTEXT) return { value: LOCAL_CONTEXT, origin: chosen.origin, overridden: [] };
  if (name === undefined && chosen === undefined) return undefined;
  if (name === chosen?.text) return { value: name, origin: chosen?.origin ?? "", overridden: [] };
  const overridden = chosen === undefined ? [] : [chosen.origin];
  return { value: name, origin: place?.origin ?? "default", overridden };
}
