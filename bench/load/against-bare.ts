import { median, round } from "../report/statistics.ts";
import { inTurn } from "../rounds.ts";
import { type BareOptions, type BareResult, runBare, type Signing } from "./bare.ts";

export interface AgainstBare {
  /** A second, medians of the rounds. */
  hooksPerSecond: number;
  /** Undici alone that signs as clients and libraries do. */
  plainPerSecond: number;
  /** Undici alone with hooks' own signing. */
  oursPerSecond: number;
  /** Medians of hooks ÷ undici alone, each within its round. */
  ratioToPlain: number;
  ratioToOurs: number;
  /** By round. */
  rates: { hooks: number[]; plain: number[]; ours: number[] };
  /** µs of CPU each, by round. */
  cpuMicros: { hooks: (object | undefined)[]; plain: number[]; ours: number[] };
}

/** Hooks' rate and what undici alone reaches, in the same rounds, by turns. */
export async function againstBare(
  rounds: number,
  bare: Omit<BareOptions, "signing">,
  hooks: (round: number) => Promise<{ perSecond: number; cpuMicros: object | undefined }>,
): Promise<AgainstBare> {
  const alone = (signing: Signing) => () => runBare({ ...bare, signing });
  const found = await inTurn(rounds, { plain: alone("plain"), hooks, ours: alone("ours") });
  const rateOf = ({ seconds }: BareResult): number => Math.round(bare.count / seconds);
  const rates = {
    hooks: found.hooks.map(({ perSecond }) => Math.round(perSecond)),
    plain: found.plain.map(rateOf),
    ours: found.ours.map(rateOf),
  };
  const ratioTo = (others: readonly number[]): number =>
    round(median(rates.hooks.map((rate, index) => rate / others[index]!)), 3);
  return {
    hooksPerSecond: median(rates.hooks),
    plainPerSecond: median(rates.plain),
    oursPerSecond: median(rates.ours),
    ratioToPlain: ratioTo(rates.plain),
    ratioToOurs: ratioTo(rates.ours),
    rates,
    cpuMicros: {
      hooks: found.hooks.map(({ cpuMicros }) => cpuMicros),
      plain: found.plain.map(({ cpuMicros }) => cpuMicros),
      ours: found.ours.map(({ cpuMicros }) => cpuMicros),
    },
  };
}
