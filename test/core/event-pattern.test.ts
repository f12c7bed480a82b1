import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkEventPattern,
  checkEventType,
  isEventPattern,
  PatternIndex,
  patternTakes,
} from "../../src/core/event-pattern.ts";

const SEGMENT = fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/);
const TYPE = fc.array(SEGMENT, { minLength: 1, maxLength: 5 }).map((segments) => segments.join("."));
const PATTERN = fc.oneof(
  TYPE,
  TYPE.map((type) => `${type}.*`),
  fc.constant("*"),
);

describe("patternTakes", () => {
  it.each([
    ["claim.*", "claim.approved", true],
    ["claim.*", "claim.processing.started", true],
    ["claim.*", "claim", false],
    ["claim.*", "claims.approved", false],
    ["claim.approved", "claim.approved", true],
    ["claim.approved", "claim.approved.late", false],
    ["*", "anything.at.all", true],
    ["*", "hooks.delivery.exhausted", false],
    ["hooks.*", "hooks.delivery.exhausted", true],
    ["__proto__", "__proto__", true],
    ["__proto__", "constructor", false],
  ])("%s takes %s: %s", (pattern, type, takes) => {
    expect(patternTakes(pattern, type)).toBe(takes);
  });

  it("compares whole segments, as a naive reading of the rule does", () => {
    fc.assert(
      fc.property(PATTERN, TYPE, (pattern, type) => {
        const naive =
          pattern === "*"
            ? type.split(".")[0] !== "hooks" || type === "hooks"
            : pattern.endsWith(".*")
              ? type
                  .split(".")
                  .slice(0, pattern.split(".").length - 1)
                  .join(".") === pattern.slice(0, -2) && pattern.split(".").length <= type.split(".").length
              : pattern === type;
        expect(patternTakes(pattern, type)).toBe(naive);
      }),
    );
  });
});

describe("PatternIndex", () => {
  it("finds exactly those whose patterns take the type, each once, also after some left", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(PATTERN, { minLength: 1, maxLength: 4 }), { maxLength: 20 }),
        TYPE,
        fc.nat(),
        (all, type, leaving) => {
          const index = new PatternIndex<number>();
          for (const [id, patterns] of all.entries()) index.add(patterns, id);
          const gone = all.length === 0 ? -1 : leaving % all.length;
          if (gone !== -1) index.remove(all[gone]!, gone);
          const expected = all.flatMap((patterns, id) =>
            id !== gone && patterns.some((one) => patternTakes(one, type)) ? [id] : [],
          );
          expect([...index.takers(type)].sort((one, other) => one - other)).toEqual(expected);
        },
      ),
    );
  });
});

describe("checkEventPattern and checkEventType", () => {
  it.each([
    "order created",
    "order..created",
    ".created",
    "order.",
    "order.%",
    "{a,b}.c",
    "/(a+)+$/",
    "../order",
    "a\u0000b",
    "a.\u001b[31m",
    "",
    "order.created\n*",
    "*.created",
    "a.*.b",
    "**",
    "a".repeat(129),
  ])("refuses %j and names the field", (pattern) => {
    expect(isEventPattern(pattern)).toBe(false);
    expect(() => checkEventPattern(pattern, "events[0]")).toThrow(
      expect.objectContaining({ code: "invalid_request", field: "events[0]" }),
    );
    expect(() => checkEventType(pattern, "type")).toThrow(expect.objectContaining({ field: "type" }));
  });

  it("takes a pattern for a pattern, not for a type", () => {
    expect(checkEventPattern("order.*", "events[0]")).toBe("order.*");
    expect(() => checkEventType("order.*", "type")).toThrow();
    expect(checkEventType("order.created", "type")).toBe("order.created");
  });
});
