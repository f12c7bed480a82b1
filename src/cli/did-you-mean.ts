import { nearest } from "../core/nearest.ts";

/** The second line of an error about an unknown word, or nothing. */
export function didYouMean(near: string | undefined): string {
  return near === undefined ? "" : `\n  did you mean ${JSON.stringify(near)}?`;
}

export function didYouMeanOf(word: string, known: Iterable<string>): string {
  return didYouMean(nearest(word, known));
}
