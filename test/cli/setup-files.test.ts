import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { readSetup } from "../../src/cli/setup-file.ts";
import { problemsOfSetup } from "../../src/core/setup/setup-form.ts";
import { setupFileSchema } from "../../src/receive/schemas/setup-file.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** A folder with a store and files of its own, and the program in it. */
function folderOf(files: Record<string, string>) {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-setup-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  const run = (args: string[], options: { env?: Record<string, string>; stdin?: string } = {}): Promise<Run> =>
    runInProcess(args, {
      cwd: folder,
      env: { HOOKS_HOME: folder, HOME: folder, ...options.env },
      stdin: options.stdin,
    });
  return { folder, run };
}

const BILLING = `subscriptions:
  - name: billing
    url: http://localhost:3000
    events: [invoice.*]
`;

describe("errors of files", () => {
  const cases: [name: string, text: string, said: RegExp][] = [
    [
      "an unknown field",
      BILLING.replace("events", "evnts"),
      /^error: hooks\.yaml:2:5: subscriptions\[0\]\.events is missing\n {2}hooks\.yaml:4:5: subscriptions\[0\]\.evnts is not a known field \(did you mean events\?\)/,
    ],
    [
      "an unknown section",
      "subscription: []\nkeys: []\n",
      /hooks\.yaml:1:1: subscription is not a known field\nhint: did you mean subscriptions\?/,
    ],
    [
      "a value of another kind",
      `${BILLING}    timeout: 5\n`,
      /hooks\.yaml:5:5: subscriptions\[0\]\.timeout must be a text, got the number 5/,
    ],
    [
      "what the service refuses",
      BILLING.replace("invoice.*", '"no good"'),
      /hooks\.yaml:4:14: subscription "billing": events\[0\]/,
    ],
    [
      "a name twice",
      BILLING + BILLING.replace("subscriptions:\n", ""),
      /hooks\.yaml:5:5: subscriptions\[1\] has the name of subscriptions\[0\]/,
    ],
    ["no YAML", "a: [", /hooks\.yaml:1:\d+: no YAML/],
    ["a member twice", "keys: []\nkeys: []\n", /hooks\.yaml:2:1: no YAML: Map keys must be unique/],
    ["an unknown tag", "keys: !secret x\n", /hooks\.yaml:1:7: no YAML: Unresolved tag/],
    ["a circle", "keys: &a [*a]\n", /hooks\.yaml/],
    ["too deep", `keys: ${"[".repeat(3000)}\n`, /hooks\.yaml/],
    ["no mapping", "- a\n", /hooks\.yaml:1:1: must be a mapping/],
    ["nothing in it", "# later\n", /set nothing up/],
    [
      "a number that JSON has not",
      "event_types: [{name: a.b, example: .inf}]\n",
      /hooks\.yaml:1:\d+: is a value that JSON has not/,
    ],
    [
      "another environment",
      "environment: production\nkeys: []\n",
      /hooks\.yaml:1:1: environment is "production" here, and the command is for "staging"/,
    ],
    [
      "a secret in the file",
      `${BILLING}    secret: ${SECRET}\n`,
      /hooks\.yaml:5:5: subscriptions\[0\]\.secret must be a reference: env:NAME or file:PATH/,
    ],
    [
      "a secret of a source in the file",
      `sources:\n  - name: pay\n    scheme: stripe\n    secret: ${SECRET}\n`,
      /hooks\.yaml:4:5: sources\[0\]\.secret must be a reference: env:NAME or file:PATH/,
    ],
    [
      "a source whose secret is missing",
      "sources:\n  - name: pay\n    scheme: stripe\n",
      /^error: hooks\.yaml:2:5: source "pay": secret is missing/,
    ],
    [
      "what the service refuses in a source",
      "sources:\n  - name: code\n    scheme: githup\n",
      /^error: hooks\.yaml:3:5: source "code": scheme must be a signature scheme[\s\S]*hint: did you mean github\?/,
    ],
    [
      "a type that a source cannot map to",
      "sources:\n  - name: code\n    scheme: none\n    map:\n      push: a\n      ping: no good\n",
      /^error: hooks\.yaml:6:7: source "code": map\.ping/,
    ],
    [
      "a variable that is not set",
      `${BILLING}    secret: env:NOWHERE\n`,
      /hooks\.yaml:5:5: subscriptions\[0\]\.secret: the environment variable "NOWHERE" is not set/,
    ],
    [
      "a file that is not there",
      `${BILLING}    secret: file:none.txt\n`,
      /hooks\.yaml:5:5: subscriptions\[0\]\.secret: cannot read none\.txt: it does not exist|hooks\.yaml:5:5: subscriptions\[0\]\.secret: cannot read none\.txt/,
    ],
  ];

  it.each(cases)("name file, line, column and field, and nothing is stored: %s", async (_, text, said) => {
    const { run } = folderOf({ "hooks.yaml": text });
    const ran = await run(["apply", "--env", "staging"]);
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(said);
    expect(ran.stderr).not.toContain(SECRET);
    expect((await run(["sub", "list", "--env", "staging"])).stdout).toBe("");
    expect((await run(["source", "list", "--env", "staging"])).stdout).toBe("");
  });

  it("are those of the file that it stands in, of several", async () => {
    const { run } = folderOf({
      "set/a.yaml": BILLING,
      "set/b.json": '{"subscriptions": [\n  {"name": "x", "url": "ftp://x", "events": ["*"]}]}',
    });
    const ran = await run(["apply", "-f", "set"]);
    expect(ran.stderr).toMatch(/^error: set\/b\.json:2:17: subscription "x": url /);
    expect(ran.code).toBe(2);
  });
});

describe("hooks apply", () => {
  it("reads folders, JSON and standard input, and secrets from variables and files beside the file", async () => {
    const { run, folder } = folderOf({
      "set/a.yaml": `${BILLING}    secret: file:billing.key\n    headers: {x-token: env:TOKEN}\n`,
      "set/billing.key": `${SECRET}\n`,
      "set/b.json": '{"$schema": "x", "event_types": [{"name": "invoice.paid"}]}',
      "set/notes.txt": "not a set-up",
    });
    const env = { TOKEN: "t" };
    expect(await run(["apply", "-f", "set"], { env })).toMatchObject({ code: 0 });
    expect((await run(["sub", "secret", "billing"])).stdout.trim()).toBe(SECRET);
    const more = await run(["apply", "-f", "-", "--json"], { stdin: "keys: [{name: ci, role: reader}]" });
    expect(JSON.parse(more.stdout)).toMatchObject({
      changes: [{ kind: "key", secret: expect.stringMatching(/^hk_/) as string }],
    });
    const exported = await run(["export"]);
    expect(exported.stdout).toMatch(
      /^# yaml-language-server: \$schema=node_modules\/hooks-relay\/schema\/hooks\.schema\.json\n/,
    );
    expect(parse(exported.stdout)).toMatchObject({
      subscriptions: [{ secret: "file:billing.key", headers: { "x-token": "env:TOKEN" } }],
      keys: [{ name: "ci", role: "reader" }],
    });
    writeFileSync(
      path.join(folder, "set/c.yaml"),
      exported.stdout
        .replace(/^subscriptions:[\s\S]*?^keys:/m, "keys:")
        .replace(/^event_types:[\s\S]*?^keys:/m, "keys:"),
    );
    expect((await run(["apply", "-f", "set", "--plan", "--exit-code"], { env })).code).toBe(0);
  });

  it("says by its exit code whether something would change, when it is asked to", async () => {
    const { run } = folderOf({ "hooks.yaml": BILLING });
    expect((await run(["apply", "--plan"])).code).toBe(0);
    expect((await run(["apply", "--plan", "--exit-code"])).code).toBe(1);
    expect((await run(["sub", "list"])).stdout).toBe("");
    expect((await run(["apply"])).code).toBe(0);
    expect((await run(["apply", "--plan", "--exit-code"])).code).toBe(0);
  });

  it("does not prune without being told so twice", async () => {
    const { run, folder } = folderOf({ "hooks.yaml": BILLING });
    await run(["apply"]);
    writeFileSync(path.join(folder, "hooks.yaml"), "subscriptions: []\n");
    const kept = await run(["apply"]);
    expect(kept.stderr).toContain("not in the files any more: subscription billing");
    expect(await run(["apply", "--prune"])).toMatchObject({ code: 2, stdout: "" });
    expect((await run(["sub", "list", "--fields", "name"])).stdout).toBe("billing\n");
    expect((await run(["apply", "--prune", "--yes"])).stdout).toMatch(/^delete\tsubscription\tbilling\t/);
    expect((await run(["sub", "list"])).stdout).toBe("");
  });

  it("carries a plan out only while it is the one that was shown", async () => {
    const { run } = folderOf({ "hooks.yaml": BILLING });
    const { plan } = JSON.parse((await run(["apply", "--plan", "--json"])).stdout) as { plan: string };
    await run(["sub", "create", "--name", "billing", "--url", "http://localhost:1", "--event", "a"]);
    const refused = await run(["apply", "--if-plan", plan]);
    expect(refused).toMatchObject({ code: 6, stdout: "" });
    expect(refused.stderr).toContain(plan);
  });

  it("takes tenant and environment from the file where the command names none", async () => {
    const { run } = folderOf({
      "hooks.yaml": `environment: staging\ntenant: acme\n${BILLING.replace("http://localhost:3000", "https://203.0.113.7")}`,
    });
    expect(await run(["apply"])).toMatchObject({ code: 2 });
    const { run: again } = folderOf({
      "hooks.yaml": "environment: staging\ntenant: acme\nevent_types: [{name: a.b}]\n",
    });
    expect(await again(["apply"])).toMatchObject({ code: 0 });
    expect((await again(["event-type", "list", "--catalogued"])).stdout).toBe("");
    expect(
      (await again(["event-type", "list", "--catalogued", "--tenant", "acme", "--env", "staging"])).stdout,
    ).toContain("a.b");
  });
});

describe("schema/hooks.schema.json", () => {
  const schema = JSON.parse(readFileSync(path.join(ROOT, "schema/hooks.schema.json"), "utf8")) as object;
  const validate = new Ajv2020({ strict: false }).compile(schema);

  it("is what the API's schemas say; else: node commands/write-setup-schema.ts", () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(setupFileSchema())));
  });

  it("has the fields that the program takes, and no others", () => {
    const fields = (one: unknown): string[] => {
      const { properties } = one as { properties: object };
      return Object.keys(properties).sort();
    };
    const root = (schema as { properties: Record<string, { items?: unknown }> }).properties;
    for (const [section, required] of Object.entries({
      subscriptions: { name: "a", url: "u", events: [] },
      event_types: { name: "a" },
      sources: { name: "a", scheme: "s" },
      keys: { name: "a", role: "r" },
    })) {
      const entry = { ...required, nonsense: 1 };
      const [problem] = problemsOfSetup({ [section]: [entry] }, "file");
      const known = fields(root[section]!.items);
      for (const field of known) {
        const problems = problemsOfSetup({ [section]: [{ ...required, [field]: null }] }, "file");
        expect(problems.filter(({ message }) => message.includes("known field"))).toEqual([]);
      }
      expect(problem).toMatchObject({ field: `${section}[0].nonsense`, message: "is not a known field" });
    }
  });

  it("takes the example of docs/apply.md, which is applied as it stands", async () => {
    const page = readFileSync(path.join(ROOT, "docs/apply.md"), "utf8");
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(validate(parse(example)) ? [] : validate.errors).toEqual([]);
    const { run } = folderOf({ "hooks.yaml": example });
    const env = { BILLING_SECRET: SECRET, BILLING_TOKEN: "t", STRIPE_SECRET: SECRET };
    expect(await run(["apply", "-f", "hooks.yaml"], { env })).toMatchObject({ code: 0 });
    const again = await run(["apply", "-f", "hooks.yaml", "--json"], { env });
    expect(JSON.parse(again.stdout)).toMatchObject({ changes: [] });
    const exported = parse((await run(["export"])).stdout) as object;
    expect(validate(exported) ? [] : validate.errors).toEqual([]);
    expect(Object.keys(exported)).toEqual([
      "version",
      "settings",
      "alerts",
      "event_types",
      "subscriptions",
      "sources",
      "keys",
    ]);
    expect(exported).toMatchObject({
      sources: [{ name: "payments", secret: "env:STRIPE_SECRET", map: { "invoice.paid": "billing.paid" } }],
    });
  });

  it("refuses what the program refuses: an unknown field, a secret in the file", () => {
    const subscription = { name: "a", url: "https://a.example", events: ["*"] };
    expect(validate({ subscriptions: [subscription] })).toBe(true);
    for (const wrong of [{ evnts: [] }, { secret: SECRET }, { paused: "yes" }]) {
      expect(validate({ subscriptions: [{ ...subscription, ...wrong }] })).toBe(false);
    }
    const source = { name: "a", scheme: "stripe", secret: "env:SECRET", verify_token: null };
    expect(validate({ sources: [source] })).toBe(true);
    for (const wrong of [{ shceme: "x" }, { secret: SECRET }, { verify_token: "text" }, { mode: "dead" }]) {
      expect(validate({ sources: [{ ...source, ...wrong }] })).toBe(false);
    }
  });
});

it("files are put together, and what they contradict each other in is refused", async () => {
  const together = await readSetup([
    { name: "a.yaml", text: "set: x\nsettings: {strict_types: true}\nkeys: [{name: a, role: reader}]" },
    { name: "b.yaml", text: "set: x\nkeys: [{name: b, role: reader}]\n---\nkeys: [{name: c, role: reader}]" },
  ]);
  expect(together.setup).toMatchObject({ set: "x", keys: [{ name: "a" }, { name: "b" }, { name: "c" }] });
  expect(together.places.of("keys[2].role")).toBe("b.yaml:4:18");
  await expect(
    readSetup([
      { name: "a", text: "set: x" },
      { name: "b", text: "set: y" },
    ]),
  ).rejects.toThrow(/set is "y" here and "x"/);
});
