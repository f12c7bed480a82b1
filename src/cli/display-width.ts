// How many columns of a terminal a text takes: 0 for what combines, 2 for East Asian wide characters and emoji.

const ASCII = /^[\x20-\x7e]*$/;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]/u;
const EMOJI = /^(\p{Emoji_Presentation}|\p{Regional_Indicator}|\p{Emoji}\ufe0f)/u;
/** Unicode's East Asian Width W and F, by block: the few narrow characters inside them are not worth a table. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const ESCAPES = /\x1b\[[0-9;]*m/g;

/** Colour sequences count nothing. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const cluster of clusters(text.replace(ESCAPES, ""))) width += clusterWidth(cluster);
  return width;
}

/** At most `width` columns, with "…" in place of what was cut. For text without colour. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let cut = "";
  let used = 0;
  for (const cluster of clusters(text)) {
    const next = clusterWidth(cluster);
    if (width - 1 < used + next) break;
    cut += cluster;
    used += next;
  }
  return `${cut}…`;
}

/** As much of it as fits into `width` columns, and the rest. For text without colour. */
export function splitAtWidth(text: string, width: number): [head: string, tail: string] {
  if (ASCII.test(text)) return [text.slice(0, Math.max(0, width)), text.slice(Math.max(0, width))];
  let length = 0;
  let used = 0;
  for (const cluster of clusters(text)) {
    used += clusterWidth(cluster);
    if (width < used) break;
    length += cluster.length;
  }
  return [text.slice(0, length), text.slice(length)];
}

export function padToWidth(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

let segmenter: Intl.Segmenter | undefined;

/** What a person sees as one character. The segmenter costs milliseconds: it is made for the first text that needs it. */
function* clusters(text: string): Iterable<string> {
  if (ASCII.test(text)) {
    yield* text;
    return;
  }
  segmenter ??= new Intl.Segmenter("en");
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function clusterWidth(cluster: string): number {
  if (EMOJI.test(cluster) || WIDE.test(cluster)) return 2;
  return ZERO.test(cluster) ? 0 : 1;
}
