import { expect, it } from "vitest";
import { runInProcess } from "../support/run-in-process.ts";
import { testHome } from "../support/source-program.ts";

const SECRET = /whsec_[A-Za-z0-9+/=]{20,}/;
/** What a source of GitHub gets. */
const MADE = /[0-9a-f]{64}/;

function setUp(name: string): string {
  return JSON.stringify({
    subscriptions: [{ name, url: "https://shop.example.com/hooks", events: ["*"] }],
    keys: [{ name: `${name}-reader`, role: "reader" }],
    sources: [{ name, scheme: "github" }],
  });
}

it("prints the secrets that it made on a terminal and as JSON, and not into the log of a CI; a key is shown now or never", async () => {
  const cwd = testHome();
  const apply = (name: string, ends: { isTty?: boolean } = {}, ...flags: string[]) =>
    runInProcess(["apply", "-f", "-", ...flags], { stdin: setUp(name), cwd, env: { HOOKS_HOME: cwd }, ...ends });
  const piped = await apply("one");
  expect(piped).toMatchObject({ code: 0, stderr: expect.stringContaining("hooks sub secret") as string });
  expect(piped.stdout + piped.stderr).not.toMatch(SECRET);
  expect(piped.stderr).toContain("secrets that were made for sources (one) were not printed");
  expect(piped.stdout).toMatch(/^create\tsource\tone\t/m);
  expect(piped.stdout + piped.stderr).not.toMatch(MADE);
  expect(piped.stdout).toMatch(/^create\tkey\tone-reader\t.*\thk_[\w-]{40,}/m);
  const shown = await apply("two", { isTty: true });
  expect(shown.stdout).toMatch(SECRET);
  expect(shown.stdout).toMatch(MADE);
  expect(shown.stdout).toMatch(/hk_[\w-]{40,}/);
  const whole = (await apply("three", {}, "--json")).stdout;
  expect(whole).toMatch(SECRET);
  expect(whole).toMatch(MADE);
});
