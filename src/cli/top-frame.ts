import type { Colors } from "./context.ts";
import { cutToWidth, displayWidth, padToWidth } from "./display-width.ts";
import { escapeLine } from "./escape.ts";
import { sparkline } from "./sparkline.ts";
import { paintOfRate, rateText } from "./stats-view.ts";
import { paintOfState } from "./subscription-view.ts";
import { relativeTime, span } from "./time-text.ts";
import type { TopSnapshot, TopSubscription } from "./top-snapshot.ts";

export const SORTS = ["rate", "failures", "slowest", "waiting"] as const;
export type Sort = (typeof SORTS)[number];

export interface FrameOptions {
  /** Store or server. */
  where: string;
  width: number;
  height: number;
  sort: Sort;
  /** Rows that are above the first one shown. */
  scroll: number;
  isPaused: boolean;
  /** Why the last look came to nothing. */
  trouble: string | undefined;
  colors: Colors;
  /** Unix ms. */
  now: number;
}

interface FrameColumn {
  title: string;
  width: number;
  /** Numbers stand at the right. */
  isRight: boolean;
  /** The highest goes first when there is no room. */
  expendable: number;
  text(row: TopSubscription): string;
  paint?(row: TopSubscription, colors: Colors): (text: string) => string;
}

/** A column is left out before a name has less; where none is left to go, a name has still less. */
const NAME_LEAST = 12;
const NAME_SHORTEST = 4;
const NAME_LONGEST = 40;
const TREND_CELLS = 20;
const COLUMNS: readonly FrameColumn[] = [
  {
    title: "state",
    width: 9,
    isRight: false,
    expendable: 1,
    text: (row) => (row.paused ? "paused" : (row.state ?? "")),
    paint: (row, colors) => (row.state === null || row.paused ? colors.dim : paintOfState(row.state, colors)),
  },
  { title: "per s", width: 8, isRight: true, expendable: 0, text: (row) => perSecond(row.attempts_per_s) },
  {
    title: "failed/s",
    width: 8,
    isRight: true,
    expendable: 0,
    text: (row) => perSecond(row.failed_per_s),
    paint: (row, colors) => (0 < row.failed_per_s ? colors.red : colors.dim),
  },
  { title: "1 h", width: 8, isRight: true, expendable: 4, text: (row) => count(row.attempts) },
  {
    title: "success",
    width: 7,
    isRight: true,
    expendable: 2,
    text: (row) => rateText(row.success_rate),
    paint: (row, colors) => paintOfRate(row.success_rate, colors),
  },
  {
    title: "p95",
    width: 7,
    isRight: true,
    expendable: 3,
    text: (row) => (row.p95_ms === null ? "" : span(row.p95_ms)),
  },
  {
    title: "waiting",
    width: 8,
    isRight: true,
    expendable: 0,
    text: (row) => count(row.waiting),
    paint: (row, colors) => (0 < row.waiting ? colors.yellow : colors.dim),
  },
  {
    title: "trend",
    width: TREND_CELLS,
    isRight: false,
    expendable: 5,
    text: (row) => sparkline(row.series, TREND_CELLS),
  },
];
const GAP = "  ";

/** The lines of a screen, none wider than it; `height` of them at most. */
export function topFrame(snapshot: TopSnapshot | undefined, options: FrameOptions): string[] {
  const { width, height, colors, isPaused, trouble, where, now } = options;
  const { bold, dim, red, yellow } = colors;
  const clock = new Date(now).toTimeString().slice(0, 8);
  const head = cutToWidth(`hooks top  ${escapeLine(where)}`, Math.max(10, width - 21));
  const state = isPaused ? yellow("paused") : trouble === undefined ? "" : red("no answer");
  const lines = [`${bold(head)}  ${dim(clock)}  ${state}`];
  if (trouble !== undefined) lines.push(red(cutToWidth(escapeLine(trouble), width)));
  if (snapshot !== undefined)
    lines.push(...summary(snapshot, options), "", ...table(snapshot, options, height - lines.length - 5));
  else if (trouble === undefined) lines.push("", dim("looking …"));
  const keys = cutToWidth(`q quit  s sort: ${options.sort}  p ${isPaused ? "go on" : "pause"}  ↑↓ scroll`, width);
  return [...lines.slice(0, Math.max(1, height - 1)), dim(keys)];
}

function summary(snapshot: TopSnapshot, { width, colors, now }: FrameOptions): string[] {
  const { green, red, yellow, dim } = colors;
  const { duration_ms: took, success_rate: rate } = snapshot;
  const parts = [
    `${perSecond(snapshot.attempts_per_s)}/s`,
    `${perSecond(snapshot.failed_per_s)} failed/s`,
    `1 h: ${count(snapshot.attempts)} attempts, ${rateText(rate) || "-"} success`,
    took === null ? "" : `p50 ${span(took.p50)}  p95 ${span(took.p95)}  p99 ${span(took.p99)}`,
  ].filter((part) => part !== "");
  const due = snapshot.oldest_due_at === null ? "" : `, due since ${relativeTime(snapshot.oldest_due_at, now)}`;
  const waiting = `${snapshot.at_least ? "more than " : ""}${count(snapshot.waiting)} waiting${due}`;
  const bars = sparkline(snapshot.series, Math.max(10, Math.min(60, width - displayWidth(waiting) - 4)));
  const paint = 0 < snapshot.failed_per_s ? red : green;
  return [
    paint(cutToWidth(parts.join("   "), width)),
    `${(0 < snapshot.waiting ? yellow : dim)(cutToWidth(waiting, width))}  ${width < 60 ? "" : green(bars)}`,
  ];
}

function table(snapshot: TopSnapshot, options: FrameOptions, room: number): string[] {
  const { width, colors, scroll } = options;
  let columns = [...COLUMNS];
  const used = (): number => columns.reduce((sum, one) => sum + one.width + GAP.length, NAME_LEAST);
  while (width < used()) {
    const first = Math.max(...columns.map(({ expendable }) => expendable));
    if (first === 0) break;
    columns = columns.filter(({ expendable }) => expendable !== first);
  }
  const nameWidth = Math.max(NAME_SHORTEST, Math.min(NAME_LONGEST, width - used() + NAME_LEAST));
  const rows = sorted(snapshot.subscriptions, options.sort);
  const title = [
    padToWidth("SUBSCRIPTION", nameWidth),
    ...columns.map((one) => toColumn(one.title.toUpperCase(), one)),
  ];
  const shown = rows.slice(scroll, scroll + Math.max(0, room - 1));
  const lines = shown.map((row) => {
    const name = padToWidth(cutToWidth(escapeLine(row.name ?? row.id), nameWidth), nameWidth);
    const cells = columns.map((one) => (one.paint?.(row, colors) ?? same)(toColumn(one.text(row), one)));
    return [name, ...cells].join(GAP).trimEnd();
  });
  return [colors.dim(cutToWidth(title.join(GAP), width)), ...lines];
}

/** The most first; what is alike keeps its order. */
function sorted(rows: readonly TopSubscription[], sort: Sort): TopSubscription[] {
  const weight: Record<Sort, (row: TopSubscription) => number> = {
    rate: (row) => row.attempts_per_s,
    failures: (row) => row.failed_per_s * 1e6 + row.failed,
    slowest: (row) => row.p95_ms ?? -1,
    waiting: (row) => row.waiting,
  };
  return rows.toSorted((a, b) => weight[sort](b) - weight[sort](a));
}

function toColumn(text: string, { width, isRight }: Pick<FrameColumn, "width" | "isRight">): string {
  const cut = cutToWidth(text, width);
  const padding = " ".repeat(Math.max(0, width - displayWidth(cut)));
  return isRight ? padding + cut : cut + padding;
}

/** "0", "0.4", "12.5", "1234". */
function perSecond(rate: number): string {
  return rate === 0 ? "0" : rate < 100 ? rate.toFixed(1) : String(Math.round(rate));
}

/** "1,234" up to a million, then "1.2M". */
function count(number: number): string {
  if (1_000_000 <= number) return `${(number / 1_000_000).toFixed(1)}M`;
  return number.toLocaleString("en-US");
}

function same(text: string): string {
  return text;
}
