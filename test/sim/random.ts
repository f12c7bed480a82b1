/** Randomness that a seed decides: the same seed and purpose draw the same values, on every machine. */
export class Random {
  readonly #seed: number;
  readonly #purpose: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Each purpose gets its own stream, so that one more draw for one thing changes nothing for the others. */
  constructor(seed: number, purpose = "") {
    this.#seed = seed;
    this.#purpose = purpose;
    const words = hash(`${seed}/${purpose}`);
    [this.#a, this.#b, this.#c] = words;
    for (let n = 0; n < 12; n++) this.next();
  }

  fork(purpose: string): Random {
    return new Random(this.#seed, `${this.#purpose}/${purpose}`);
  }

  /** Uniform in [0, 1). The generator is sfc32 of PractRand. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** A whole number whose magnitude is uniform: as often between 1 and 10 as between 10 and 100. `min` ≥ 1. */
  magnitude(min: number, max: number): number {
    return Math.min(max, Math.floor(min * Math.exp(this.next() * Math.log((max + 1) / min))));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)]!;
  }

  /** One of the keys, as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const keys = Object.keys(weights) as K[];
    let left = this.next() * keys.reduce((sum, key) => sum + weights[key], 0);
    for (const key of keys) {
      left -= weights[key];
      if (left < 0) return key;
    }
    return keys.at(-1)!;
  }

  bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => Math.floor(this.next() * 256));
  }
}

/** cyrb128: text to three 32-bit words. */
function hash(text: string): [number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    h1 = h2 ^ Math.imul(h1 ^ code, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ code, 2869860233);
    h3 = h1 ^ Math.imul(h3 ^ code, 951274213);
  }
  return [h1, h2, h3];
}
