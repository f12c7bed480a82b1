import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { MetricDefinition } from "../src/core/exposition.ts";
import { METRICS } from "../src/telemetry/metric-definitions.ts";
import { promtool } from "./support/promtool.ts";

const DOCS = path.join(import.meta.dirname, "../docs");
const text = readFileSync(path.join(DOCS, "metrics.md"), "utf8");
const definitions = new Map<string, MetricDefinition>(Object.values(METRICS).map((one) => [one.name, one]));

interface RuleFile {
  groups: { name: string; rules: Rule[] }[];
}
interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}
interface Panel {
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string }[];
}
interface Dashboard {
  uid: string;
  panels: Panel[];
  templating: { list: { name: string; definition?: string }[] };
}

const rules = (parse(readFileSync(path.join(DOCS, "prometheus/alerts.yml"), "utf8")) as RuleFile).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(readFileSync(path.join(DOCS, "grafana/hooks.json"), "utf8")) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
);

/** Of PromQL, what these files use. */
const FUNCTIONS = ["deriv", "histogram_quantile", "increase", "max", "rate", "sum", "time", "topk", "vector"];
const WORDS = ["and", "by", "or"];
/** Those that Prometheus adds. */
const TARGET_LABELS = ["instance", "job", "le"];

/** What is wrong with an expression, one sentence each. */
function faultsOf(expression: string): string[] {
  const faults: string[] = [];
  const labels = new Set<string>(TARGET_LABELS);
  let rest = expression;
  const groupings: string[] = [];
  rest = rest.replace(/\bby \(([^)]*)\)/g, (_, names: string) => {
    groupings.push(...names.split(",").map((one) => one.trim()));
    return "";
  });
  // Selectors: the name, and what of its labels is asked for.
  rest = rest.replace(
    /\b([a-z][a-z0-9_]*_[a-z0-9_]+|up)(\{([^}]*)\})?/g,
    (whole, name: string, _braces, inner = "") => {
      if (FUNCTIONS.includes(name)) return whole;
      const base = name.replace(/_(bucket|sum|count)$/, "");
      const definition =
        definitions.get(name) ?? (definitions.get(base)?.type === "histogram" ? definitions.get(base) : undefined);
      if (name !== "up" && definition === undefined) {
        faults.push(`there is no ${name}`);
        return "";
      }
      for (const label of definition?.labels ?? []) labels.add(label);
      for (const matcher of String(inner)
        .split(",")
        .filter((one) => one !== "")) {
        const [, label = ""] = /^([a-z_]+)(=|=~|!=|!~)"[^"]*"$/.exec(matcher) ?? [];
        if (![...(definition?.labels ?? []), ...TARGET_LABELS].includes(label))
          faults.push(`${name} has no ${matcher}`);
      }
      return "0";
    },
  );
  for (const name of groupings) if (!labels.has(name)) faults.push(`nothing has the label ${name}`);
  for (const [, word = ""] of rest.replace(/\[[^\]]*\]/g, "").matchAll(/\b([a-z_]+)\b/g)) {
    if (![...FUNCTIONS, ...WORDS].includes(word)) faults.push(`what is ${word}?`);
  }
  let depth = 0;
  for (const character of expression) {
    depth += character === "(" ? 1 : character === ")" ? -1 : 0;
    if (depth < 0) break;
  }
  if (depth !== 0) faults.push("its parentheses do not match");
  return faults;
}

describe("docs/metrics.md", () => {
  it("lists every metric there is, with its type, its labels and what it means, and no other", () => {
    const rows = [...text.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]*) \| ([^|]*) \|$/gm)].map(
      ([, name, type, labels = "", help]) => ({
        name,
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
        help,
      }),
    );
    expect(rows).toEqual(
      [...definitions.values()].map(({ name, type, labels, help }) => ({ name, type, labels: [...labels], help })),
    );
  });

  it("maps what the systems before it measured to metrics that there are", () => {
    const table = text.slice(text.indexOf("## Of the systems before"));
    const theirs = [
      "Foresight/Webhooks/WebhookDeliveryFailures",
      "Foresight/Webhooks/WebhookConfigFailureCount",
      "WebhookDeliverySuccess",
      "WebhookDeliveryFailure",
      "WebhookRetryCount",
      "webhook-high-failure-rate",
    ];
    for (const name of theirs) expect(table).toContain(`\`${name}\``);
    const named = [...table.matchAll(/`(hooks_\w+)/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(12);
    expect(named.filter((name) => !definitions.has(name))).toEqual([]);
    for (const [, rule = ""] of table.matchAll(/the rule `(\w+)`/g))
      expect(rules.map(({ alert }) => alert)).toContain(rule);
  });

  it("has names and units as Prometheus wants them", () => {
    for (const { name, type, labels } of definitions.values()) {
      expect(name).toMatch(/^(hooks|process|nodejs)_[a-z_]+$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
      expect(labels).not.toContain("le");
    }
    expect(definitions.size).toBe(Object.keys(METRICS).length);
  });
});

describe("the rules for Prometheus", () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    "%s asks for what there is, and says what is the matter",
    (_, rule) => {
      expect(faultsOf(rule.expr)).toEqual([]);
      expect(rule.labels["severity"]).toMatch(/^(warning|critical)$/);
      expect(rule.annotations["summary"]).toMatch(/\w{3}/);
      expect(rule.for ?? "1m").toMatch(/^\d+m$/);
      expect(
        Object.keys(rule).filter((key) => !["alert", "expr", "for", "labels", "annotations"].includes(key)),
      ).toEqual([]);
    },
  );

  it("have names of their own", () => {
    expect(rules.length).toBeGreaterThan(8);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it("are taken by promtool, where there is one", (context) => {
    const { status, text: said } = promtool(context, ["check", "rules", path.join(DOCS, "prometheus/alerts.yml")]);
    expect([status, said]).toEqual([0, expect.stringContaining(`SUCCESS: ${rules.length} rules found`)]);
  });
});

describe("the dashboard", () => {
  it.each(queries)("%s asks for what there is: %s", (_, expr) => {
    expect(faultsOf(expr.replaceAll("$__rate_interval", "5m"))).toEqual([]);
  });

  it("shows every metric", () => {
    const all = queries.map(([, expr]) => expr).join("\n");
    expect([...definitions.keys()].filter((name) => !new RegExp(`\\b${name}(_bucket)?\\b`).test(all))).toEqual([]);
  });

  it("has panels that do not lie on each other", () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`), title).toBe(false);
          taken.add(`${x}/${y}`);
        }
      }
    }
  });

  it("chooses tenant and environment from what there is", () => {
    for (const { definition } of dashboard.templating.list) {
      // `label_values(metric, label)` is Grafana's own.
      const [, metric = "", label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(definition ?? "") ?? [];
      if (definition !== undefined) expect(faultsOf(`sum by (${label}) (${metric})`)).toEqual([]);
    }
  });
});

it.each([
  ["sum(rate(hooks_nothing_total[5m]))", "there is no hooks_nothing_total"],
  ['hooks_retries_total{subscription="a"}', 'hooks_retries_total has no subscription="a"'],
  ["sum by (reason) (hooks_retries_total)", "nothing has the label reason"],
  ["sum(hooks_retries_total", "its parentheses do not match"],
  ["summ(hooks_retries_total)", "what is summ?"],
  ["hooks_retries_total_bucket", "there is no hooks_retries_total_bucket"],
])("what is wrong is noticed: %s", (expression, fault) => {
  expect(faultsOf(expression)).toContain(fault);
});
