import { statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { orderLayers } from "./config/context-layer.ts";
import { contextsFile, readContexts } from "./config/contexts.ts";
import { type Candidate, checked, type Layer, refuseRivals } from "./config/layers.ts";
import { type ListenSettings, listenSettings } from "./config/listen-settings.ts";
import { type ServeSettings, serveSettings } from "./config/serve-settings.ts";
import { FILE_MAX_BYTES, fileLayer, findProjectFile, namedFileLayer } from "./config/setting-files.ts";
import type { HealthThresholds } from "./core/health.ts";
import { nearest } from "./core/nearest.ts";
import { DEFAULT_RETENTION, inForce, parseRetention, type Retention } from "./core/retention.ts";
import {
  checkApiKey,
  parseServer,
  parseShare,
  SETTING_RULES,
  type SettingKey,
  type SettingRule,
  usage,
} from "./core/setting-rules.ts";
import { shellWord } from "./core/shell-word.ts";
import { fileFault, readSmallFile } from "./small-file.ts";

/** What is in force for this run (cli.md): flag > HOOKS_* > the file that --config
 * names > project file > context > user file > default. A context that is
 * chosen by flag or variable is as strong as what chose it. */
export interface Settings {
  /** Where it works. */
  target: LocalTarget | RemoteTarget;
  tenant: string | undefined;
  /** As named; undefined when nobody named one. */
  environment: string | undefined;
  /** Folder of token, master key, lock, daemon.json: HOOKS_HOME, or the XDG data directory + /hooks. */
  dataDirectory: string;
  /** Where a subscription's states of health begin. */
  health: HealthThresholds;
  /** How long what is over is kept where an environment says nothing else. */
  retention: Retention;
  /** A file with profiles of the user's own, and who named it; undefined: none. */
  profilesFile: Pick<Candidate, "text" | "origin"> | undefined;
  /** Of `hooks serve`. */
  serve: ServeSettings;
  /** Of `hooks listen`. */
  listen: ListenSettings;
  /** Every key with its value as text and where it came from, in the order of the key table. */
  values: readonly SettingValue[];
  /** For people: misspelt HOOKS_ variables. */
  warnings: readonly string[];
}

export interface LocalTarget {
  kind: "local";
  /** Absolute path of the store's file. */
  storePath: string;
}

export interface RemoteTarget {
  kind: "remote";
  server: URL;
  /** Undefined: there is none for this server, or the keychain has it. */
  apiKey: string | undefined;
  /** The entry of the keychain that holds the key. */
  keychain: string | undefined;
  /** Where there is a key that this server must not get: only a project's file names the server. */
  withheld: { origin: string; namedBy: string } | undefined;
}

export interface SettingValue {
  key: string;
  /** Undefined: not set, and there is no default. A secret is masked. */
  value: string | undefined;
  /** `--store`, `HOOKS_STORE`, a file's path, or `default`. */
  origin: string;
  /** Origins that said something else and lost. */
  overridden: readonly string[];
}

/** What the resolution looks at; tests give their own. */
export interface SettingSources {
  /** Values of flags by key, as text; undefined: not given. */
  flags: Readonly<Partial<Record<SettingKey, string | undefined>>>;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Of `--config`, as typed; undefined: none was named. */
  configFile?: string | undefined;
}

/**
 * What says where and as whom a command works can be switched off for a single run: HOOKS_SERVER= hooks status. An empty
 * one of the others is a deployment that lacks its value, and the default is not what it was to be.
 */
const SWITCHED_OFF_WHEN_EMPTY: ReadonlySet<string> = new Set([
  "store",
  "server",
  "context",
  "api_key",
  "api_key_file",
  "tenant",
  "environment",
]);

/** Variables that are read elsewhere, or only name a place. */
const OTHER_VARIABLES = [
  "HOOKS_HOME",
  "HOOKS_OUTPUT",
  "HOOKS_NO_INPUT",
  "HOOKS_DEBUG",
  // What `hooks listen -- COMMAND` gives its command, which may call us.
  "HOOKS_SECRET",
  "HOOKS_MASTER_KEY",
  "HOOKS_MASTER_KEY_FILE",
  "HOOKS_BOOTSTRAP_KEY",
  "HOOKS_BOOTSTRAP_KEY_FILE",
];

/**
 * Resolves every key and checks each value that is given anywhere, also one that a stronger source overrides: a wrong
 * value is an error where it stands, not a surprise later.
 * @throws HooksError `usage` naming the flag, variable or file and key.
 */
export function resolveSettings(sources: SettingSources): Settings {
  const places = settingPlaces(sources.env, sources.cwd);
  const project = findProjectFile(sources.cwd);
  const { layers, withheld, context } = orderLayers(
    {
      flags: flagLayer(sources),
      env: envLayer(sources),
      named: namedLayer(sources),
      project: project === undefined ? new Map() : fileLayer(project, true),
      user: fileLayer(places.configFile, false),
    },
    readContexts(places.contextsFile),
  );
  const candidates = (key: string): Candidate[] => layers.flatMap((layer) => layer.get(key) ?? []);

  const values = Object.entries(SETTING_RULES).map(([key, rule]) => settingValue(key, rule, candidates(key)));
  const first = (key: SettingKey): Candidate | undefined => candidates(key)[0];
  const textOf = (key: SettingKey): string => first(key)?.text ?? SETTING_RULES[key]?.fallback ?? "";
  const defaultStore = path.join(places.dataDirectory, "hooks.db");
  fillDefaultStore(values, defaultStore, first("server") !== undefined);
  if (first("server") === undefined) checkStoreFolder(first("store"), places.dataDirectory);
  const setValue = (key: SettingKey, value: Omit<SettingValue, "key">): void => {
    Object.assign(values.find((known) => known.key === key)!, value);
  };
  if (context !== undefined) setValue("context", context);
  const target = first("server") === undefined ? undefined : remoteTarget(first, withheld);
  if (target?.withheld !== undefined) {
    const { origin, namedBy } = target.withheld;
    setValue("api_key", { value: undefined, origin: namedBy, overridden: [origin] });
  }
  return {
    target: target ?? { kind: "local", storePath: first("store")?.text ?? defaultStore },
    tenant: first("tenant")?.text,
    environment: first("environment")?.text,
    dataDirectory: places.dataDirectory,
    retention: inForce(parseRetention(textOf("retention"), "retention"), DEFAULT_RETENTION),
    health: healthOf(textOf("health_degraded"), textOf("health_unhealthy"), textOf("health_failures"), first),
    profilesFile: first("profiles"),
    serve: serveSettings(first, textOf),
    listen: listenSettings(first),
    values,
    warnings: misspeltVariables(sources.env),
  };
}

function healthOf(
  degradedText: string,
  unhealthyText: string,
  failures: string,
  first: (key: SettingKey) => Candidate | undefined,
): HealthThresholds {
  const degraded = parseShare(degradedText, "health_degraded");
  const unhealthy = parseShare(unhealthyText, "health_unhealthy");
  if (unhealthy <= degraded) return { degraded, unhealthy, failures: Number(failures) };
  const origin = first("health_unhealthy")?.origin ?? first("health_degraded")?.origin ?? "health_unhealthy";
  throw usage(
    `health_unhealthy must not be above health_degraded: got ${unhealthyText} and ${degradedText}`,
    origin,
    "a subscription is degraded before it is unhealthy",
  );
}

/** HOOKS_HOME is one folder for all; else the XDG base directories, whose relative values are to be ignored. */
export function settingPlaces(
  env: SettingSources["env"],
  cwd: string,
): { dataDirectory: string; configFile: string; contextsFile: string } {
  const home = env["HOOKS_HOME"] ?? "";
  if (home !== "") {
    const folder = path.resolve(cwd, home);
    return inFolders(folder, folder);
  }
  const base = (variable: string, otherwise: string): string => {
    const value = env[variable] ?? "";
    return path.isAbsolute(value) ? value : path.join(env["HOME"] || homedir(), otherwise);
  };
  return inFolders(
    path.join(base("XDG_DATA_HOME", ".local/share"), "hooks"),
    path.join(base("XDG_CONFIG_HOME", ".config"), "hooks"),
  );
}

function inFolders(dataDirectory: string, configFolder: string): ReturnType<typeof settingPlaces> {
  const configFile = path.join(configFolder, "config.json");
  return { dataDirectory, configFile, contextsFile: contextsFile(configFile) };
}

function flagLayer({ flags, cwd }: SettingSources): Layer {
  const layer: Layer = new Map();
  for (const [key, rule] of Object.entries(SETTING_RULES)) {
    const text = flags[key as SettingKey];
    if (text !== undefined)
      layer.set(key, checked(key, rule, { text, origin: rule.flag ?? key, folder: cwd }, rule.flag ?? key));
  }
  refuseRivals(layer, (key) => SETTING_RULES[key]?.flag ?? key);
  return layer;
}

function envLayer({ env, cwd }: SettingSources): Layer {
  const layer: Layer = new Map();
  for (const [key, rule] of Object.entries(SETTING_RULES)) {
    const text = env[rule.variable];
    if (text === undefined || (text === "" && SWITCHED_OFF_WHEN_EMPTY.has(key))) continue;
    if (text === "") {
      throw usage(`${rule.variable} must not be empty`, rule.variable, `give it a value, or: unset ${rule.variable}`);
    }
    layer.set(key, checked(key, rule, { text, origin: rule.variable, folder: cwd }, rule.variable));
  }
  refuseRivals(layer, (key) => SETTING_RULES[key]?.variable ?? key);
  return layer;
}

function namedLayer({ configFile, cwd }: SettingSources): Layer {
  return configFile === undefined ? new Map() : namedFileLayer(configFile, { origin: "--config", folder: cwd });
}

function settingValue(key: string, rule: SettingRule, [first, ...rest]: Candidate[]): SettingValue {
  const value = first?.text ?? rule.fallback;
  return {
    key,
    value: rule.isSecret === true && value !== undefined ? "***" : value,
    origin: first?.origin ?? "default",
    overridden: rest.filter((other) => other.text !== first?.text).map((other) => other.origin),
  };
}

function fillDefaultStore(values: SettingValue[], storePath: string, isRemote: boolean): void {
  const store = values.find((value) => value.key === "store");
  if (store !== undefined && !isRemote) store.value ??= storePath;
}

/** A path that somebody named and that leads nowhere is mistyped; only our own folder is made when it is missing. */
function checkStoreFolder(store: Candidate | undefined, dataDirectory: string): void {
  const folder = store === undefined ? dataDirectory : path.dirname(store.text);
  if (store === undefined || folder === dataDirectory) return;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw usage(`${store.origin}: there is no folder ${folder}`, store.origin, `make it: mkdir -p ${shellWord(folder)}`);
}

function remoteTarget(first: (key: SettingKey) => Candidate | undefined, withheld: string | undefined): RemoteTarget {
  const [server, key, file] = [first("server")!, first("api_key"), first("api_key_file")];
  const inKeychain = key?.keychain !== undefined;
  return {
    kind: "remote",
    server: parseServer(server.text, server.origin),
    apiKey: inKeychain ? undefined : (key?.text ?? (file === undefined ? undefined : readApiKey(file))),
    keychain: key?.keychain,
    withheld: withheld === undefined ? undefined : { origin: withheld, namedBy: server.origin },
  };
}

/** The key in a file that somebody named. @throws HooksError `usage` naming `origin` */
export function readApiKey({ text: file, origin }: Pick<Candidate, "text" | "origin">): string {
  let key: string;
  try {
    key = readSmallFile(file, FILE_MAX_BYTES, { isNamed: true }).text.trim();
  } catch (error) {
    throw usage(`${origin}: cannot read ${file}: ${fileFault(error)}`, origin);
  }
  checkApiKey(key, `the key in ${file}`);
  return key;
}

/** Only what looks like a slip: people have HOOKS_ variables of their own. */
function misspeltVariables(env: SettingSources["env"]): string[] {
  const known = [...Object.values(SETTING_RULES).map((rule) => rule.variable), ...OTHER_VARIABLES];
  return Object.keys(env)
    .filter((name) => name.startsWith("HOOKS_") && !known.includes(name))
    .flatMap((name) => {
      // Compared without the common beginning, which would make everything near.
      const near = nearest(
        name.slice(6),
        known.map((variable) => variable.slice(6)),
      );
      return near === undefined ? [] : [`${name} means nothing to hooks; did you mean HOOKS_${near}?`];
    });
}
