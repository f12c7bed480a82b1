import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Run, runInProcess } from "../support/run-in-process.ts";
import { StrictCompiler } from "../support/strict-compiler.ts";

/** Commands in a folder of their own, with a store there. */
function home(): { folder: string; hooks(...argv: string[]): Promise<Run>; ok(...argv: string[]): Promise<string> } {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-documents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const hooks = (...argv: string[]): Promise<Run> =>
    runInProcess(argv, { cwd: folder, env: { HOOKS_HOME: folder, HOME: folder }, stdin: "" });
  const ok = async (...argv: string[]): Promise<string> => {
    const run = await hooks(...argv);
    expect(run, argv.join(" ")).toMatchObject({ code: 0 });
    return run.stdout;
  };
  return { folder, hooks, ok };
}

describe("hooks event-type import", () => {
  it("takes several files, of whichever kind, in one step", async () => {
    const { folder, hooks, ok } = home();
    writeFileSync(path.join(folder, "shop.paid.schema.json"), '{"type":"object"}');
    writeFileSync(path.join(folder, "hooks.yaml"), "openapi: 3.1.0\nwebhooks: {shop.sent: {post: {}}}\n");
    expect(await ok("event-type", "import", "shop.paid.schema.json", "hooks.yaml", "--json")).toBe(
      '{"name":"shop.paid","version":"1","outcome":"created","warnings":[]}\n' +
        '{"name":"shop.sent","version":"1","outcome":"created","warnings":[]}\n',
    );
    writeFileSync(path.join(folder, "shop.paid.schema.json"), '{"type":"array"}');
    writeFileSync(path.join(folder, "hooks.yaml"), "openapi: 3.1.0\nwebhooks: {shop.new: {post: {}}}\n");
    const refused = await hooks("event-type", "import", "shop.paid.schema.json", "hooks.yaml");
    expect(refused).toMatchObject({ code: 6, stdout: "", stderr: expect.stringContaining("shop.paid") });
    expect(refused.stderr).toContain("--as-new-version");
    expect((await hooks("event-type", "get", "shop.new")).code).toBe(3);
  });

  it.each([
    [["nothing.json"], "<source>: cannot read nothing.json"],
    [["forsight"], "did you mean the pack foresight?"],
    [["aegisx", "dotmac"], "a pack is imported alone"],
    [["aegisx", "--replace", "--as-new-version"], "cannot be used together"],
    [["bytes.json"], "is not UTF-8"],
    [["big.json"], "larger than 4 MiB"],
    [[], "<source> is missing"],
  ])("%j: %s", async (args, message) => {
    const { folder, hooks } = home();
    writeFileSync(path.join(folder, "bytes.json"), Buffer.from([0x7b, 0xff, 0x7d]));
    writeFileSync(path.join(folder, "big.json"), Buffer.alloc(4 * 1024 * 1024 + 1, " "));
    const run = await hooks("event-type", "import", ...args);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain(message);
  });
});

describe("hooks event-type export", () => {
  it("gives each type a file, which gives the type again", async () => {
    const one = home();
    await one.ok("event-type", "import", "arsmedica");
    await one.ok("event-type", "export", "--format", "json-schema", "--out", "schemas/");
    const files = readdirSync(path.join(one.folder, "schemas")).sort();
    expect(files).toHaveLength(5);
    expect(files[0]).toBe("appointment.cancelled.schema.json");
    const two = home();
    await two.ok("event-type", "import", ...files.map((file) => path.join(one.folder, "schemas", file)));
    const get = [
      "event-type",
      "get",
      "appointment.updated",
      "--json",
      "--fields",
      "name,description,tags,default_version",
    ];
    expect(await two.ok(...get)).toBe(await one.ok(...get));
  });

  it("replaces what it wrote, and asks before it replaces what it did not", async () => {
    const { folder, hooks, ok } = home();
    await ok("event-type", "import", "aegisx");
    await ok("event-type", "export", "--format", "openapi", "--out", "openapi.json");
    await ok("event-type", "export", "user.created", "--format", "openapi", "--out", "openapi.json");
    const document = JSON.parse(readFileSync(path.join(folder, "openapi.json"), "utf8")) as { webhooks: object };
    expect(Object.keys(document.webhooks)).toEqual(["user.created"]);
    writeFileSync(path.join(folder, "mine.json"), '{"mine":true}');
    const refused = await hooks("event-type", "export", "--out", "mine.json");
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("needs --yes") });
    expect(readFileSync(path.join(folder, "mine.json"), "utf8")).toBe('{"mine":true}');
    await ok("event-type", "export", "--out", "mine.json", "--yes");
    expect(JSON.parse(readFileSync(path.join(folder, "mine.json"), "utf8"))).toMatchObject({
      format: "hooks-event-types/1",
    });
  });

  it.each([
    [["--format", "raml"], 2, "--format must be one of"],
    [["--title", "x"], 2, "--title is for"],
    [["--out", "./"], 2, "is a folder"],
    [["no.such"], 3, "no.such"],
  ])("%j ends with %i", async (args, code, message) => {
    const { hooks, ok } = home();
    expect((await hooks("event-type", "export")).stderr).toContain("the catalogue is empty");
    await ok("event-type", "import", "aegisx");
    const run = await hooks("event-type", "export", ...args);
    expect(run).toMatchObject({ code, stdout: "" });
    expect(run.stderr).toContain(message);
  });
});

describe("hooks event-type infer", () => {
  it("learns from the last events, and saves what it learned", async () => {
    const { hooks, ok } = home();
    await ok("publish", "shop.paid", "--data", '{"old":true}');
    for (let n = 1; n <= 3; n++) {
      await ok(
        "publish",
        "shop.paid",
        "--data",
        JSON.stringify({ id: `o ${n}`, at: `2026-01-3${n % 2}T12:00:00Z`, n }),
      );
    }
    const schema = JSON.parse(await ok("event-type", "infer", "shop.paid", "--last", "3")) as Record<string, unknown>;
    expect(schema).toMatchObject({
      $comment: "inferred from 3 events",
      properties: { id: { type: "string" }, at: { type: "string", format: "date-time" }, n: { type: "integer" } },
      required: ["id", "at", "n"],
    });
    expect(JSON.parse(await ok("event-type", "infer", "shop.paid", "--json"))).not.toHaveProperty("required");
    expect((await hooks("event-type", "get", "shop.paid")).code).toBe(3);
    await ok("event-type", "infer", "shop.paid", "--last", "3", "--save");
    expect(JSON.parse(await ok("event-type", "get", "shop.paid", "--schema"))).toEqual(schema);
    expect(JSON.parse(await ok("event-type", "get", "shop.paid", "--example"))).toMatchObject({ id: "o 3" });
    const conflict = await hooks("event-type", "infer", "shop.paid", "--save");
    expect(conflict).toMatchObject({ code: 6, stdout: "" });
    expect(conflict.stderr).toContain("hooks event-type infer shop.paid --save --replace");
    await ok("event-type", "infer", "shop.paid", "--save", "--replace");
    expect((await hooks("event-type", "infer", "shop.none")).code).toBe(3);
    expect((await hooks("event-type", "infer", "shop.paid", "--last", "0")).code).toBe(2);
    expect((await hooks("event-type", "infer", "shop.paid", "--event-version", "7")).code).toBe(3);
  });

  it("learns from events of one version: of the default one, or of the one that is named", async () => {
    const { folder, hooks, ok } = home();
    const publish = async (events: object[]) => {
      writeFileSync(path.join(folder, "events.ndjson"), events.map((one) => JSON.stringify(one)).join("\n"));
      await ok("publish", "--file", "events.ndjson");
    };
    const learnt = async (...more: string[]) => {
      const schema = JSON.parse(await ok("event-type", "infer", "shop.moved", ...more)) as Record<string, object>;
      return [schema["$comment"], Object.keys(schema["properties"]!)];
    };
    // Before it is in the catalogue: what names no version is of the first.
    await publish([{ type: "shop.moved", data: { early: 1 } }]);
    await publish([{ type: "shop.moved", data: { other: 1 }, version: "7" }]);
    expect(await learnt()).toEqual(["inferred from 1 event", ["early"]]);
    expect(await learnt("--event-version", "7")).toEqual(["inferred from 1 event", ["other"]]);

    await ok("event-type", "create", "shop.moved", "--example", '{"one":0}');
    await ok("event-type", "create", "shop.moved", "--event-version", "2", "--default");
    await publish(Array.from({ length: 3 }, (_, n) => ({ type: "shop.moved", data: { two: n }, version: "2" })));
    // More newer ones of another version than a page has.
    await publish(Array.from({ length: 250 }, (_, n) => ({ type: "shop.moved", data: { one: n }, version: "1" })));
    expect(await learnt("--last", "2")).toEqual(["inferred from 2 events", ["two"]]);
    expect(await learnt()).toEqual(["inferred from 3 events", ["two"]]);
    expect(await learnt("--event-version", "1", "--last", "250")).toEqual(["inferred from 250 events", ["one"]]);
    expect((await learnt("--event-version", "1", "--last", "251"))[1]).toEqual(["one", "early"]);
    const none = await hooks("event-type", "infer", "shop.moved", "--event-version", "3");
    expect(none).toMatchObject({ code: 3, stdout: "" });
    expect(none.stderr).toContain("of version 3 to learn from; there are such of version 1, 2, 7");

    await ok("event-type", "infer", "shop.moved", "--save");
    expect(JSON.parse(await ok("event-type", "get", "shop.moved", "--schema"))).toHaveProperty("properties.two");
    expect(JSON.parse(await ok("event-type", "get", "shop.moved", "--example"))).toEqual({ two: 2 });
    // The example that somebody gave stays.
    await ok("event-type", "infer", "shop.moved", "--save", "--event-version", "1", "--last", "9");
    expect(await ok("event-type", "get", "shop.moved", "--event-version", "1", "--example")).toContain('"one": 0');
  });
});

describe("hooks event-type generate-types", () => {
  it("writes declarations that a publisher is checked by", async () => {
    const { folder, hooks, ok } = home();
    await ok("event-type", "import", "foresight");
    await ok("event-type", "generate-types", "--out", "hooks-events.d.ts");
    const text = readFileSync(path.join(folder, "hooks-events.d.ts"), "utf8");
    expect(await ok("event-type", "generate-types")).toBe(text);
    const compiler = new StrictCompiler();
    onTestFinished(() => compiler.remove());
    await compiler.compile({
      "program.ts": `import { createPublisher } from "hooks-relay";
import type { HooksEvents } from "./hooks-events.js";
const publisher = createPublisher<HooksEvents>();
await publisher.publish("claim.approved", { claim_id: "c", patient_id: "p", amount: 1500, approved_date: new Date().toISOString() });
// @ts-expect-error it has no such member
await publisher.publish("claim.approved", { claim: "c" });
`,
      "hooks-events.d.ts": text,
    });
    await ok("event-type", "generate-types", "--out", "hooks-events.d.ts", "--check");
    await ok("event-type", "create", "claim.lost");
    const old = await hooks("event-type", "generate-types", "--out", "hooks-events.d.ts", "--check");
    expect(old).toMatchObject({ code: 1, stderr: expect.stringContaining("is not what the catalogue says") });
    await ok("event-type", "generate-types", "--out", "hooks-events.d.ts");
    writeFileSync(path.join(folder, "mine.ts"), "export const mine = 1;\n");
    expect(await hooks("event-type", "generate-types", "--out", "mine.ts")).toMatchObject({ code: 2 });
    expect(readFileSync(path.join(folder, "mine.ts"), "utf8")).toBe("export const mine = 1;\n");
  });
});
