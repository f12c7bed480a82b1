import { describe, expect, it } from "vitest";
import { NO_COLORS } from "../../src/cli/color.ts";
import { exitCodeOf, renderError } from "../../src/cli/errors.ts";
import { ERROR_CODES, HooksError } from "../../src/core/errors.ts";

const PLAIN = { json: false, colors: NO_COLORS, location: [], debug: false };
const JSON_STYLE = { ...PLAIN, json: true };

describe("exit codes", () => {
  it("are of the documented ones for every error code", () => {
    const documented = [1, 2, 3, 4, 5, 6, 70, 130];
    expect(ERROR_CODES.filter((code) => !documented.includes(exitCodeOf(code)))).toEqual([]);
  });

  it.each([
    ["failed", 1],
    ["usage", 2],
    ["invalid_request", 2],
    ["not_found", 3],
    ["unauthenticated", 4],
    ["forbidden", 4],
    ["unreachable", 5],
    ["store_busy", 5],
    ["store_full", 5],
    ["store_unusable", 5],
    ["conflict", 6],
    ["daemon_running", 6],
    ["internal", 70],
    ["interrupted", 130],
  ] as const)("%s: %i", (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });
});

describe("an error", () => {
  const error = new HooksError("usage", 'unknown command "triger"\n  did you mean "trigger"?', {
    field: "triger",
    hint: "see: hooks --help",
  });

  it("is error: and hint: for people", () => {
    expect(renderError(error, PLAIN)).toBe(
      'error: unknown command "triger"\n  did you mean "trigger"?\nhint: see: hooks --help',
    );
  });

  it("is one line with every key as JSON", () => {
    expect(JSON.parse(renderError(error, JSON_STYLE))).toEqual({
      error: {
        code: "usage",
        message: 'unknown command "triger"; did you mean "trigger"?',
        field: "triger",
        hint: "see: hooks --help",
        exit: 2,
      },
    });
    expect(renderError(new HooksError("failed", "no"), JSON_STYLE)).toContain('"field":null,"hint":null');
  });

  it("of ours shows no detail and no stack", () => {
    const text = renderError(new TypeError("secret detail"), PLAIN);
    expect(text).toMatch(/^error: internal error\nhint: /);
    expect(text).not.toContain("secret detail");
  });

  it("of ours shows the stack to who asks for it", () => {
    expect(renderError(new TypeError("the detail"), { ...PLAIN, debug: true })).toMatch(
      /TypeError: the detail\n\s+at /,
    );
  });

  it("cannot drive the terminal", () => {
    expect(renderError(new HooksError("failed", "x\x1b[2Jy", { hint: "a\rb" }), PLAIN)).toBe(
      "error: x\\x1b[2Jy\nhint: a\\rb",
    );
  });
});
