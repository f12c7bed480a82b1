import { DEFAULT_ALERTS, parseAlertRules } from "./alert-rule.ts";
import { parseAllowedHosts, parsePublicUrl, parseTrustedProxies } from "./door-settings.ts";
import { parseDuration } from "./duration.ts";
import { type NetEntry, parseNetEntry } from "./egress/net-list.ts";
import { parseSourceAddresses } from "./egress/source-addresses.ts";
import { HooksError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { quoted, quotedUrl } from "./quoted.ts";
import { parseRateLimit } from "./rate-limit.ts";
import { DEFAULT_RETENTION, parseRetention, retentionText } from "./retention.ts";
import { checkScopeName, DEFAULT_ENVIRONMENT, DEFAULT_TENANT } from "./scope.ts";
import { MAX_SUBSCRIPTIONS_DEFAULT } from "./subscription.ts";
import { urlOf } from "./trace-settings.ts";

// Every setting: how its flag, variable and key are called, its default, and what it may be. Where the values come from
// and which wins is config.ts's business.

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ["pretty", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface SettingRule {
  flag: string | undefined;
  variable: string;
  /**
   * Allowed in a project's file. Such a file is checked in, and works for whoever clones it: so no secret stands there,
   * and nothing that opens a door of the user's machine, loosens what guards it, sends something of his elsewhere or
   * deletes what he has. Those he says himself.
   */
  inProject: boolean;
  fallback?: string;
  /** Paths in a file are relative to that file. */
  isPath?: boolean;
  isSecret?: boolean;
  /** Several values, separated by commas; in a file a list of strings. */
  isList?: boolean;
  /** The values have names: `name=value`; in a file also an object. */
  isTable?: boolean;
  /** @throws HooksError naming `name`. */
  check?: (text: string, name: string) => void;
}

const RULES = {
  store: { flag: "--store", variable: "HOOKS_STORE", inProject: true, isPath: true, check: checkStore },
  server: {
    flag: "--server",
    variable: "HOOKS_SERVER",
    inProject: true,
    check: (text, name) => void parseServer(text, name),
  },
  // Not in a project's file: a checked-in file could else choose with whose rights its commands run.
  context: { flag: "--context", variable: "HOOKS_CONTEXT", inProject: false, check: checkContextName },
  api_key: { flag: "--api-key", variable: "HOOKS_API_KEY", inProject: false, isSecret: true, check: checkApiKey },
  api_key_file: { flag: "--api-key-file", variable: "HOOKS_API_KEY_FILE", inProject: false, isPath: true },
  tenant: {
    flag: "--tenant",
    variable: "HOOKS_TENANT",
    inProject: true,
    fallback: DEFAULT_TENANT,
    check: checkScopeName,
  },
  environment: {
    flag: "--env",
    variable: "HOOKS_ENV",
    inProject: true,
    fallback: DEFAULT_ENVIRONMENT,
    check: checkScopeName,
  },
  // Who reaches the relay, and whom it believes.
  host: { flag: "--host", variable: "HOOKS_HOST", inProject: false, fallback: "localhost", check: checkHost },
  port: {
    flag: "--port",
    variable: "HOOKS_PORT",
    inProject: true,
    fallback: "4680",
    check: (text, name) => void wholeNumber(text, name, 0, 65_535),
  },
  public_url: {
    flag: "--public-url",
    variable: "HOOKS_PUBLIC_URL",
    inProject: false,
    check: (text, name) => void parsePublicUrl(text, name),
  },
  allow_host: {
    flag: "--allow-host",
    variable: "HOOKS_ALLOW_HOST",
    inProject: false,
    check: (text, name) => void parseAllowedHosts(text, name),
  },
  trust_proxy: {
    flag: "--trust-proxy",
    variable: "HOOKS_TRUST_PROXY",
    inProject: false,
    check: (text, name) => void parseTrustedProxies(text, name),
  },
  tls_cert: { flag: "--tls-cert", variable: "HOOKS_TLS_CERT", inProject: false, isPath: true },
  tls_key: { flag: "--tls-key", variable: "HOOKS_TLS_KEY", inProject: false, isPath: true },
  key_rate: {
    flag: "--key-rate",
    variable: "HOOKS_KEY_RATE",
    inProject: true,
    check: (text, name) => void parseRateLimit(text, name),
  },
  max_subscriptions: {
    flag: "--max-subscriptions",
    variable: "HOOKS_MAX_SUBSCRIPTIONS",
    inProject: true,
    fallback: String(MAX_SUBSCRIPTIONS_DEFAULT),
    check: (text, name) => void wholeNumber(text, name, 1, 1_000_000),
  },
  max_backlog: {
    flag: "--max-backlog",
    variable: "HOOKS_MAX_BACKLOG",
    inProject: true,
    check: (text, name) => void wholeNumber(text, name, 1, 100_000_000),
  },
  concurrency: {
    flag: "--concurrency",
    variable: "HOOKS_CONCURRENCY",
    inProject: true,
    fallback: "256",
    check: (text, name) => void wholeNumber(text, name, 1, 10_000),
  },
  rate: {
    flag: "--rate",
    variable: "HOOKS_RATE",
    inProject: true,
    check: (text, name) => void parseRateLimit(text, name),
  },
  tenant_rate: {
    flag: "--tenant-rate",
    variable: "HOOKS_TENANT_RATE",
    inProject: true,
    check: (text, name) => void parseRateLimit(text, name),
  },
  retry_rate: {
    flag: "--retry-rate",
    variable: "HOOKS_RETRY_RATE",
    inProject: true,
    fallback: "100/s",
    check: (text, name) => void parseRateLimit(text, name),
  },
  // Where what is sent goes. Even a shorter list of denials would take the place of the user's.
  dns: {
    flag: "--dns",
    variable: "HOOKS_DNS",
    inProject: false,
    check: (text, name) => void parseNameServer(text, name),
  },
  local_address: {
    flag: "--local-address",
    variable: "HOOKS_LOCAL_ADDRESS",
    inProject: false,
    isList: true,
    check: (text, name) => void parseSourceAddresses(text, name),
  },
  allow_net: {
    flag: "--allow-net",
    variable: "HOOKS_ALLOW_NET",
    inProject: false,
    isList: true,
    check: (text, name) => void parseNetSetting(text, "allow", name),
  },
  deny_net: {
    flag: "--deny-net",
    variable: "HOOKS_DENY_NET",
    inProject: false,
    isList: true,
    check: (text, name) => void parseNetSetting(text, "deny", name),
  },
  forward: { flag: "--forward", variable: "HOOKS_FORWARD", inProject: true },
  routes: { flag: "--route", variable: "HOOKS_ROUTES", inProject: true, isList: true },
  drain: {
    flag: "--drain",
    variable: "HOOKS_DRAIN",
    inProject: true,
    fallback: "10s",
    check: (text, name) => void parseDuration(text, name, DRAIN_BOUNDS),
  },
  log_level: {
    flag: "--log-level",
    variable: "HOOKS_LOG_LEVEL",
    inProject: true,
    fallback: "info",
    check: (text, name) => void oneOf(text, name, LOG_LEVELS),
  },
  log_format: {
    flag: "--log-format",
    variable: "HOOKS_LOG_FORMAT",
    inProject: true,
    check: (text, name) => void oneOf(text, name, LOG_FORMATS),
  },
  profiles: { flag: "--profiles", variable: "HOOKS_PROFILES", inProject: true, isPath: true },
  // It is sent the user's OTEL_EXPORTER_OTLP_HEADERS, a key as a rule.
  otlp_endpoint: {
    flag: "--otlp-endpoint",
    variable: "HOOKS_OTLP_ENDPOINT",
    inProject: false,
    check: (text, name) => void urlOf(text, name),
  },
  alerts: {
    flag: "--alert",
    variable: "HOOKS_ALERTS",
    inProject: true,
    fallback: DEFAULT_ALERTS,
    isList: true,
    check: (text, name) => void parseAlertRules(text, name),
  },
  // It deletes, also from a store that was there before the project was.
  retention: {
    flag: "--retention",
    variable: "HOOKS_RETENTION",
    inProject: false,
    fallback: retentionText(DEFAULT_RETENTION),
    isList: true,
    isTable: true,
    check: (text, name) => void parseRetention(text, name),
  },
  health_degraded: {
    flag: undefined,
    variable: "HOOKS_HEALTH_DEGRADED",
    inProject: true,
    fallback: "0.95",
    check: (text, name) => void parseShare(text, name),
  },
  health_unhealthy: {
    flag: undefined,
    variable: "HOOKS_HEALTH_UNHEALTHY",
    inProject: true,
    fallback: "0.5",
    check: (text, name) => void parseShare(text, name),
  },
  health_failures: {
    flag: undefined,
    variable: "HOOKS_HEALTH_FAILURES",
    inProject: true,
    fallback: "5",
    check: (text, name) => void wholeNumber(text, name, 1, 1_000),
  },
} satisfies Record<string, SettingRule>;

export type SettingKey = keyof typeof RULES;

export const SETTING_RULES: Readonly<Record<string, SettingRule>> = RULES;
/** ms */
export const DRAIN_BOUNDS = { min: 0, max: 3_600_000 };
function checkStore(text: string, name: string): void {
  if (/^postgres(ql)?:/i.test(text)) {
    throw usage(
      `${name}: this build supports SQLite files only`,
      name,
      "give the path of a file, for example: --store ./hooks.db",
    );
  }
  if (/^[a-z][a-z0-9+.-]+:/i.test(text) && !/^[a-z]:[\\/]/i.test(text)) {
    throw usage(
      `${name} must be the path of a file, got ${quoted(text)}`,
      name,
      `a file of that name: ${name} ./${text}`,
    );
  }
  if (text === ":memory:" || text.includes("\0")) throw usage(`${name} must be the path of a file`, name);
}

/** The context that stands for the local store: none can have its name. */
export const LOCAL_CONTEXT = "local";

/** @throws HooksError `usage` naming `name`. */
export function checkContextName(text: string, name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return;
  throw usage(
    `${name} must be 1 to 64 characters of A-Z a-z 0-9 . _ -, the first a letter or digit, got ${quoted(text)}`,
    name,
  );
}

/** @throws HooksError `usage` naming `name`. */
export function parseServer(text: string, name: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    const hint = /^[\w.-]+(:\d+)?(\/|$)/.test(text) ? `for example: ${name} https://${text}` : undefined;
    throw usage(`${name} must be a URL that begins with http:// or https://, got ${quotedUrl(text)}`, name, hint);
  }
  if (url.username !== "" || url.password !== "") {
    throw usage(`${name} must not hold a name or password`, name, "give the key with HOOKS_API_KEY or --api-key-file");
  }
  if (url.search !== "" || url.hash !== "") throw usage(`${name} must not have a query or fragment`, name);
  return url;
}

export interface NameServer {
  /** IPv4 or IPv6, without brackets. */
  address: string;
  port: number;
}

/**
 * `9.9.9.9`, `127.0.0.1:5353`, `[::1]:5353`; the port is 53 when none is named.
 * @throws HooksError `usage` naming `name`.
 */
export function parseNameServer(text: string, name: string): NameServer {
  const match = /^(?:\[([\da-f:.]+)\]|([\d.]+)|([\da-f]*:[\da-f:.]+))(?::(\d{1,5}))?$/i.exec(text);
  const address = match?.[1] ?? match?.[2] ?? match?.[3] ?? "";
  const port = Number(match?.[4] ?? 53);
  const host = address.includes(":") ? `[${address}]` : address;
  // The URL parser knows what an address is: https://url.spec.whatwg.org/#host-parsing
  const url = URL.parse(`http://${host}/`);
  const isAddress = url !== null && (address.includes(":") || url.hostname === address);
  if (match !== null && isAddress && 1 <= port && port <= 65_535) return { address, port };
  throw usage(
    `${name} must be the address of a name server, with or without a port, got ${quoted(text)}`,
    name,
    `for example: ${name} 9.9.9.9, or ${name} 127.0.0.1:5353`,
  );
}

/**
 * `10.1.0.0/16,billing.internal`; undefined: none.
 * @throws HooksError `invalid_request` naming `name`.
 */
export function parseNetSetting(text: string | undefined, use: "allow" | "deny", name: string): NetEntry[] {
  return text === undefined ? [] : text.split(",").map((entry) => parseNetEntry(entry.trim(), use, name));
}

/** A value of a settings file as text; undefined: not of its key's form. */
export function settingText(value: unknown, rule: SettingRule): string | undefined {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (rule.isTable === true && typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
      .map(([name, one]) => `${name}=${typeof one === "string" || typeof one === "number" ? one : JSON.stringify(one)}`)
      .join(",");
  }
  const isList = rule.isList === true && Array.isArray(value) && value.every((entry) => typeof entry === "string");
  return isList ? value.join(",") : undefined;
}

export function checkApiKey(text: string, name: string): void {
  // It becomes a header's value; what it holds is not shown.
  if (!/^[\x21-\x7e]{1,512}$/.test(text)) throw usage(`${name} must be 1 to 512 visible ASCII characters`, name);
}

function checkHost(text: string, name: string): void {
  if (!/^[A-Za-z0-9.:_-]{1,255}$/.test(text)) throw usage(`${name} must be a name or an address, without a port`, name);
}

/**
 * A share of attempts: `0.95`.
 * @throws HooksError `usage` naming `name`.
 */
export function parseShare(text: string, name: string): number {
  if (/^(0(\.\d{1,4})?|1(\.0{1,4})?)$/.test(text)) return Number(text);
  throw usage(`${name} must be a number from 0 to 1, got ${quoted(text)}`, name, "for example: 0.95");
}

function wholeNumber(text: string, name: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(least <= number && number <= most)) {
    throw usage(`${name} must be a whole number from ${least} to ${most}, got ${quoted(text)}`, name);
  }
  return number;
}

export function oneOf<T extends string>(text: string, name: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  const near = nearest(text, choices);
  const guess = near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
  throw usage(`${name} must be one of ${choices.join(", ")}, got ${quoted(text)}${guess}`, name);
}

export function usage(message: string, field: string, hint?: string): HooksError {
  return new HooksError("usage", message, { field, hint });
}
