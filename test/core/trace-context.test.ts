import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatTraceparent,
  isSampled,
  parseStoredTrace,
  parseTraceContext,
  storedTrace,
} from "../../src/core/trace-context.ts";
import { traceSettings } from "../../src/core/trace-settings.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const PARENT = `00-${TRACE}-${SPAN}-01`;

describe("traceparent", () => {
  it.each([
    [PARENT, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`cc-${TRACE}-${SPAN}-01-what-is-to-come`, true],
    [` ${PARENT} `, true],
  ])("%j is one", (text, sampled) => {
    expect(parseTraceContext(text)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: sampled, state: undefined });
  });

  it.each([
    undefined,
    "",
    "00",
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01.x`,
    `${PARENT}, ${PARENT}`,
    `cc-${TRACE}-${SPAN}-01-${"x".repeat(600)}`,
  ])("%j is none: the trace begins anew", (text) => {
    expect(parseTraceContext(text)).toBeUndefined();
  });

  it("keeps the state of other systems, so far as it is one", () => {
    expect(parseTraceContext(PARENT, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")?.state).toBe(
      "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
    );
    for (const state of ["", "a=\nb", "a=é", "x".repeat(513)])
      expect(parseTraceContext(PARENT, state)?.state).toBeUndefined();
  });

  it("comes back from what is stored as it was", () => {
    const hex = (length: number) =>
      fc
        .string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length })
        .filter((id) => !/^0+$/.test(id));
    const state = fc.option(fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,50}[\x21-\x7e]$/), { nil: undefined });
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), state, (traceId, spanId, sampled, text) => {
        const context = { traceId, spanId, isSampled: sampled, state: text };
        expect(parseStoredTrace(storedTrace(context))).toEqual(context);
        expect(parseTraceContext(formatTraceparent(context), text)).toEqual(context);
      }),
    );
  });

  it("is read or not, whatever it is", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (one, other) => void parseTraceContext(one, other)));
  });
});

describe("sampling", () => {
  it("takes the share that it is told, the same of one trace everywhere, and what the publisher decided", () => {
    const ids = Array.from({ length: 4_000 }, (_, n) => hash("md5", String(n)));
    const share = (ratio: number) =>
      ids.filter((id) => isSampled({ ratio, followsParent: true }, id, undefined)).length / ids.length;
    expect(share(0)).toBe(0);
    expect(share(1)).toBe(1);
    expect(share(0.25)).toBeGreaterThan(0.2);
    expect(share(0.25)).toBeLessThan(0.3);
    const parent = { traceId: TRACE, spanId: SPAN, isSampled: true, state: undefined };
    expect(isSampled({ ratio: 0, followsParent: true }, TRACE, parent)).toBe(true);
    expect(isSampled({ ratio: 0, followsParent: false }, TRACE, parent)).toBe(false);
    expect(isSampled({ ratio: 1, followsParent: true }, TRACE, { ...parent, isSampled: false })).toBe(false);
  });
});

describe("the variables of OpenTelemetry", () => {
  const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" };

  it("switch tracing on by naming a collector, and off again", () => {
    expect(traceSettings({}, undefined)).toBeUndefined();
    expect(traceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, undefined)).toBeUndefined();
    expect(traceSettings({ ...ENDPOINT, OTEL_SDK_DISABLED: "true" }, undefined)).toBeUndefined();
    expect(traceSettings({ ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" }, undefined)).toBeUndefined();
    const href = (env: Record<string, string>, setting?: string) =>
      traceSettings(env, setting === undefined ? undefined : new URL(setting))?.endpoint.href;
    expect(href(ENDPOINT)).toBe("http://collector:4318/v1/traces");
    expect(href(ENDPOINT, "https://other/base")).toBe("https://other/base/v1/traces");
    expect(href({ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://traces/x" })).toBe("http://traces/x");
  });

  it("say who it is, what is sampled and what the collector wants to see", () => {
    const settings = traceSettings(
      {
        ...ENDPOINT,
        OTEL_SERVICE_NAME: "relay",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=prod,team=a%20b",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc, x-key=1=2",
        OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
        OTEL_TRACES_SAMPLER_ARG: "0.25",
        OTEL_BSP_MAX_QUEUE_SIZE: "10",
      },
      undefined,
    );
    expect(settings).toMatchObject({
      headers: { authorization: "Bearer abc", "x-key": "1=2" },
      resource: { "service.name": "relay", "deployment.environment": "prod", team: "a b" },
      sampler: { ratio: 0.25, followsParent: true },
      maxQueued: 10,
      maxBatch: 512,
    });
    expect(traceSettings(ENDPOINT, undefined)).toMatchObject({
      resource: { "service.name": "hooks" },
      sampler: { ratio: 1, followsParent: true },
    });
  });

  it.each([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "must be a URL"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:SECRET@collector", "must not hold"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "OTLP over HTTP"],
    ["OTEL_TRACES_EXPORTER", "console", "otlp or none"],
    ["OTEL_TRACES_SAMPLER", "allways_on", "must be one of"],
    ["OTEL_BSP_MAX_QUEUE_SIZE", "0", "whole number"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "SECRET", "a=b,c=d"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=SECRET%0d%0a", "a=b,c=d"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=%ZZSECRET", "a=b,c=d"],
  ])("%s=%s is refused by name, and what may be secret is not repeated", (variable, value, why) => {
    const refuse = () => traceSettings({ ...ENDPOINT, [variable]: value }, undefined);
    expect(refuse).toThrow(why);
    expect(refuse).toThrow(expect.objectContaining({ code: "usage", field: variable }));
    expect(refuse).not.toThrow("SECRET");
  });
});
