/**
 * Runs each contender once a round, in the order given and then in its reverse, by turns: whoever comes first finds
 * another machine than whoever comes last. Answers each one's results, by round.
 */
export async function inTurn<T extends Record<string, (round: number) => Promise<unknown>>>(
  rounds: number,
  contenders: T,
): Promise<{ [K in keyof T]: Awaited<ReturnType<T[K]>>[] }> {
  const names = Object.keys(contenders);
  const results: Record<string, unknown[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      results[name]!.push(await contenders[name]!(round));
    }
  }
  return results as never;
}
