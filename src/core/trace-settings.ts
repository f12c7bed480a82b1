import { HooksError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { quoted } from "./quoted.ts";
import type { Sampler } from "./trace-context.ts";

/** Where spans go and which, from the variables that every OpenTelemetry program knows. */
export interface TraceSettings {
  /** Of OTLP/HTTP: `http://localhost:4318/v1/traces`. */
  endpoint: URL;
  /** Header names and values for the collector: they may be secret. */
  headers: Readonly<Record<string, string>>;
  /** Names and values that are the same for all spans; `service.name` among them. */
  resource: Readonly<Record<string, string>>;
  sampler: Sampler;
  timeoutMs: number;
  /** Spans that may wait for the collector. */
  maxQueued: number;
  maxBatch: number;
  everyMs: number;
}

type Env = Readonly<Record<string, string | undefined>>;

const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
];

/**
 * Undefined when nothing names a collector, or tracing is switched off.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 *
 * @param endpoint of the settings, without a path for traces: it beats OTEL_EXPORTER_OTLP_ENDPOINT.
 * @throws HooksError `usage` naming the variable; never with the value of a header
 */
export function traceSettings(env: Env, endpoint: URL | undefined): TraceSettings | undefined {
  const exporter = textOf(env, "OTEL_TRACES_EXPORTER");
  if (textOf(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true" || exporter === "none") return undefined;
  const url = endpointOf(env, endpoint);
  if (url === undefined) return undefined;
  if (exporter !== undefined && exporter !== "otlp") {
    throw usage("OTEL_TRACES_EXPORTER", `must be otlp or none, got ${quoted(exporter)}`);
  }
  for (const name of ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]) {
    if (textOf(env, name) === "grpc") {
      throw usage(name, "is grpc, and hooks speaks OTLP over HTTP with JSON", "the collector takes it on port 4318");
    }
  }
  const headers = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
  const headersName = textOf(env, headers) === undefined ? "OTEL_EXPORTER_OTLP_HEADERS" : headers;
  const resource = pairsOf(env, "OTEL_RESOURCE_ATTRIBUTES");
  return {
    endpoint: url,
    headers: pairsOf(env, headersName),
    resource: {
      ...resource,
      "service.name": textOf(env, "OTEL_SERVICE_NAME") ?? resource["service.name"] ?? "hooks",
    },
    sampler: samplerOf(env),
    timeoutMs: numberOf(env, "OTEL_EXPORTER_OTLP_TIMEOUT", 10_000, 100, 300_000),
    maxQueued: numberOf(env, "OTEL_BSP_MAX_QUEUE_SIZE", 2_048, 1, 1_000_000),
    maxBatch: numberOf(env, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512, 1, 10_000),
    everyMs: numberOf(env, "OTEL_BSP_SCHEDULE_DELAY", 5_000, 10, 3_600_000),
  };
}

function endpointOf(env: Env, setting: URL | undefined): URL | undefined {
  const ofTraces = textOf(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (setting === undefined && ofTraces !== undefined) {
    return urlOf(ofTraces, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  }
  const ofAll = textOf(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const base = setting ?? (ofAll === undefined ? undefined : urlOf(ofAll, "OTEL_EXPORTER_OTLP_ENDPOINT"));
  if (base === undefined) return undefined;
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
  return url;
}

/** @throws HooksError `usage` naming `name` */
export function urlOf(text: string, name: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw usage(name, "must be a URL that begins with http:// or https://", "for example: http://localhost:4318");
  }
  if (url.username !== "" || url.password !== "") {
    throw usage(name, "must not hold a name or password", "give the key with OTEL_EXPORTER_OTLP_HEADERS");
  }
  return url;
}

function samplerOf(env: Env): Sampler {
  const name = textOf(env, "OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
  if (!SAMPLERS.includes(name)) {
    const near = nearest(name, SAMPLERS);
    throw usage(
      "OTEL_TRACES_SAMPLER",
      `must be one of ${SAMPLERS.join(", ")}, got ${quoted(name)}`,
      near === undefined ? undefined : `did you mean ${near}?`,
    );
  }
  const argument = textOf(env, "OTEL_TRACES_SAMPLER_ARG") ?? "1";
  const isRatio = name.endsWith("traceidratio");
  if (isRatio && !/^(0(\.\d+)?|1(\.0+)?)$/.test(argument)) {
    throw usage("OTEL_TRACES_SAMPLER_ARG", `must be a number from 0 to 1, got ${quoted(argument)}`);
  }
  const ratio = isRatio ? Number(argument) : name.endsWith("always_on") ? 1 : 0;
  return { ratio, followsParent: name.startsWith("parentbased_") };
}

/** `a=b,c=d`, values percent-encoded. Of what is wrong only the variable is named. */
function pairsOf(env: Env, variable: string): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const part of (textOf(env, variable) ?? "").split(",")) {
    if (part.trim() === "") continue;
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(0, equals)).trim();
    let value: string | undefined;
    try {
      value = decodeURIComponent(part.slice(equals + 1).trim());
    } catch {
      value = undefined;
    }
    if (
      !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(name) ||
      value === undefined ||
      !/^[\t\x20-\x7e]{0,4096}$/.test(value)
    ) {
      throw usage(variable, "must be names and values such as a=b,c=d", "what is not plain ASCII is percent-encoded");
    }
    pairs.push([name, value]);
  }
  return Object.fromEntries(pairs);
}

function numberOf(env: Env, variable: string, fallback: number, least: number, most: number): number {
  const text = textOf(env, variable);
  if (text === undefined) return fallback;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (least <= number && number <= most) return number;
  throw usage(variable, `must be a whole number from ${least} to ${most}, got ${quoted(text)}`);
}

/** An empty variable is as good as none. */
function textOf(env: Env, variable: string): string | undefined {
  const text = env[variable]?.trim() ?? "";
  return text === "" ? undefined : text;
}

function usage(variable: string, why: string, hint?: string): HooksError {
  return new HooksError("usage", `${variable} ${why}`, { field: variable, hint });
}
