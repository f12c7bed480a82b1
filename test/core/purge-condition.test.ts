import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conditionText, maskedCondition } from "../../src/core/purge-condition.ts";

describe("a condition of a purge", () => {
  it.each([
    ['data.user_id = "u_1"', 'data.user_id == "u_1"'],
    ["data.user_id='u_1'", "data.user_id=='u_1'"],
    ['data.user_id == "u_1"', 'data.user_id == "u_1"'],
    ["data.n >= 1 && data.n <= 2 && data.n != 3", "data.n >= 1 && data.n <= 2 && data.n != 3"],
    ['data.text = "a = b" || data.text = r"\\"', 'data.text == "a = b" || data.text == r"\\"'],
    [String.raw`data.text = "say \"a=b\"" && data.n = 1`, String.raw`data.text == "say \"a=b\"" && data.n == 1`],
    ['data.text = """a "=" b""" && x=1', 'data.text == """a "=" b""" && x==1'],
  ])("%s is %s", (written, read) => {
    expect(conditionText(written)).toBe(read);
  });

  it.each([
    ['data.user_id == "u_1"', 'data.user_id == "***"'],
    ["data.user_id in ['u_1', 'u_2']", 'data.user_id in ["***", "***"]'],
    ["data.id2 == 4711 || data.x < 1.5e3", "data.id2 == *** || data.x < ***"],
    [String.raw`data.t == "a\"b" && has(data.t)`, 'data.t == "***" && has(data.t)'],
  ])("%s is shown as %s", (written, shown) => {
    expect(maskedCondition(written)).toBe(shown);
  });

  it("shows no text, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const secret = `SECRET${text}SECRET`;
        expect(maskedCondition(`data.user_id == ${JSON.stringify(secret)} && data.n == 1`)).toBe(
          'data.user_id == "***" && data.n == ***',
        );
        expect(conditionText(`data.user_id = ${JSON.stringify(secret)}`)).toBe(
          `data.user_id == ${JSON.stringify(secret)}`,
        );
      }),
    );
  });

  it("takes time that grows with the text", () => {
    for (const text of ['"'.repeat(4_000), "'''".repeat(1_000), "=".repeat(4_000), '\\"'.repeat(2_000)]) {
      expect(typeof maskedCondition(text)).toBe("string");
      expect(typeof conditionText(text)).toBe("string");
    }
  });
});
