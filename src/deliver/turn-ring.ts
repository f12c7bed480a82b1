// Whose turn it is: tenants in turn, and the lanes of each in turn. Lines are linked through the places of those who
// stand in them, so that standing in line costs nothing but a few pointers.

/** Somebody's place in one line; in it at most once. */
export class Turn<T> {
  readonly owner: T;
  next: Turn<T> | undefined;
  isWaiting = false;

  constructor(owner: T) {
    this.owner = owner;
  }
}

/** First come, first served. */
export class Line<T> {
  #first: Turn<T> | undefined;
  #last: Turn<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** To the end; one that stands in a line already stays where it is. Returns whether it was added. */
  push(turn: Turn<T>): boolean {
    if (turn.isWaiting) return false;
    turn.isWaiting = true;
    if (this.#last === undefined) this.#first = turn;
    else this.#last.next = turn;
    this.#last = turn;
    this.#size += 1;
    return true;
  }

  shift(): T | undefined {
    const turn = this.#first;
    if (turn === undefined) return undefined;
    this.#first = turn.next;
    if (this.#first === undefined) this.#last = undefined;
    turn.next = undefined;
    turn.isWaiting = false;
    this.#size -= 1;
    return turn.owner;
  }
}

/** A party in a ring: its own place, and the line of its own. */
export class Party<P, T> {
  readonly owner: P;
  readonly turn: Turn<Party<P, T>> = new Turn(this);
  readonly line = new Line<T>();
  /** It may not go on for now: it stays out of the ring until `resume`. */
  isParked = false;

  constructor(owner: P) {
    this.owner = owner;
  }
}

/** Lines of parties: the first in line of the first party, then the first of the next. */
export class TurnRing<P, T> {
  readonly #mayGo: (owner: P, now: number) => boolean;
  readonly #parties = new Line<Party<P, T>>();
  #size = 0;

  /** A party that may not go when its turn comes is parked. */
  constructor(mayGo: (owner: P, now: number) => boolean) {
    this.#mayGo = mayGo;
  }

  /** Those who stand in line, without the parties that are parked. */
  get size(): number {
    return this.#size;
  }

  push(party: Party<P, T>, turn: Turn<T>): void {
    if (!party.line.push(turn) || party.isParked) return;
    this.#size += 1;
    this.#parties.push(party.turn);
  }

  /** Whose turn it is; it stands in line no more, and its party comes last. */
  shift(now: number): T | undefined {
    for (let party = this.#parties.shift(); party !== undefined; party = this.#parties.shift()) {
      if (!this.#mayGo(party.owner, now)) {
        party.isParked = true;
        this.#size -= party.line.size;
        continue;
      }
      const one = party.line.shift();
      if (one === undefined) continue;
      this.#size -= 1;
      if (0 < party.line.size) this.#parties.push(party.turn);
      return one;
    }
    return undefined;
  }

  /** The party may go again: it comes last. */
  resume(party: Party<P, T>): void {
    if (!party.isParked) return;
    party.isParked = false;
    this.#size += party.line.size;
    if (0 < party.line.size) this.#parties.push(party.turn);
  }
}
