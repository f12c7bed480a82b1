import fc from "fast-check";

/** How often each property is tried; FUZZ_RUNS makes it more, for a long run. */
export const RUNS = Number(process.env["FUZZ_RUNS"] ?? 500);

/** What parsers trip over, one after another or in the middle of something good. */
const PIECES = [
  ..."\0\t\n\v\f\r \"'`\\/%#?@:;,.&=+-_~^$*()[]{}<>|!09aAzZ",
  "\x1b[31m",
  "\x7f",
  "\u0085",
  "\u009b",
  "\u00a0",
  "\u00ad",
  "\u200b",
  "\u2028",
  "\u202e",
  "\ud800",
  "\udc00",
  "\ufeff",
  "\uff10",
  "\uff0e",
  "😀",
  "ß",
  "İ",
  "__proto__",
  "constructor",
  "1e999",
  "-0",
  "0x10",
  "9007199254740993",
  "\r\n",
  "../",
  "%00",
  "%E0%A4%A",
  "\\u0000",
  "\\ud800",
  "null",
  "NaN",
];

const piece = fc.constantFrom(...PIECES);

/** Good samples that were damaged in a few places, samples as they are, and texts of no meaning at all. */
export function hostileText(samples: readonly string[]): fc.Arbitrary<string> {
  const sample = fc.constantFrom(...samples);
  const change = fc.tuple(
    fc.constantFrom("insert", "delete", "repeat", "swap", "cut"),
    fc.nat(),
    fc.nat(40),
    piece,
    sample,
  );
  const damaged = fc.tuple(sample, fc.array(change, { minLength: 1, maxLength: 6 })).map(([text, changes]) =>
    changes.reduce((current, [kind, seed, length, inserted, other]) => {
      const at = seed % (current.length + 1);
      const [before, after] = [current.slice(0, at), current.slice(at)];
      switch (kind) {
        case "insert":
          return before + inserted + after;
        case "delete":
          return before + after.slice(length);
        case "repeat":
          return before + after.slice(0, length).repeat(3) + after;
        case "swap":
          return before + other.slice(seed % (other.length + 1));
        default:
          return before;
      }
    }, text),
  );
  const soup = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  return fc.oneof(
    { weight: 4, arbitrary: damaged },
    sample,
    soup,
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.json(),
  );
}

/** The same as bytes, some of which are no UTF-8. */
export function hostileBytes(samples: readonly string[]): fc.Arbitrary<Uint8Array> {
  const spoiled = fc
    .tuple(hostileText(samples), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
    .map(([text, changes]) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of changes) if (0 < bytes.length) bytes[at % bytes.length] = byte;
      return bytes as Uint8Array;
    });
  return fc.oneof({ weight: 3, arbitrary: spoiled }, fc.uint8Array({ maxLength: 200 }));
}

/** Any JSON value, and values that are nearly as they should be. */
export function hostileValue(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  const strange = fc.oneof(
    fc.jsonValue({ stringUnit: "binary" }),
    fc.constantFrom<unknown>(
      undefined,
      null,
      NaN,
      Infinity,
      -0,
      1e308,
      "",
      [],
      {},
      [[]],
      JSON.parse('{"__proto__":{"x":1}}'),
    ),
  );
  const replaced = fc.tuple(fc.constantFrom(...samples), fc.nat(), strange).map(([value, pick, other]) => {
    if (typeof value !== "object" || value === null) return other;
    const copy = structuredClone(value) as Record<string, unknown>;
    const names = Object.keys(copy);
    if (0 < names.length) copy[names[pick % names.length]!] = other;
    return copy;
  });
  return fc.oneof({ weight: 3, arbitrary: replaced }, strange);
}

/**
 * Texts of `length` characters that are one thing over and over, alone and behind a good beginning: where a parser goes
 * over what it has seen for each step further, it does so here.
 */
export function monotonous(samples: readonly string[], length: number): string[] {
  const units = [...PIECES, "a.", "[{", '{"a":', "a ", " =", '""', "\\\\", ...samples];
  return units.flatMap((unit) => {
    if (unit === "") return [];
    const long = unit.repeat(Math.ceil(length / unit.length));
    return [long, `${samples[0] ?? ""}${long}`, `${long}${samples[0] ?? ""}`];
  });
}
