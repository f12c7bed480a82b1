import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect } from "vitest";
import { readContexts } from "../../src/config/contexts.ts";
import { formatSpanCursor, parseNameCursor, parseSpanCursor, parseTypeCursor } from "../../src/core/cursor.ts";
import { parseNetList } from "../../src/core/egress/net-list.ts";
import { parseSourceAddresses } from "../../src/core/egress/source-addresses.ts";
import { readTargetUrl } from "../../src/core/egress/target-url.ts";
import { readTimestamp } from "../../src/core/event-content.ts";
import { parseRange } from "../../src/core/instant.ts";
import { formatFragment, parseFragment } from "../../src/core/json-schema/json-pointer.ts";
import { parseListenFault } from "../../src/core/listen-fault.ts";
import { formatRetentionSpan, parseRetentionSpan } from "../../src/core/retention.ts";
import { parseNetSetting } from "../../src/core/setting-rules.ts";
import { formatTraceparent, parseStoredTrace, parseTraceContext, storedTrace } from "../../src/core/trace-context.ts";
import { traceSettings, urlOf } from "../../src/core/trace-settings.ts";
import { parseSecretStore } from "../../src/service/aws-secret-store.ts";
import { parseGrace } from "../../src/service/secret-rotations.ts";
import { parseSourceGrace } from "../../src/service/source-secrets.ts";
import { parseForwardRoute } from "../../src/stream/forward-route.ts";
import { describeParsers, type Parsers } from "./support/parser-table.ts";

// What whoever runs hooks writes: in variables of the environment, in flags and in files; and small texts of the API.

const NOW = Date.UTC(2026, 0, 31);
const folder = mkdtempSync(path.join(tmpdir(), "hooks-fuzz-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const OTEL = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" };

/** The variable alone holds the text. */
function traced(variable: string, text: string, more: Record<string, string> = {}) {
  return traceSettings({ ...OTEL, ...more, [variable]: text }, undefined);
}

const PARENT = `00-${"a1".repeat(16)}-${"b2".repeat(8)}-01`;

const TEXTS: Parsers<string> = {
  "fault of a listener": {
    parse: (text) => {
      const fault = parseListenFault(text);
      if (fault.kind === "delay") expect(1 <= fault.ms && fault.ms <= 300_000).toBe(true);
    },
    samples: ["delay=2s", "duplicate", "rotate-secret"],
  },
  "secret store": {
    parse: (text) => {
      const { region, prefix } = parseSecretStore(text);
      expect(`aws:${region}/${prefix}`).toBe(text.includes("/") ? text : `${text}/hooks`);
    },
    samples: ["aws:eu-central-1/hooks/production", "aws:us-gov-west-1", "aws:eu-central-1/a"],
  },
  "file of contexts": {
    parse: (text) => {
      const file = path.join(folder, "contexts.json");
      writeFileSync(file, text, { mode: 0o600 });
      const { current, byName } = readContexts(file);
      for (const { server } of byName.values()) expect(server.protocol).toMatch(/^https?:$/);
      if (current !== undefined) expect(byName.has(current)).toBe(true);
    },
    samples: [
      '{"current":"prod","contexts":{"prod":{"server":"https://hooks.example.com/","api_key":"hk_1","tenant":"acme","environment":"production"}}}',
      '{"contexts":{"a":{"server":"http://127.0.0.1:4680","keychain":true}}}',
      "{}",
    ],
  },
  "collector's URL": {
    parse: (text) => urlOf(text, "--otlp-endpoint"),
    samples: ["http://localhost:4318", "https://a/b?c"],
  },
  "collector's URL in a variable": {
    parse: (text) => traced("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", text)?.endpoint.href,
    samples: ["http://localhost:4318/v1/traces", ""],
  },
  "headers for the collector": {
    parse: (text) => {
      for (const [name, value] of Object.entries(traced("OTEL_EXPORTER_OTLP_HEADERS", text)?.headers ?? {})) {
        expect(name).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
        expect(value).toMatch(/^[\t\x20-\x7e]*$/);
      }
    },
    samples: ["api-key=abc,x-team=a%20b", "__proto__=x", ""],
  },
  "attributes of the program": {
    parse: (text) => traced("OTEL_RESOURCE_ATTRIBUTES", text)?.resource["service.name"],
    samples: ["service.name=relay,deployment.environment.name=prod"],
  },
  sampler: {
    parse: (text) => {
      const { ratio } = traced("OTEL_TRACES_SAMPLER", text)!.sampler;
      expect(0 <= ratio && ratio <= 1).toBe(true);
      const argued = traced("OTEL_TRACES_SAMPLER_ARG", text, { OTEL_TRACES_SAMPLER: "traceidratio" })!.sampler.ratio;
      expect(0 <= argued && argued <= 1).toBe(true);
    },
    samples: ["", "0.25", "parentbased_traceidratio"],
  },
  "numbers and switches of tracing": {
    parse: (text) => {
      for (const variable of ["OTEL_SDK_DISABLED", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_BSP_SCHEDULE_DELAY"]) {
        traced(variable, text);
      }
    },
    samples: ["5000", "true", "", "grpc"],
  },
  traceparent: {
    parse: (text) => {
      const context = parseTraceContext(text, text);
      if (context === undefined) return;
      expect(parseTraceContext(formatTraceparent(context), context.state)).toEqual(context);
      expect(parseStoredTrace(storedTrace(context))).toEqual(context);
    },
    samples: [PARENT, `cc-${PARENT.slice(3)}-more`, "congo=t61rcWkgMzE"],
  },
  "stored trace": { parse: parseStoredTrace, samples: [`${PARENT} a=b`, PARENT] },
  "cursor of event types": { parse: parseTypeCursor, samples: ["dG9yZGVyLnBhaWQ"] },
  "cursor of a count": {
    parse: (text) => {
      const span = parseSpanCursor(text);
      if (span !== undefined) expect(formatSpanCursor(span)).toBe(text);
    },
    samples: ["YzEuMi4xNzYwMDAwMDAwMDAw"],
  },
  "cursor of names": { parse: parseNameCursor, samples: ["bnByb2Q"] },
  "own addresses": {
    parse: (text) => parseSourceAddresses(text, "--source-address"),
    samples: ["203.0.113.7", "2001:db8::7, 203.0.113.7"],
  },
  "networks of a setting": {
    parse: (text) => [parseNetSetting(text, "allow", "--allow-net"), parseNetSetting(text, "deny", "--deny-net")],
    samples: ["10.1.0.0/16,billing.internal", "[fc00::1]:80"],
  },
  "networks of a subscription": {
    parse: (text) => parseNetList(text.split(" "), "allow", "allow_net"),
    samples: ["10.0.0.0/8 db.internal:8080", "*.internal"],
  },
  "target of a subscription": {
    parse: (text) => {
      const target = readTargetUrl(text);
      if (!("href" in target)) return;
      // One reading, and the canonical text has the same.
      expect(readTargetUrl(target.href)).toEqual(target);
      expect(new URL(target.href).host).toBe(new URL(target.origin).host);
    },
    samples: ["https://example.com/in?a=1", "http://[::1]:80/", "https://bücher.example/", "http://127.0.0.1:3000"],
  },
  "time of an event": { parse: readTimestamp, samples: ["2026-01-31T12:00:00.000Z"] },
  "range of time": {
    parse: (text) => {
      const [since, until] = text.split("..");
      const range = parseRange({ since, until }, NOW);
      if (range.since !== undefined && range.until !== undefined) expect(range.since <= range.until).toBe(true);
    },
    samples: ["2h..1h", "2026-01-30..2026-01-31T12:00:00Z", "7d"],
  },
  "span of retention": {
    parse: (text) => {
      for (const kind of ["events", "audit"] as const) {
        const ms = parseRetentionSpan(text, kind, "retention");
        expect(parseRetentionSpan(formatRetentionSpan(ms), kind, "retention")).toBe(ms);
      }
    },
    samples: ["30d", "0", "365d"],
  },
  "grace of a secret": {
    parse: (text) => {
      expect(parseSourceGrace(text)).toBeGreaterThanOrEqual(0);
      expect(parseGrace(text)).toBe(parseSourceGrace(text));
    },
    samples: ["24h", "0s", "7d"],
  },
  "route of a listener": {
    parse: (text) => parseForwardRoute(text, true),
    samples: ["invoice.*=localhost:4000/billing", "*=http://[::1]:3000/?a=b"],
  },
  "reference in a schema": {
    parse: (text) => {
      const segments = parseFragment(text);
      // Written without lone surrogates: a URI has none.
      if (segments?.every((segment) => segment.isWellFormed()) === true) {
        expect(parseFragment(formatFragment(segments))).toEqual(segments);
      }
    },
    samples: ["#/$defs/a~1b", "#", "#/a%20b/~0"],
  },
};

describeParsers(TEXTS);
