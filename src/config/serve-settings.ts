import { type AlertRule, parseAlertRules } from "../core/alert-rule.ts";
import { parseAllowedHosts, parsePublicUrl, parseTrustedProxies, type TrustedProxies } from "../core/door-settings.ts";
import { parseDuration } from "../core/duration.ts";
import type { NetList } from "../core/egress/net-list.ts";
import { parseSourceAddresses, type SourceAddresses } from "../core/egress/source-addresses.ts";
import { parseRateLimit } from "../core/rate-limit.ts";
import {
  DRAIN_BOUNDS,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
  type NameServer,
  oneOf,
  parseNameServer,
  parseNetSetting,
  type SettingKey,
  usage,
} from "../core/setting-rules.ts";
import type { RateLimit } from "../core/subscription.ts";
import { urlOf } from "../core/trace-settings.ts";

/** A value as it was given, and by whom. */
interface Given {
  text: string;
  /** `--port`, `HOOKS_PORT`, a file's path. */
  origin: string;
}

/** What `hooks serve` alone is told. */
export interface ServeSettings {
  /** `localhost`: both loopback addresses. */
  host: string;
  /** 0: any free one. */
  port: number;
  /** By which others reach it. */
  publicUrl: URL | undefined;
  /** Further names for the header Host. */
  allowedHosts: string[];
  trustedProxies: TrustedProxies | undefined;
  tls: TlsPaths | undefined;
  /** Requests that may be made with a key that has no limit of its own; undefined: no limit. */
  keyRate: RateLimit | undefined;
  /** Of each tenant and environment. */
  maxSubscriptions: number;
  /** Deliveries that wait, in the whole store; undefined: no limit. */
  maxBacklog: number | undefined;
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
  /** Which addresses of this machine requests to receivers come from; undefined: the system chooses. */
  sources: SourceAddresses | undefined;
  /** What may be sent to although it is not public, and what may not be sent to at all. */
  allowNet: NetList;
  denyNet: NetList;
  /** Collector of traces, without a path; undefined: the variables of OpenTelemetry say it. */
  otlpEndpoint: URL | undefined;
  /** When somebody is to be told that something is wrong. */
  alerts: AlertRule[];
  /** How long a stopping daemon waits for what is in flight. */
  drainMs: number;
  logLevel: LogLevel;
  /** Undefined: pretty on a terminal, else json. */
  logFormat: LogFormat | undefined;
}

export interface TlsPaths {
  /** Absolute, PEM. */
  certFile: string;
  keyFile: string;
}

/**
 * @param first what the strongest source says of a key; undefined: nobody says anything
 * @param textOf the same, or the default
 */
export function serveSettings(
  first: (key: SettingKey) => Given | undefined,
  textOf: (key: SettingKey) => string,
): ServeSettings {
  const logFormat = first("log_format")?.text;
  const backlog = first("max_backlog")?.text;
  const dns = first("dns")?.text;
  return {
    host: textOf("host"),
    port: Number(textOf("port")),
    publicUrl: parsedOf(first("public_url"), parsePublicUrl),
    allowedHosts: parsedOf(first("allow_host"), parseAllowedHosts) ?? [],
    trustedProxies: parsedOf(first("trust_proxy"), parseTrustedProxies),
    tls: tlsOf(first("tls_cert"), first("tls_key")),
    keyRate: rateOf(first("key_rate")),
    maxSubscriptions: Number(textOf("max_subscriptions")),
    maxBacklog: backlog === undefined ? undefined : Number(backlog),
    concurrency: Number(textOf("concurrency")),
    rate: rateOf(first("rate")),
    tenantRate: rateOf(first("tenant_rate")),
    retryRate: parseRateLimit(textOf("retry_rate"), "retry_rate"),
    dns: dns === undefined ? undefined : parseNameServer(dns, "dns"),
    sources: parsedOf(first("local_address"), parseSourceAddresses),
    allowNet: parseNetSetting(first("allow_net")?.text, "allow", "allow_net"),
    denyNet: parseNetSetting(first("deny_net")?.text, "deny", "deny_net"),
    otlpEndpoint: parsedOf(first("otlp_endpoint"), urlOf),
    alerts: parseAlertRules(textOf("alerts"), "alerts"),
    drainMs: parseDuration(textOf("drain"), "drain", DRAIN_BOUNDS),
    logLevel: oneOf(textOf("log_level"), "log_level", LOG_LEVELS),
    logFormat: logFormat === undefined ? undefined : oneOf(logFormat, "log_format", LOG_FORMATS),
  };
}

function parsedOf<T>(candidate: Given | undefined, parse: (text: string, name: string) => T): T | undefined {
  return candidate === undefined ? undefined : parse(candidate.text, candidate.origin);
}

function tlsOf(cert: Given | undefined, key: Given | undefined): TlsPaths | undefined {
  if (cert !== undefined && key !== undefined) return { certFile: cert.text, keyFile: key.text };
  const [one, missing] = cert === undefined ? [key, "--tls-cert"] : [cert, "--tls-key"];
  if (one === undefined) return undefined;
  throw usage(`${one.origin}: ${missing} is missing: a certificate and its key go together`, missing);
}

function rateOf(candidate: Given | undefined): RateLimit | undefined {
  return candidate === undefined ? undefined : parseRateLimit(candidate.text, candidate.origin);
}
