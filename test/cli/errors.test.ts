import { describe, expect, it } from "vitest";
import { NO_COLORS } from "../../src/cli/color.ts";
import { exitCodeOf, renderError } from "../../src/cli/errors.ts";
import { ERROR_CODES, HooksError } from "../../src/core/errors.ts";
import { runInProcess } from "../support/run-in-process.ts";

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

describe("what somebody gave", () => {
  it.each<[string, string[]]>([
    ["a command", ["x".repeat(100_000)]],
    ["a flag", ["sub", "list", `--${"x".repeat(100_000)}`]],
    ["a flag's value", ["sub", "list", "--limit", "9".repeat(100_000)]],
    ["a choice", ["sub", "list", "--health", "x".repeat(100_000)]],
    ["an argument too many", ["sub", "get", "a", "x".repeat(100_000)]],
    ["a server", ["sub", "list", "--server", `x${"y".repeat(100_000)}`]],
    ["a file's name", ["publish", "a.b", "--data", `@${"x".repeat(100_000)}`]],
    ["a pair", ["sub", "create", "--metadata", "x".repeat(100_000)]],
  ])("is not said whole, and no control character of it: %s", async (_, args) => {
    for (const form of [[], ["--json"]]) {
      const run = await runInProcess([...args.map((arg) => arg.replace(/x{3}/, "x\u001b[31m\u202e")), ...form], {
        env: { HOOKS_HOME: "/nonexistent" },
      });
      expect(run.code).toBe(2);
      expect(run.stderr.length).toBeLessThan(5_000);
      expect(run.stderr).not.toMatch(/[\u001b\u202e]/);
    }
  });

  it("of a header is not said at all when it is in no form: it may be a key", async () => {
    for (const command of [
      ["sub", "create"],
      ["listen", "--forward", "3000"],
      ["verify", "-", "--secret", "s"],
    ]) {
      const run = await runInProcess([...command, "--header", "Bearer hk_s3cret"], { stdin: "" });
      expect(run.code).toBe(2);
      expect(run.stderr).not.toContain("s3cret");
    }
  });
});
