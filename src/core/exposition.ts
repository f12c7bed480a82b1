// Metrics as text: the format of Prometheus (text/plain; version=0.0.4) and OpenMetrics 1.0.
// https://prometheus.io/docs/instrumenting/exposition_formats/
// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md

import type { Histogram } from "./histogram.ts";

export interface MetricDefinition {
  /** Of a counter with its `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** One sentence. */
  readonly help: string;
  /** Names of its labels. */
  readonly labels: readonly string[];
}

export interface MetricSample {
  /** One for each label of the definition, in its order. */
  readonly labels: readonly string[];
  readonly value: number | Histogram;
}

export interface MetricFamily {
  readonly definition: MetricDefinition;
  readonly samples: readonly MetricSample[];
}

export const EXPOSITION_TYPES = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
} as const;
export type ExpositionFormat = keyof typeof EXPOSITION_TYPES;

/** The metrics as a page. A family without samples is named all the same, so that a dashboard finds it. */
export function exposition(families: readonly MetricFamily[], format: ExpositionFormat): string {
  const isOpen = format === "openmetrics";
  const lines: string[] = [];
  for (const { definition, samples } of families) {
    const { name, type, help } = definition;
    // In OpenMetrics the family of a counter is called without the ending that its samples have.
    const family = isOpen && type === "counter" ? name.replace(/_total$/, "") : name;
    if (!isOpen) lines.push(`# HELP ${family} ${escapeHelp(help)}`);
    lines.push(`# TYPE ${family} ${type}`);
    if (isOpen) {
      const unit = /_(seconds|bytes)$/.exec(family)?.[1];
      if (unit !== undefined) lines.push(`# UNIT ${family} ${unit}`);
      lines.push(`# HELP ${family} ${escapeValue(help)}`);
    }
    for (const { labels, value } of samples) {
      const pairs = definition.labels.map((label, at) => `${label}="${escapeValue(labels[at] ?? "")}"`);
      if (typeof value === "number") lines.push(`${name}${inBraces(pairs)} ${numberText(value)}`);
      else addHistogram(lines, name, pairs, value, isOpen);
    }
  }
  if (isOpen) lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

/**
 * Which format a request's Accept header wants: OpenMetrics where it is asked for, in a version that is ours, and not
 * wanted less than text. Whatever else is asked for gets text, which everybody reads.
 */
export function wantedFormat(accept: string | undefined): ExpositionFormat {
  let open = 0;
  let text = 0;
  for (const part of (accept ?? "").slice(0, 1_000).toLowerCase().split(",")) {
    const [type = "", ...parameters] = part.split(";").map((one) => one.trim());
    const parameter = (name: string): string | undefined =>
      parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
    const given = Number(parameter("q") ?? 1);
    const quality = 0 <= given && given <= 1 ? given : 0;
    if (type === "application/openmetrics-text" && ["1.0.0", undefined].includes(parameter("version"))) {
      open = Math.max(open, quality);
    } else if (["text/plain", "text/*", "*/*"].includes(type)) text = Math.max(text, quality);
  }
  return 0 < open && text <= open ? "openmetrics" : "prometheus";
}

function addHistogram(
  lines: string[],
  name: string,
  pairs: readonly string[],
  { bounds, counts, sum }: Histogram,
  isOpen: boolean,
): void {
  let total = 0;
  for (let at = 0; at < bounds.length; at++) {
    total += counts[at]!;
    lines.push(`${name}_bucket${inBraces([...pairs, `le="${boundText(bounds[at]!, isOpen)}"`])} ${total}`);
  }
  total += counts[bounds.length]!;
  lines.push(`${name}_bucket${inBraces([...pairs, 'le="+Inf"'])} ${total}`);
  lines.push(`${name}_sum${inBraces(pairs)} ${numberText(sum)}`, `${name}_count${inBraces(pairs)} ${total}`);
}

function inBraces(pairs: readonly string[]): string {
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** OpenMetrics writes bounds as floating-point numbers: `1.0`. */
function boundText(bound: number, isOpen: boolean): string {
  return isOpen && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf";
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** Of a label's value; in OpenMetrics also of the help. */
function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
