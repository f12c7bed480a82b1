/**
 * The known word that was most likely meant by `word`: one that begins with it, else the one with the
 * least edits (insert, delete, replace, swap of neighbours), at most a third of the word's length. Undefined when
 * none is near. Case is ignored; of equals the first known wins.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  if (wanted === "" || LONGEST < wanted.length) return undefined;
  const most = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestCost = most + 1;
  for (const candidate of known) {
    const cost = costOf(wanted, candidate.toLowerCase());
    if (cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best;
}

/** So many names are compared: a catalogue may hold thousands, and whoever asks may mistype all the time. */
const MOST_COMPARED = 1_000;

/** The few known words that are nearest to `word`, best first: those that `nearest` would name. */
export function nearestNames(word: string, known: Iterable<string>, most: number): string[] {
  const wanted = word.toLowerCase();
  if (wanted === "" || LONGEST < wanted.length) return [];
  const furthest = Math.max(1, Math.floor(wanted.length / 3));
  const found: { name: string; cost: number }[] = [];
  let compared = 0;
  for (const name of known) {
    // The lengths alone differ by more edits than are allowed.
    if (furthest < Math.abs(name.length - wanted.length) && !name.toLowerCase().startsWith(wanted)) continue;
    if (MOST_COMPARED < ++compared) break;
    const cost = costOf(wanted, name.toLowerCase());
    if (cost <= furthest) found.push({ name, cost });
  }
  return found
    .sort((one, other) => one.cost - other.cost)
    .slice(0, most)
    .map(({ name }) => name);
}

/**
 * The known event type of which `type` is most likely a slip: the same but for one edit in one of its segments.
 * Far stricter than `nearest`, because most types that are alike mean different things: `order.created` and
 * `order.updated`, `invoice.paid` and `invoice.void`. Neither is a name that only goes on where a known one ends
 * (`created` after `create`): whoever types more letters means them. Case is ignored.
 */
export function nearestEventType(type: string, known: Iterable<string>): string | undefined {
  const wanted = type.toLowerCase().split(".");
  for (const candidate of known) {
    const segments = candidate.toLowerCase().split(".");
    if (segments.length !== wanted.length) continue;
    const [different, ...more] = segments.flatMap((segment, at) => (segment === wanted[at] ? [] : [at]));
    if (different === undefined) return candidate;
    if (more.length === 0 && isSlip(wanted[different]!, segments[different]!)) return candidate;
  }
  return undefined;
}

/** Shorter segments are too often one letter apart: `ci`, `api`, `v1`, `v2`. */
const SHORTEST_SEGMENT = 4;

function isSlip(wanted: string, candidate: string): boolean {
  if (Math.min(wanted.length, candidate.length) < SHORTEST_SEGMENT || LONGEST < wanted.length) return false;
  return !wanted.startsWith(candidate) && editsBetween(wanted, candidate) === 1;
}

/** Longer words are not compared: nobody mistypes 65 characters, and the cost is quadratic. */
const LONGEST = 64;

function costOf(wanted: string, candidate: string): number {
  if (wanted === candidate) return 0;
  const edits = editsBetween(wanted, candidate);
  // `lim` is further from `limit` than from `live`, counted in edits; as a beginning it can only mean one of them.
  const isBeginning = 1 < wanted.length && candidate.startsWith(wanted);
  return isBeginning ? Math.min(edits, 0.5) : edits;
}

/** Optimal string alignment distance (Damerau–Levenshtein without editing a swapped pair again). */
function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = 1 < i && 1 < j && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
