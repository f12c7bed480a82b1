import { describe, expect, it } from "vitest";
import { loadColors, takesColor } from "../../src/cli/color.ts";

describe("whether a stream takes colour", () => {
  it.each([
    // choice, variables, terminal, colour
    [undefined, {}, true, true],
    [undefined, {}, false, false],
    [undefined, { TERM: "dumb" }, true, false],
    [undefined, { CLICOLOR: "0" }, true, false],
    [undefined, { CLICOLOR: "1" }, false, false],
    [undefined, { CLICOLOR_FORCE: "1" }, false, true],
    [undefined, { CLICOLOR_FORCE: "0" }, false, false],
    [undefined, { FORCE_COLOR: "1" }, false, true],
    [undefined, { FORCE_COLOR: "1", TERM: "dumb" }, false, true],
    [undefined, { FORCE_COLOR: "0" }, true, false],
    [undefined, { FORCE_COLOR: "false" }, true, false],
    [undefined, { FORCE_COLOR: "0", CLICOLOR_FORCE: "1" }, true, false],
    [undefined, { NO_COLOR: "1" }, true, false],
    [undefined, { NO_COLOR: "" }, true, true],
    [undefined, { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    ["auto", { NO_COLOR: "1" }, true, false],
    ["auto", {}, true, true],
    ["always", { NO_COLOR: "1", TERM: "dumb" }, false, true],
    ["never", { FORCE_COLOR: "1" }, true, false],
  ] as const)("--color %s with %j, terminal %s: %s", (choice, env, isTty, expected) => {
    expect(takesColor(choice, env, isTty)).toBe(expected);
  });
});

describe("colours", () => {
  it("are sequences when on, and nothing when off", async () => {
    expect((await loadColors(true)).red("x")).toBe("\x1b[31mx\x1b[39m");
    expect((await loadColors(false)).red("x")).toBe("x");
  });
});
