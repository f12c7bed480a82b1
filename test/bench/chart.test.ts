import { describe, expect, it } from "vitest";
import { chartSvg } from "../../bench/report/chart.ts";

const CHART = {
  title: "Webhooks delivered a second",
  subtitle: "500 bytes",
  bars: [
    { label: "undici alone", perSecond: 40_000, kind: "limit" as const },
    { label: "hooks", perSecond: 30_000, kind: "ours" as const },
    { label: "another", perSecond: 7_500, kind: "peer" as const },
  ],
};

describe("chartSvg", () => {
  it("draws a bar for each, as long as its figure", () => {
    const [limit, ours, peer] = barsOf(chartSvg(CHART));
    expect([limit!.kind, ours!.kind, peer!.kind]).toEqual(["limit", "ours", "peer"]);
    expect(ours!.width / limit!.width).toBeCloseTo(0.75, 2);
    expect(peer!.width / limit!.width).toBeCloseTo(0.1875, 2);
  });

  it("keeps bars and numbers inside, and grows with the number of bars", () => {
    const one = chartSvg({ ...CHART, bars: CHART.bars.slice(0, 1) });
    const svg = chartSvg(CHART);
    const [width, height] = sizeOf(svg);
    for (const { x, y, width: length } of barsOf(svg)) {
      expect(x + length + 60).toBeLessThan(width);
      expect(y + 22).toBeLessThan(height);
    }
    expect(sizeOf(one)[1]).toBeLessThan(height);
  });

  it("says every figure in words, for who does not see it", () => {
    expect(/<desc>(.*)<\/desc>/.exec(chartSvg(CHART))![1]).toBe(
      "500 bytes. undici alone: 40,000; hooks: 30,000; another: 7,500",
    );
    expect(chartSvg(CHART)).toContain(">30,000</text>");
  });

  it("has colours for light and for dark", () => {
    const [light, dark] = chartSvg(CHART).split("@media (prefers-color-scheme: dark)");
    for (const part of [light!, dark!]) {
      for (const name of [".ground", "text", ".ours", ".limit", ".peer"]) expect(part).toContain(`${name} {`);
    }
  });

  it("escapes what it is given", () => {
    const svg = chartSvg({
      title: `a < b & "c"`,
      subtitle: "<script>",
      bars: [{ ...CHART.bars[0]!, label: "</text>" }],
    });
    expect(svg).toContain("<title>a &lt; b &amp; &quot;c&quot;</title>");
    expect(svg).not.toContain("<script>");
    expect(svg).toContain(">&lt;/text&gt;</text>");
  });

  it("draws figures that are all nought without a bar outside", () => {
    expect(barsOf(chartSvg({ ...CHART, bars: [{ ...CHART.bars[0]!, perSecond: 0 }] }))[0]!.width).toBe(1);
  });
});

function barsOf(svg: string): { kind: string; x: number; y: number; width: number }[] {
  return Array.from(
    svg.matchAll(/<rect class="(\w+)" x="(\d+)" y="(\d+)" width="(\d+)"/g),
    ([, kind, x, y, width]) => ({
      kind: kind!,
      x: Number(x),
      y: Number(y),
      width: Number(width),
    }),
  );
}

function sizeOf(svg: string): [number, number] {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!;
  return [Number(width), Number(height)];
}
