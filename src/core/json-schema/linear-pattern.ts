// Regular expressions in time proportional to the text: all alternatives are followed at once (Thompson's construction,
// Pike's loop), nothing is tried again. What cannot be matched that way, lookaround and backreferences, is refused.
// The engine's own RegExp judges the syntax, and single characters, which it cannot take long for.

import type { Effort } from "./effort.ts";

/** States of one pattern; a bounded repetition counts as often as it may repeat. */
const MOST_STATES = 2_000;
const MOST_CHARS = 2_000;
const MOST_NESTED = 50;

type Instruction =
  | { kind: "char"; takes(codePoint: number): boolean }
  | { kind: "split"; one: number; other: number }
  | { kind: "jump"; to: number }
  | { kind: "start" }
  | { kind: "end" }
  | { kind: "border"; isInverted: boolean }
  | { kind: "match" };

type Node =
  | { kind: "char"; takes(codePoint: number): boolean }
  | { kind: "all"; parts: Node[] }
  | { kind: "any"; parts: Node[] }
  | { kind: "repeat"; part: Node; least: number; most: number }
  | { kind: "start" | "end" }
  | { kind: "border"; isInverted: boolean };

/** A pattern that is not taken, and why. The message goes on after the name of the field: `must …`. */
export class PatternFault extends Error {}

/** An ECMAScript regular expression with the flag `u`, without lookaround and backreferences. */
export class LinearPattern {
  readonly #root: Node;
  readonly #program: readonly Instruction[];
  readonly #isAnchored: boolean;
  /** When a state was last added: each is added once at a place. */
  readonly #marks: Float64Array;
  #generation = 0;
  /** States looked at since this was last spent. */
  #looks = 0;

  /** @throws PatternFault */
  constructor(source: string) {
    if (MOST_CHARS < source.length) throw new PatternFault(`must be at most ${MOST_CHARS} characters`);
    checkSyntax(source);
    this.#root = new Parser(source).parse();
    const { program } = new Emitter(this.#root);
    this.#program = program;
    this.#isAnchored = program[0]?.kind === "start";
    this.#marks = new Float64Array(program.length);
  }

  /** Whether it is found anywhere in the text. @throws EffortExceeded */
  test(text: string, effort: Effort): boolean {
    let current: number[] = [];
    let next: number[] = [];
    this.#generation += 1;
    for (let at = 0; ; ) {
      if ((at === 0 || !this.#isAnchored) && this.#add(0, current, text, at)) return true;
      if (text.length <= at || (current.length === 0 && this.#isAnchored)) return false;
      effort.spend(1 + current.length + this.#looks);
      this.#looks = 0;
      const codePoint = text.codePointAt(at)!;
      at += 0xffff < codePoint ? 2 : 1;
      this.#generation += 1;
      next.length = 0;
      for (const state of current) {
        const instruction = this.#program[state] as Extract<Instruction, { kind: "char" }>;
        if (instruction.takes(codePoint) && this.#add(state + 1, next, text, at)) return true;
      }
      [current, next] = [next, current];
    }
  }

  /**
   * A text that is likely to be found, which `test` has to say. `extra`: how much more often than needed what may repeat
   * does. @param random uniform in [0, 1)
   */
  sample(random: () => number, extra: number): string {
    return sampleOf(this.#root, random, extra);
  }

  /** Adds the states that are reached without a character; true when the match is among them. */
  #add(from: number, states: number[], text: string, at: number): boolean {
    const open = [from];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      this.#looks += 1;
      if (this.#marks[state] === this.#generation) continue;
      this.#marks[state] = this.#generation;
      const instruction = this.#program[state]!;
      switch (instruction.kind) {
        case "match":
          return true;
        case "char":
          states.push(state);
          break;
        case "jump":
          open.push(instruction.to);
          break;
        case "split":
          open.push(instruction.other, instruction.one);
          break;
        case "start":
          if (at === 0) open.push(state + 1);
          break;
        case "end":
          if (at === text.length) open.push(state + 1);
          break;
        case "border":
          if ((isWord(text, at - 1) !== isWord(text, at)) !== instruction.isInverted) open.push(state + 1);
          break;
      }
    }
    return false;
  }
}

function checkSyntax(source: string): void {
  try {
    new RegExp(source, "u");
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
    throw new PatternFault(`must be a regular expression (ECMAScript, flag u): ${why}`);
  }
}

function isWord(text: string, at: number): boolean {
  return 0 <= at && at < text.length && /^\w$/.test(text[at]!);
}

/** Reads a pattern whose syntax was checked. */
class Parser {
  readonly #source: string;
  readonly #known = new Map<string, (codePoint: number) => boolean>();
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Node {
    return this.#alternatives();
  }

  #alternatives(): Node {
    this.#depth += 1;
    if (MOST_NESTED < this.#depth) throw new PatternFault(`must not be nested deeper than ${MOST_NESTED} groups`);
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    this.#depth -= 1;
    return parts.length === 1 ? parts[0]! : { kind: "any", parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !this.#sees("|") && !this.#sees(")")) parts.push(this.#repeated());
    return parts.length === 1 ? parts[0]! : { kind: "all", parts };
  }

  #repeated(): Node {
    let part = this.#atom();
    for (let bounds = this.#bounds(); bounds !== undefined; bounds = this.#bounds()) {
      part = { kind: "repeat", part, ...bounds };
    }
    return part;
  }

  #bounds(): { least: number; most: number } | undefined {
    const match = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#source.slice(this.#at, this.#at + 40));
    if (match === null) return undefined;
    this.#at += match[0].length;
    const [sign] = match[0];
    if (sign === "*") return { least: 0, most: Number.POSITIVE_INFINITY };
    if (sign === "+") return { least: 1, most: Number.POSITIVE_INFINITY };
    if (sign === "?") return { least: 0, most: 1 };
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (MOST_STATES < least || (MOST_STATES < most && most !== Number.POSITIVE_INFINITY)) throw tooLarge();
    return { least, most };
  }

  #atom(): Node {
    if (this.#take("^")) return { kind: "start" };
    if (this.#take("$")) return { kind: "end" };
    if (this.#take("(")) return this.#group();
    const source = this.#characterSource();
    if (source === "\\b" || source === "\\B") return { kind: "border", isInverted: source === "\\B" };
    return { kind: "char", takes: this.#matcher(source) };
  }

  #group(): Node {
    if (this.#sees("?") && !this.#take("?:")) {
      const name = /^\?<[^=!>][^>]*>/.exec(this.#source.slice(this.#at));
      if (name === null) throw new PatternFault("must be without lookaround and modifiers: (?:…) groups only");
      this.#at += name[0].length;
    }
    const inside = this.#alternatives();
    this.#take(")");
    return inside;
  }

  /** The source of what takes one character: a class, an escape or the character itself. */
  #characterSource(): string {
    const start = this.#at;
    if (this.#take("[")) {
      while (!this.#take("]")) this.#at += this.#sees("\\") ? 2 : 1;
    } else if (this.#take("\\")) {
      const rest = this.#source.slice(this.#at);
      if (/^[1-9k]/.test(rest)) throw new PatternFault("must be without backreferences");
      const sequence =
        /^(?:u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[upP]\{[^}]*\}|x[0-9A-Fa-f]{2}|c[A-Za-z]|[\s\S])/u.exec(
          rest,
        );
      this.#at += sequence?.[0].length ?? 1;
    } else this.#at += 0xffff < this.#source.codePointAt(this.#at)! ? 2 : 1;
    return this.#source.slice(start, this.#at);
  }

  #matcher(source: string): (codePoint: number) => boolean {
    const known = this.#known.get(source);
    if (known !== undefined) return known;
    const literal = source.codePointAt(0)!;
    const isLiteral = source !== "." && !source.startsWith("\\") && !source.startsWith("[");
    const matcher = isLiteral ? (codePoint: number) => codePoint === literal : characterClass(source);
    this.#known.set(source, matcher);
    return matcher;
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#sees(text)) return false;
    this.#at += text.length;
    return true;
  }
}

/** Asked of the engine once for each ASCII character, and each time for any other. */
function characterClass(source: string): (codePoint: number) => boolean {
  const single = new RegExp(`^(?:${source})$`, "u");
  const ascii = Uint8Array.from({ length: 128 }, (_, code) => (single.test(String.fromCharCode(code)) ? 1 : 0));
  return (codePoint) => (codePoint < 128 ? ascii[codePoint] === 1 : single.test(String.fromCodePoint(codePoint)));
}

/** The instructions of a pattern. */
class Emitter {
  readonly program: Instruction[] = [];
  #calls = 0;

  constructor(root: Node) {
    this.#emit(root);
    this.program.push({ kind: "match" });
  }

  #emit(node: Node): void {
    // Calls are counted, too: a repetition of nothing adds no state however often it is written out.
    this.#calls += 1;
    if (MOST_STATES < this.program.length || 4 * MOST_STATES < this.#calls) throw tooLarge();
    switch (node.kind) {
      case "all":
        for (const part of node.parts) this.#emit(part);
        return;
      case "any":
        this.#emitAny(node.parts);
        return;
      case "repeat":
        this.#emitRepeat(node);
        return;
      default:
        this.program.push(node);
    }
  }

  #emitAny(parts: readonly Node[]): void {
    const ends: { kind: "jump"; to: number }[] = [];
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) {
        this.#emit(part);
        break;
      }
      const split = this.#split();
      this.#emit(part);
      const end = { kind: "jump" as const, to: 0 };
      this.program.push(end);
      ends.push(end);
      split.other = this.program.length;
    }
    for (const end of ends) end.to = this.program.length;
  }

  #emitRepeat({ part, least, most }: Extract<Node, { kind: "repeat" }>): void {
    for (let count = 0; count < least; count++) this.#emit(part);
    if (most === Number.POSITIVE_INFINITY) {
      const start = this.program.length;
      const split = this.#split();
      this.#emit(part);
      this.program.push({ kind: "jump", to: start });
      split.other = this.program.length;
      return;
    }
    const splits: { other: number }[] = [];
    for (let count = least; count < most; count++) {
      splits.push(this.#split());
      this.#emit(part);
    }
    for (const split of splits) split.other = this.program.length;
  }

  #split(): { kind: "split"; one: number; other: number } {
    const split = { kind: "split" as const, one: this.program.length + 1, other: 0 };
    this.program.push(split);
    return split;
  }
}

/** Characters that are tried for a class, those that people like best first. */
const LIKED = [..."abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_. ,:;/@#+=!?%&*()[]{}<>|~^$'\"`\\"];
const SAMPLE_MAX_CHARS = 2_000;

function sampleOf(node: Node, random: () => number, extra: number): string {
  switch (node.kind) {
    case "char": {
      const taken = LIKED.filter((character) => node.takes(character.charCodeAt(0)));
      if (0 < taken.length) return taken[Math.floor(random() * Math.min(taken.length, 26))]!;
      for (let code = 0x80; code < 0x3000; code++) if (node.takes(code)) return String.fromCodePoint(code);
      return "";
    }
    case "all":
      return node.parts.map((part) => sampleOf(part, random, extra)).join("");
    case "any":
      return sampleOf(node.parts[Math.floor(random() * node.parts.length)]!, random, extra);
    case "repeat": {
      const count = Math.min(node.most, node.least + extra);
      let text = "";
      for (let n = 0; n < count && text.length < SAMPLE_MAX_CHARS; n++) text += sampleOf(node.part, random, extra);
      return text;
    }
    default:
      return "";
  }
}

function tooLarge(): PatternFault {
  return new PatternFault(`must not have more than ${MOST_STATES} states, bounded repetitions written out`);
}
