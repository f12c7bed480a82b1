// A strict reader of metrics: it takes what the two formats allow and nothing else, so that what it takes, Prometheus
// takes.

export interface ParsedFamily {
  name: string;
  type: string;
  help: string;
  unit: string | undefined;
  samples: ParsedSample[];
}

export interface ParsedSample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const NUMBER = /^([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]Inf|NaN)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

/** @throws Error naming the line that is wrong */
export function parseExposition(text: string, format: "prometheus" | "openmetrics"): Map<string, ParsedFamily> {
  const isOpen = format === "openmetrics";
  if (!text.endsWith(isOpen ? "\n# EOF\n" : "\n")) throw new Error("the page does not end as it must");
  const lines = text.split("\n").slice(0, isOpen ? -2 : -1);
  const families = new Map<string, ParsedFamily>();
  const series = new Set<string>();
  let family: ParsedFamily | undefined;
  for (const [at, line] of lines.entries()) {
    const wrong = (why: string): Error => new Error(`line ${at + 1}: ${why}: ${line}`);
    const meta = /^# (HELP|TYPE|UNIT) (\S+) (.*)$/.exec(line);
    if (meta !== null) {
      const [, kind = "", name = "", rest = ""] = meta;
      if (!NAME.test(name)) throw wrong("no name");
      if (family?.name !== name) {
        if (families.has(name)) throw wrong("a family in two places");
        family = { name, type: "", help: "", unit: undefined, samples: [] };
        families.set(name, family);
      }
      if (family.samples.length !== 0) throw wrong("behind its samples");
      if (kind === "TYPE") {
        if (SUFFIXES[rest] === undefined || family.type !== "") throw wrong("no type");
        family.type = rest;
      } else if (kind === "UNIT") {
        if (!isOpen || !name.endsWith(`_${rest}`)) throw wrong("no unit");
        family.unit = rest;
      } else if (!(isOpen ? /^([^\\"]|\\[\\n"])*$/ : /^([^\\]|\\[\\n])*$/).test(rest)) {
        throw wrong("a help with a bad escape");
      } else family.help = rest;
      continue;
    }
    if (line === "" || line.startsWith("#")) throw wrong("neither a sample nor what is said of one");
    const sample = parseSample(line, wrong);
    const suffixes = isOpen && family?.type === "counter" ? ["_total"] : (SUFFIXES[family?.type ?? ""] ?? []);
    if (family === undefined || !suffixes.some((suffix) => `${family!.name}${suffix}` === sample.name)) {
      throw wrong("a sample of no family");
    }
    if (!isOpen && family.type === "counter" && !family.name.endsWith("_total"))
      throw wrong("a counter without _total");
    if (family.type === "counter" && !(0 <= sample.value)) throw wrong("a counter below zero");
    const id = seriesId(sample);
    if (series.has(id)) throw wrong("a series twice");
    series.add(id);
    family.samples.push(sample);
  }
  for (const one of families.values()) {
    if (one.type === "" || one.help === "") throw new Error(`${one.name} has no type or no help`);
    if (one.type === "histogram") checkHistogram(one, isOpen);
  }
  return families;
}

function parseSample(line: string, wrong: (why: string) => Error): ParsedSample {
  const head = /^([^{ ]+)(\{(.*)\})? (\S+)$/.exec(line);
  if (head === null) throw wrong("no sample");
  const [, name = "", , inner = "", value = ""] = head;
  if (!NAME.test(name) || !NUMBER.test(value)) throw wrong("no name or no number");
  const labels: Record<string, string> = {};
  let rest = inner;
  while (rest !== "") {
    const pair = /^([^=]+)="((?:[^"\\]|\\[\\"n])*)"(,|$)/.exec(rest);
    if (pair === null || !LABEL.test(pair[1]!) || Object.hasOwn(labels, pair[1]!)) throw wrong("no label");
    labels[pair[1]!] = pair[2]!.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
    rest = rest.slice(pair[0].length);
  }
  if (inner.endsWith(",")) throw wrong("a comma at the end");
  return { name, labels, value: numberOf(value) };
}

function numberOf(text: string): number {
  return text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
}

function checkHistogram({ name, samples }: ParsedFamily, isOpen: boolean): void {
  const groups = new Map<string, ParsedSample[]>();
  for (const sample of samples) {
    const { le: _, ...others } = sample.labels;
    const key = JSON.stringify(others);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => labels["le"]!);
    const ascending = (numbers: readonly number[], mayEqual: boolean): boolean =>
      numbers.every((one, at) => at === 0 || numbers[at - 1]! < one || (mayEqual && numbers[at - 1] === one));
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const isWhole =
      bounds.at(-1) === "+Inf" &&
      (!isOpen || bounds.every((bound) => /\./.test(bound) || bound === "+Inf")) &&
      ascending(bounds.map(numberOf), false) &&
      ascending(
        buckets.map(({ value }) => value),
        true,
      ) &&
      buckets.at(-1)!.value === count &&
      group.some((sample) => sample.name === `${name}_sum`);
    if (!isWhole) throw new Error(`${name} ${key} is no whole histogram`);
  }
}

/** The same for the same series, in whatever order its labels stand. */
export function seriesId({ name, labels }: Pick<ParsedSample, "name" | "labels">): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.toSorted().join()}}`;
}

/** The value of one series; undefined: it is not there. */
export function seriesValue(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = [...families.values()].find(({ samples }) => samples.some((sample) => sample.name === name));
  return family?.samples.find(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}
