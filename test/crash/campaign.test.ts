import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { isNamed, parseFlags } from "./campaign-flags.ts";
import { figuresTable, replaceSection } from "./reliability-figures.ts";
import { counted, timed } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, "../..");
const CAMPAIGN = path.join(import.meta.dirname, "campaign.ts");
const PAGE = readFileSync(path.join(ROOT, "docs/reliability.md"), "utf8");

describe("the campaign", () => {
  it("runs what it is asked for, prints its figures and ends with 0 when all is well", async () => {
    const { stdout } = await run(process.execPath, [CAMPAIGN, "--only", "R14", "--short", "--no-write", "--seed", "5"]);
    expect(stdout).toMatch(/^crash campaign, short, seed 5: /);
    expect(stdout).toMatch(/^R14 .*ok \(\d+ s\)$/m);
    expect(stdout).toMatch(/^ +refused with exit 6 after, slowest: \d+ ms\b/m);
    expect(stdout).not.toContain("R01");
    expect(readFileSync(path.join(ROOT, "docs/reliability.md"), "utf8")).toBe(PAGE);
  }, 120_000);

  it("runs what it can, says twice what it leaves out, and does not end well then", async () => {
    const command = [CAMPAIGN, "--only", "R06,R14", "--short"];
    const failed = await run(process.execPath, command, { env: { PATH: "/none" } }).catch((error: unknown) => error);
    const { code, stdout } = failed as { code: number; stdout: string };
    expect(code).toBe(1);
    expect(stdout.match(/^LEFT OUT, /gm)).toHaveLength(2);
    expect(stdout.match(/^ +R06 .*: strace is not installed/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^R14 .*ok \(\d+ s\)$/m);
    expect(readFileSync(path.join(ROOT, "docs/reliability.md"), "utf8")).toBe(PAGE);
  }, 120_000);

  it("says what is wrong with its flags, and runs nothing", async () => {
    for (const [flags, says] of [
      [["--only", "R99"], /no scenario "R99"/],
      [["--seed", "x"], /--seed must be a whole number/],
      [["--sed", "1"], /--sed/],
    ] as const) {
      const error = await run(process.execPath, [CAMPAIGN, ...flags]).catch((failed: unknown) => failed);
      expect(error).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(says) });
    }
  });

  it("writes down only what is whole", () => {
    expect(parseFlags([])).toMatchObject({ only: [], scale: "long", writes: true });
    expect(parseFlags(["--no-write"])).toMatchObject({ writes: false });
    expect(parseFlags(["--only", "R01, R06"])).toMatchObject({ only: ["R01", "R06"], writes: false });
    expect(parseFlags(["--short", "--seed", "9"])).toMatchObject({ scale: "short", seed: 9, writes: false });
  });

  it("knows scenarios by their numbers", () => {
    expect(isNamed("R02 (strace)", "R02")).toBe(true);
    expect(isNamed("R02 (strace)", "R02 (strace)")).toBe(true);
    expect(isNamed("R02", "R0")).toBe(false);
  });
});

describe("docs/reliability.md", () => {
  it("names every scenario of the campaign that it can be asked for", () => {
    for (const { id } of SCENARIOS) expect(PAGE, id).toMatch(new RegExp(`^\\| ${id.slice(0, 3)} `, "m"));
  });

  it("says of each scenario beside the campaign's, and of each property, what shows it", () => {
    for (let n = 20; n <= 39; n++) if (n !== 21) expect(PAGE, `R${n}`).toMatch(new RegExp(`^\\| R${n} .*\\.ts`, "m"));
    for (const property of ["P6", "P8", "L3"]) {
      expect(PAGE).toMatch(new RegExp(`^\\| ${property} \\| .*\\]\\(.*\\.ts\\)`, "m"));
    }
  });

  it("names commands that exist, with flags that are taken", () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const named = [...PAGE.matchAll(/`npm run ([\w:]+)/g)].map(([, script]) => script);
    for (const script of named) expect(Object.keys(scripts)).toContain(script);
    const repeat = PAGE.slice(PAGE.indexOf("## Repeat it"), PAGE.indexOf("## Known limits"));
    for (const command of ["npm test", "npm run test:crash", "npm run test:sim"])
      expect(repeat).toContain(`\`${command}\``);
    expect(repeat).toMatch(/`node test\/sim\/campaign\.ts --seed \d+ --trace`/);
    const commands = [...PAGE.matchAll(/`node test\/crash\/campaign\.ts ([^`]*)`/g)];
    expect(commands.length).toBeGreaterThan(1);
    for (const [, flags = ""] of commands) expect(() => parseFlags(flags.split(" ")), flags).not.toThrow();
  });

  it("names files that exist", () => {
    for (const [, file = ""] of PAGE.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      expect(existsSync(path.join(ROOT, "docs", file)), file).toBe(true);
    }
  });

  it("says what is promised of a figure, and what was not kept", () => {
    const figures = [timed("ended after", 900, 1_000), timed("ready after", 1_200, 1_000), counted("lost", 0, 0)];
    const table = figuresTable([{ id: "R01", title: "kills", figures, seconds: 2 }], "Seed 1.");
    expect(table).toContain("ended after: within 1 s; ready after: within 1 s (**not kept: 1200 ms**); lost: none |");
  });

  it("has a place for the figures of each campaign, which replace those before", () => {
    for (const name of ["crash", "sim"]) expect(() => replaceSection(PAGE, name, "x"), name).not.toThrow();
    const rows = [{ id: "R01", title: "kills", figures: [{ name: "lost", value: "0" }], seconds: 1.4 }];
    const table = figuresTable(rows, "Seed 1.");
    expect(table).toContain("| R01 | kills | lost: **0** |  | 1 s |");
    const once = replaceSection("a\n<!-- crash -->\nold\n<!-- /crash -->\nb", "crash", table);
    expect(replaceSection(once, "crash", table)).toBe(once);
    expect(once).toBe(`a\n<!-- crash -->\n${table}\n<!-- /crash -->\nb`);
    expect(() => replaceSection("nothing", "crash", table)).toThrow(/no <!-- crash -->/);
  });
});
