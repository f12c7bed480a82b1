import type { Bar } from "../bench.ts";

export interface Chart {
  title: string;
  subtitle: string;
  bars: readonly Bar[];
}

const WIDTH = 760;
const MARGIN = 24;
const LABEL_WIDTH = 250;
/** Room behind the longest bar for its number. */
const NUMBER_WIDTH = 70;
const TOP = 84;
const ROW = 34;
const BAR = 22;
const LONGEST = WIDTH - 2 * MARGIN - LABEL_WIDTH - NUMBER_WIDTH;
const FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

/** Colours of their own on a ground of their own: readable wherever it stands, light or dark. */
const STYLE = `
    .ground { fill: #ffffff; stroke: #d1d9e0; }
    text { font-family: ${FONT}; font-size: 14px; fill: #1f2328; }
    .title { font-size: 17px; font-weight: 600; }
    .subtitle { font-size: 12.5px; fill: #59636e; }
    .number { font-variant-numeric: tabular-nums; }
    .ours-text { font-weight: 600; }
    .ours { fill: #0969da; }
    .limit { fill: #d1d9e0; }
    .peer { fill: #8c959f; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; stroke: #3d444d; }
      text { fill: #f0f6fc; }
      .subtitle { fill: #9198a1; }
      .ours { fill: #4493f8; }
      .limit { fill: #3d444d; }
      .peer { fill: #6e7681; }
    }`;

/** A bar chart as an SVG of its own, bars in the order given, the longest over the whole width. Pure. */
export function chartSvg({ title, subtitle, bars }: Chart): string {
  const most = Math.max(...bars.map(({ perSecond }) => perSecond), 1);
  const height = TOP + bars.length * ROW + MARGIN / 2;
  const words = bars.map(({ label, perSecond }) => `${label}: ${number(perSecond)}`).join("; ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `  <title>${escaped(title)}</title>`,
    `  <desc>${escaped(`${subtitle}. ${words}`)}</desc>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    `  <text class="title" x="${MARGIN}" y="38">${escaped(title)}</text>`,
    `  <text class="subtitle" x="${MARGIN}" y="60">${escaped(subtitle)}</text>`,
    ...bars.map((bar, index) => barSvg(bar, TOP + index * ROW, most)),
    "</svg>",
    "",
  ].join("\n");
}

function barSvg({ label, perSecond, kind }: Bar, top: number, most: number): string {
  const left = MARGIN + LABEL_WIDTH;
  const length = Math.max(1, Math.round((perSecond / most) * LONGEST));
  const baseline = top + BAR / 2 + 5;
  const weight = kind === "ours" ? " ours-text" : "";
  return [
    `  <text class="label${weight}" x="${left - 12}" y="${baseline}" text-anchor="end">${escaped(label)}</text>`,
    `  <rect class="${kind}" x="${left}" y="${top}" width="${length}" height="${BAR}" rx="3"/>`,
    `  <text class="number${weight}" x="${left + length + 8}" y="${baseline}">${number(perSecond)}</text>`,
  ].join("\n");
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character] ?? "&quot;");
}
