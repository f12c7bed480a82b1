import { quoted } from "./core/quoted.ts";
import { statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { parseDuration } from "./core/duration.ts";
import { type HooksError, isHooksError } from "./core/errors.ts";
import type { HealthThresholds } from "./core/health.ts";
import { nearest } from "./core/nearest.ts";
import { parseRateLimit } from "./core/rate-limit.ts";
import {
  checkApiKey,
  DRAIN_BOUNDS,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
  type NameServer,
  oneOf,
  parseNameServer,
  parseServer,
  parseShare,
  SETTING_RULES,
  type SettingKey,
  type SettingRule,
  usage,
} from "./core/setting-rules.ts";
import { shellWord } from "./core/shell-word.ts";
import type { RateLimit } from "./core/subscription.ts";
import { fileErrorCode, fileFault, readSmallFile } from "./small-file.ts";

/** What is in force for this run (cli.md): flag > HOOKS_* > project file > user file > default. */
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
  /** Of `hooks serve`. */
  serve: ServeSettings;
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
  apiKey: string | undefined;
}

export interface ServeSettings {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Attempts in flight at once, in the whole process. */
  concurrency: number;
  /** Attempts of the whole process; undefined: no limit. */
  rate: RateLimit | undefined;
  /** Attempts of each tenant; undefined: no limit. */
  tenantRate: RateLimit | undefined;
  /** Attempts to one host that are not a delivery's first. */
  retryRate: RateLimit;
  /** Undefined: the system's. */
  dns: NameServer | undefined;
  /** How long a stopping daemon waits for what is in flight. */
  drainMs: number;
  logLevel: LogLevel;
  /** Undefined: pretty on a terminal, else json. */
  logFormat: LogFormat | undefined;
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
}

const PROJECT_FILE = "hooks.config.json";
const FILE_MAX_BYTES = 1024 * 1024;

/** Variables that are read elsewhere, or only name a place. */
const OTHER_VARIABLES = [
  "HOOKS_HOME",
  "HOOKS_OUTPUT",
  "HOOKS_NO_INPUT",
  "HOOKS_DEBUG",
  "HOOKS_MASTER_KEY",
  "HOOKS_MASTER_KEY_FILE",
  "HOOKS_BOOTSTRAP_KEY",
];

interface Candidate {
  text: string;
  origin: string;
  /** For relative paths. */
  folder: string;
}

/**
 * Resolves every key and checks each value that is given anywhere, also one that a stronger source overrides: a wrong
 * value is an error where it stands, not a surprise later.
 * @throws HooksError `usage` naming the flag, variable or file and key.
 */
export function resolveSettings(sources: SettingSources): Settings {
  const places = settingPlaces(sources.env, sources.cwd);
  const project = findProjectFile(sources.cwd);
  const layers = [
    flagLayer(sources),
    envLayer(sources),
    project === undefined ? undefined : fileLayer(project, true),
    fileLayer(places.configFile, false),
  ];
  const candidates = (key: string): Candidate[] => layers.flatMap((layer) => layer?.get(key) ?? []);
  dropLosers(layers);

  const values = Object.entries(SETTING_RULES).map(([key, rule]) => settingValue(key, rule, candidates(key)));
  const first = (key: SettingKey): Candidate | undefined => candidates(key)[0];
  const textOf = (key: SettingKey): string => first(key)?.text ?? SETTING_RULES[key]?.fallback ?? "";
  const logFormat = first("log_format")?.text;
  const dns = first("dns")?.text;
  const defaultStore = path.join(places.dataDirectory, "hooks.db");
  fillDefaultStore(values, defaultStore, first("server") !== undefined);
  if (first("server") === undefined) checkStoreFolder(first("store"), places.dataDirectory);
  return {
    target: targetOf(first("store"), first("server"), first("api_key"), first("api_key_file"), defaultStore),
    tenant: first("tenant")?.text,
    environment: first("environment")?.text,
    dataDirectory: places.dataDirectory,
    health: healthOf(textOf("health_degraded"), textOf("health_unhealthy"), textOf("health_failures"), first),
    serve: {
      host: textOf("host"),
      port: Number(textOf("port")),
      concurrency: Number(textOf("concurrency")),
      rate: rateOf(first("rate")),
      tenantRate: rateOf(first("tenant_rate")),
      retryRate: parseRateLimit(textOf("retry_rate"), "retry_rate"),
      dns: dns === undefined ? undefined : parseNameServer(dns, "dns"),
      drainMs: parseDuration(textOf("drain"), "drain", DRAIN_BOUNDS),
      logLevel: oneOf(textOf("log_level"), "log_level", LOG_LEVELS),
      logFormat: logFormat === undefined ? undefined : oneOf(logFormat, "log_format", LOG_FORMATS),
    },
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

function rateOf(candidate: Candidate | undefined): RateLimit | undefined {
  return candidate === undefined ? undefined : parseRateLimit(candidate.text, candidate.origin);
}

/** HOOKS_HOME is one folder for all; else the XDG base directories, whose relative values are to be ignored. */
export function settingPlaces(env: SettingSources["env"], cwd: string): { dataDirectory: string; configFile: string } {
  const home = env["HOOKS_HOME"] ?? "";
  if (home !== "") {
    const folder = path.resolve(cwd, home);
    return { dataDirectory: folder, configFile: path.join(folder, "config.json") };
  }
  const base = (variable: string, otherwise: string): string => {
    const value = env[variable] ?? "";
    return path.isAbsolute(value) ? value : path.join(env["HOME"] || homedir(), otherwise);
  };
  return {
    dataDirectory: path.join(base("XDG_DATA_HOME", ".local/share"), "hooks"),
    configFile: path.join(base("XDG_CONFIG_HOME", ".config"), "hooks", "config.json"),
  };
}

type Layer = Map<string, Candidate>;

function flagLayer({ flags, cwd }: SettingSources): Layer {
  const layer: Layer = new Map();
  if (flags.store !== undefined && flags.server !== undefined) throw bothTargets("--store", "--server");
  for (const [key, rule] of Object.entries(SETTING_RULES)) {
    const text = flags[key as SettingKey];
    if (text !== undefined)
      layer.set(key, checked(key, rule, { text, origin: rule.flag ?? key, folder: cwd }, rule.flag ?? key));
  }
  return layer;
}

function envLayer({ env, cwd }: SettingSources): Layer {
  const layer: Layer = new Map();
  for (const [key, rule] of Object.entries(SETTING_RULES)) {
    // An empty variable is an unset one: the usual way to switch one off for a single run.
    const text = env[rule.variable] ?? "";
    if (text !== "") layer.set(key, checked(key, rule, { text, origin: rule.variable, folder: cwd }, rule.variable));
  }
  if (layer.has("store") && layer.has("server")) throw bothTargets("HOOKS_STORE", "HOOKS_SERVER");
  return layer;
}

function fileLayer(file: string, isProject: boolean): Layer {
  const layer: Layer = new Map();
  const content = readObject(file);
  if (content === undefined) return layer;
  const allowed = Object.keys(SETTING_RULES).filter((key) => !isProject || SETTING_RULES[key]?.inProject === true);
  for (const [key, value] of Object.entries(content)) {
    if (key === "$schema") continue;
    const rule = Object.hasOwn(SETTING_RULES, key) ? SETTING_RULES[key] : undefined;
    if (rule === undefined || !allowed.includes(key)) throw unknownKey(file, key, allowed, rule !== undefined);
    if (typeof value !== "string" && typeof value !== "number") {
      throw usage(
        `${file}: ${key} must be a string${rule.fallback === undefined ? "" : ` such as ${JSON.stringify(rule.fallback)}`}`,
        key,
      );
    }
    layer.set(
      key,
      checked(key, rule, { text: String(value), origin: file, folder: path.dirname(file) }, `${file}: ${key}`),
    );
  }
  if (layer.has("store") && layer.has("server")) throw bothTargets(`${file}: store`, "server");
  return layer;
}

/** `store` and `server` answer one question: what a stronger source says of one silences the other below it. */
function dropLosers(layers: readonly (Layer | undefined)[]): void {
  let decided: "store" | "server" | undefined;
  for (const layer of layers) {
    if (layer === undefined) continue;
    if (decided !== undefined) layer.delete(decided === "store" ? "server" : "store");
    decided ??= layer.has("store") ? "store" : layer.has("server") ? "server" : undefined;
  }
}

function checked(key: string, rule: SettingRule, candidate: Candidate, name: string): Candidate {
  try {
    if (candidate.text === "") throw usage(`${name} must not be empty`, name);
    rule.check?.(candidate.text, name);
  } catch (error) {
    if (isHooksError(error)) throw usage(error.message, key === "api_key" ? key : name, error.hint);
    throw error;
  }
  if (rule.isPath !== true || candidate.text === "-") return candidate;
  return { ...candidate, text: path.resolve(candidate.folder, candidate.text) };
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

function targetOf(
  store: Candidate | undefined,
  server: Candidate | undefined,
  apiKey: Candidate | undefined,
  apiKeyFile: Candidate | undefined,
  defaultStore: string,
): Settings["target"] {
  if (server === undefined) return { kind: "local", storePath: store?.text ?? defaultStore };
  const fromFile = apiKey === undefined && apiKeyFile !== undefined ? readApiKey(apiKeyFile) : undefined;
  return { kind: "remote", server: parseServer(server.text, server.origin), apiKey: apiKey?.text ?? fromFile };
}

function readApiKey({ text: file, origin }: Candidate): string {
  let key: string;
  try {
    key = readSmallFile(file, FILE_MAX_BYTES, { isNamed: true }).text.trim();
  } catch (error) {
    throw usage(`${origin}: cannot read ${file}: ${fileFault(error)}`, origin);
  }
  checkApiKey(key, `the key in ${file}`);
  return key;
}

/** The nearest one upwards. */
function findProjectFile(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    const file = path.join(folder, PROJECT_FILE);
    if (readText(file) !== undefined) return file;
    if (path.dirname(folder) === folder) return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readSmallFile(file, FILE_MAX_BYTES).text;
  } catch (error) {
    // No file, or a file where a folder should be.
    if (["ENOENT", "ENOTDIR"].includes(fileErrorCode(error) ?? "")) return undefined;
    throw usage(`cannot read ${file}: ${fileFault(error)}`, file);
  }
}

function readObject(file: string): object | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    // V8 says where: `… in JSON at position 12 (line 2 column 3)`.
    throw usage(`${file} is not JSON: ${error instanceof Error ? error.message : ""}`, file);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw usage(`${file} must hold a JSON object`, file);
  }
  return content;
}

function unknownKey(file: string, key: string, allowed: readonly string[], isSecret: boolean): HooksError {
  if (isSecret) {
    return usage(
      `${file}: ${key} does not belong into a project's file, which others can read`,
      key,
      "use HOOKS_API_KEY, or the user's config.json",
    );
  }
  const near = nearest(key, allowed);
  const guess = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
  return usage(`${file}: unknown key ${quoted(key)}${guess}`, key, `the keys: ${allowed.join(", ")}`);
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

function bothTargets(one: string, other: string): HooksError {
  return usage(`${one} and ${other} cannot be used together: hooks works either on a file or on a server`, one);
}
