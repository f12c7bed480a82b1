import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest, nearestEventType } from "../../src/core/nearest.ts";

describe("nearest", () => {
  it.each([
    ["urll", ["url", "events"], "url"],
    ["evnets", ["url", "events"], "events"],
    ["lim", ["live", "limit"], "limit"],
    ["tr", ["sub", "trigger"], "trigger"],
    ["x", ["xylophone"], undefined],
    ["triger", ["sub", "trigger"], "trigger"],
    ["URL", ["url"], "url"],
    ["xyz", ["url", "events"], undefined],
    ["", ["url"], undefined],
    ["ab", ["ba"], "ba"],
  ])("%s among %j is %s", (word, known, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  it("finds a word of four or more letters again after any one slip", () => {
    const words = ["subscription", "timeout_ms", "concurrency", "description"];
    fc.assert(
      fc.property(
        fc.constantFrom(...words),
        fc.nat(),
        fc.constantFrom("swap", "drop", "double"),
        (word, seed, slip) => {
          const at = seed % (word.length - 1);
          const pair = word.slice(at, at + 2);
          const changed = { swap: `${pair[1]}${pair[0]}`, drop: pair[1], double: `${pair[0]}${pair}` }[slip];
          expect(nearest(word.slice(0, at) + changed + word.slice(at + 2), words)).toBe(word);
        },
      ),
    );
  });

  it("takes no time over a hostile word", () => {
    expect(nearest("a".repeat(1_000_000), ["a".repeat(20)])).toBeUndefined();
  });
});

describe("nearest event type", () => {
  it.each([
    ["order.piad", "order.paid"],
    ["order.craeted", "order.created"],
    ["oder.created", "order.created"],
    ["Order.Paid", "order.paid"],
    ["user.creatd", "user.created"],
  ])("%s is a slip for %s", (type, known) => {
    expect(nearestEventType(type, ["a.b", known])).toBe(known);
  });

  it.each([
    ["order.updated", "order.created"],
    ["order.deleted", "order.created"],
    ["user.created", "order.created"],
    ["invoice.void", "invoice.paid"],
    ["ci.b", "ci.a"],
    ["job.v2", "job.v1"],
    ["user.created", "user.create"],
    ["order.paid.late", "order.paid"],
    ["odrer.piad", "order.paid"],
  ])("%s is none for %s", (type, known) => {
    expect(nearestEventType(type, [known])).toBeUndefined();
  });

  it("takes no time over a hostile type", () => {
    expect(nearestEventType("a".repeat(1_000_000), ["a".repeat(20)])).toBeUndefined();
  });
});
