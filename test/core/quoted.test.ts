import { expect, it } from "vitest";
import { quoted } from "../../src/core/quoted.ts";

it("shows a value as JSON", () => {
  expect(quoted("a b")).toBe('"a b"');
  expect(quoted('say "no"\n\u001b[31m')).toBe('"say \\"no\\"\\n\\u001b[31m"');
  expect(quoted(`at hk_${"aZ9-_".repeat(9)} now`)).toBe('"at hk_… now"'); // an API key, given by mistake
  expect(quoted("hk_short")).toBe('"hk_short"');
  expect(quoted(5)).toBe("5");
  expect(quoted(null)).toBe("null");
  expect(quoted(undefined)).toBe("undefined");
  expect(quoted({ a: [1] })).toBe('{"a":[1]}');
});

it("cuts what is longer than a line, and nothing else", () => {
  expect(quoted("a".repeat(80))).toBe(`"${"a".repeat(80)}"`);
  expect(quoted("a".repeat(81))).toBe(`"${"a".repeat(80)}…"`);
  expect(quoted("x".repeat(1_000_000))).toHaveLength(83);
  expect(quoted(["x".repeat(1_000)])).toHaveLength(81);
  // Half a character is shown as what it is.
  expect(quoted(`${"a".repeat(79)}😀`)).toBe(`"${"a".repeat(79)}\\ud83d…"`);
});
