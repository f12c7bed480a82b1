import { Histogram as ClientHistogram, Counter, Gauge, Registry } from "@prometheus-io/client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EXPOSITION_TYPES, exposition, type MetricFamily, wantedFormat } from "../../src/core/exposition.ts";
import { Histogram } from "../../src/core/histogram.ts";
import { parseExposition, seriesId } from "../support/exposition-parser.ts";

const FORMATS = ["prometheus", "openmetrics"] as const;
const BOUNDS = [0.005, 0.1, 1, 2.5, 300];

const anyText = fc.string({ unit: fc.constantFrom("a", "\\", '"', "\n", "{", "}", ",", "=", " ", "é", "😀") });

interface Model {
  counters: [label: string, value: number][];
  gauge: number;
  observed: [label: string, values: number[]][];
}

const anyModel: fc.Arbitrary<Model> = fc.record({
  counters: fc.uniqueArray(fc.tuple(anyText, fc.nat()), { selector: ([label]) => label }),
  gauge: fc.double({ noNaN: true }),
  observed: fc.uniqueArray(fc.tuple(anyText, fc.array(fc.constantFrom(0, 0.005, 0.05, 1, 2, 300, 301))), {
    selector: ([label]) => label,
  }),
});

/** As our own writer prints it. */
function ours({ counters, gauge, observed }: Model): MetricFamily[] {
  return [
    {
      definition: { name: "a_things_total", type: "counter", help: "Things.", labels: ["what"] },
      samples: counters.map(([label, value]) => ({ labels: [label], value })),
    },
    {
      definition: { name: "a_level", type: "gauge", help: 'A "level"\\.', labels: [] },
      samples: [{ labels: [], value: gauge }],
    },
    {
      definition: { name: "a_wait_seconds", type: "histogram", help: "Waits.", labels: ["what"] },
      samples: observed.map(([label, values]) => {
        const value = new Histogram(BOUNDS);
        for (const one of values) value.observe(one);
        return { labels: [label], value };
      }),
    },
  ];
}

/** As the client library of Prometheus prints it. */
async function theirs({ counters, gauge, observed }: Model): Promise<string> {
  const registers = [new Registry()];
  const counter = new Counter({ name: "a_things_total", help: "Things.", labelNames: ["what"], registers });
  for (const [what, value] of counters) counter.inc({ what }, value);
  new Gauge({ name: "a_level", help: "A level", registers }).set(gauge);
  const options = { name: "a_wait_seconds", help: "Waits.", labelNames: ["what"], buckets: BOUNDS, registers };
  const histogram = new ClientHistogram(options);
  for (const [what, values] of observed) {
    histogram.zero({ what });
    for (const value of values) histogram.observe({ what }, value);
  }
  return registers[0]!.metrics();
}

/** Series → value; bounds of buckets as numbers, which the two formats write differently. */
function seriesOf(text: string, format: (typeof FORMATS)[number]): Map<string, number> {
  const samples = [...parseExposition(text, format).values()].flatMap((family) => family.samples);
  return new Map(
    samples.map(({ name, labels: { le, ...others }, value }) => [
      seriesId({ name, labels: le === undefined ? others : { ...others, le: le.replace(/\.0$/, "") } }),
      Object.is(value, -0) ? 0 : value,
    ]),
  );
}

describe("a page of metrics", () => {
  it("holds what the client library of Prometheus would print of the same values", async () => {
    await fc.assert(
      fc.asyncProperty(anyModel, async (model) => {
        const printed = seriesOf((await theirs(model)).replaceAll("\n\n", "\n"), "prometheus");
        for (const format of FORMATS) expect(seriesOf(exposition(ours(model), format), format)).toEqual(printed);
      }),
    );
  });

  it("is written so", () => {
    const model: Model = { counters: [['a"b\\c\nd', 2]], gauge: Number.POSITIVE_INFINITY, observed: [["x", [1, 301]]] };
    expect(exposition(ours(model), "prometheus")).toBe(
      String.raw`# HELP a_things_total Things.
# TYPE a_things_total counter
a_things_total{what="a\"b\\c\nd"} 2
# HELP a_level A "level"\\.
# TYPE a_level gauge
a_level +Inf
# HELP a_wait_seconds Waits.
# TYPE a_wait_seconds histogram
a_wait_seconds_bucket{what="x",le="0.005"} 0
a_wait_seconds_bucket{what="x",le="0.1"} 0
a_wait_seconds_bucket{what="x",le="1"} 1
a_wait_seconds_bucket{what="x",le="2.5"} 1
a_wait_seconds_bucket{what="x",le="300"} 1
a_wait_seconds_bucket{what="x",le="+Inf"} 2
a_wait_seconds_sum{what="x"} 302
a_wait_seconds_count{what="x"} 2
`,
    );
    const open = exposition(ours(model), "openmetrics");
    expect(open).toContain('# TYPE a_things counter\n# HELP a_things Things.\na_things_total{what="a\\"b');
    expect(open).toContain("# TYPE a_wait_seconds histogram\n# UNIT a_wait_seconds seconds\n");
    expect(open).toContain('le="1.0"} 1\n');
    expect(open.endsWith("\n# EOF\n")).toBe(true);
  });
});

describe("the format that is wanted", () => {
  it.each<[string | undefined, (typeof FORMATS)[number]]>([
    [undefined, "prometheus"],
    ["", "prometheus"],
    ["*/*", "prometheus"],
    ["text/plain", "prometheus"],
    ["application/openmetrics-text", "openmetrics"],
    ["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
    // As Prometheus 2 and 3 ask.
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    [
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
      "openmetrics",
    ],
    ["application/openmetrics-text;version=0.0.1", "prometheus"],
    ["application/openmetrics-text;q=0.1, text/plain;q=0.9", "prometheus"],
    ["application/openmetrics-text;q=0", "prometheus"],
    ["application/json", "prometheus"],
    [",;=;,q=;".repeat(20), "prometheus"],
  ])("of %j is %s", (accept, format) => {
    expect(wantedFormat(accept)).toBe(format);
    expect(EXPOSITION_TYPES[format]).toContain(format === "prometheus" ? "text/plain" : "openmetrics");
  });
});

describe("the strict reader", () => {
  it.each([
    ["a_total 1\n", "a sample of no family"],
    ["# TYPE a gauge\n# HELP a x\na 1\na 2\n", "a series twice"],
    ["# TYPE a gauge\n# HELP a x\na{b=1} 2\n", "no label"],
    ['# TYPE a gauge\n# HELP a x\na{b="\\x"} 2\n', "no label"],
    ["# TYPE a gauge\n# HELP a x\na one\n", "no number"],
    ["# TYPE a counter\n# HELP a x\na 1\n", "a counter without _total"],
    ['# TYPE a histogram\n# HELP a x\na_bucket{le="1"} 1\na_sum 1\na_count 1\n', "no whole histogram"],
    ["# TYPE a gauge\n# HELP a x\na 1", "does not end"],
  ])("takes no %j", (text, why) => {
    expect(() => parseExposition(text, "prometheus")).toThrow(why);
  });
});
