import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { EventTypeResource, EventTypeSummary } from "../../src/core/event-type.ts";
import { type Ends, type Run, runInProcess } from "../support/run-in-process.ts";
import { testHome } from "../support/source-program.ts";

// On a store's file, with no daemon; test/parity runs the same commands over HTTP and compares.

class Store {
  readonly home = testHome();

  run(line: readonly string[], ends: Ends = {}): Promise<Run> {
    return runInProcess(line, { cwd: this.home, ...ends, env: { HOOKS_HOME: this.home, ...ends.env } });
  }

  async ok(...line: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(line);
    if (code !== 0) throw new Error(`${line.join(" ")}: ${stderr}`);
    return stdout.replace(/\n$/, "");
  }

  file(name: string, value: unknown): string {
    writeFileSync(path.join(this.home, name), JSON.stringify(value));
    return `@${name}`;
  }
}

const SCHEMA = {
  type: "object",
  required: ["id", "amount"],
  properties: { id: { type: "string", pattern: "^ord_[0-9]{4}$" }, amount: { type: "integer", minimum: 1 } },
};

describe("hooks event-type", () => {
  it("creates from files, lists, shows, changes and deletes", async () => {
    const store = new Store();
    const line = [
      "event-type",
      "create",
      "order.paid",
      "--description",
      "An order was paid",
      "--tag",
      "a",
      "--tag",
      "b",
    ];
    const created = await store.run([...line, "--schema", store.file("schema.json", SCHEMA)], {
      isTty: true,
      env: { NO_COLOR: "1" },
    });
    expect(created.stdout).toContain("✓ order.paid is in the catalogue, version 1");
    await store.ok("publish", "seen.only", "--data", "1");
    const rows = (await store.ok("event-type", "list", "--json"))
      .split("\n")
      .map((text) => JSON.parse(text) as EventTypeSummary);
    expect(rows.map(({ name, catalogued }) => [name, catalogued])).toEqual([
      ["order.paid", true],
      ["seen.only", false],
    ]);
    expect(await store.ok("event-type", "list", "--catalogued")).toBe("order.paid\t1\t\ta,b\tAn order was paid");
    const row = JSON.parse(await store.ok("event-type", "get", "order.paid", "--json")) as EventTypeResource;
    expect(row).toMatchObject({ tags: ["a", "b"], versions: [{ schema: SCHEMA, example: null }] });
    expect(JSON.parse(await store.ok("event-type", "get", "order.paid", "--schema"))).toEqual(SCHEMA);
    const noExample = await store.run(["event-type", "get", "order.paid", "--example"]);
    expect([noExample.code, noExample.stderr]).toEqual([3, expect.stringContaining("has no example")]);
    await store.ok("event-type", "update", "order.paid", "--example", '{"id":"ord_0001","amount":5}', "--deprecated");
    expect(await store.ok("event-type", "get", "order.paid", "--example", "--json")).toBe(
      '{"id":"ord_0001","amount":5}',
    );
    expect(await store.run(["event-type", "delete", "order.paid"])).toMatchObject({ code: 2 });
    expect(await store.ok("event-type", "delete", "order.paid", "--yes", "--quiet")).toBe("order.paid");
    expect((await store.run(["event-type", "get", "order.paid"])).code).toBe(3);
  });

  it.each([
    [["create", "order..paid"], 2, "<event-type>"],
    [["create", "a.b", "--schema", "{oops"], 2, "--schema"],
    [["create", "a.b", "--schema", "@missing.json"], 2, "--schema"],
    [["create", "a.b", "--schema", '{"type":"objekt"}'], 2, "schema.type"],
    [["create", "a.b", "--schema", '{"type":"string"}', "--example", "5"], 2, "--example"],
    [["create", "a.b", "--tag", "a b"], 2, "--tag must"],
    [["create", "a.b", "--event-version", "1/2"], 2, "--event-version"],
    [["create", "there", "--schema", "false"], 6, "exists with another schema"],
    [["update", "there"], 2, "nothing to change"],
    [["update", "there", "--default-version", "9"], 2, "--default-version"],
    [["update", "thre", "--deprecated"], 3, 'did you mean "there"?'],
    [["get", "there", "--schema", "--example"], 2, "--schema"],
    [["get", "there", "--event-version", "1"], 2, "--event-version"],
    [["delete", "there", "--event-version", "9", "--yes"], 3, 'no version "9"'],
    [["creat", "x"], 2, "create"],
  ])("%j ends with %i and names %s", async (line, code, named) => {
    const store = new Store();
    await store.ok("event-type", "create", "there");
    const run = await store.run(["event-type", ...line]);
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(named)]);
  });

  it("warns of what means nothing in a schema", async () => {
    const store = new Store();
    const { stderr } = await store.run(["event-type", "create", "a", "--schema", '{"requierd":["x"]}']);
    expect(stderr).toContain('did you mean "required"?');
  });
});

describe("a strict environment", () => {
  async function strict(): Promise<Store> {
    const store = new Store();
    await store.ok("event-type", "create", "order.paid", "--schema", JSON.stringify(SCHEMA));
    await store.ok("env", "update", "--strict-types", "on");
    expect(JSON.parse(await store.ok("env", "get", "--json"))).toMatchObject({ strict_types: true });
    return store;
  }

  it.each([
    [["publish", "order.piad", "--data", "{}"], 'did you mean "order.paid"?'],
    [["publish", "order.paid", "--data", "{}"], "data.id is missing; data.amount is missing"],
    [["publish", "order.paid", "--data", '{"id":"ord_1","amount":1}'], "data.id must match"],
    [["trigger", "order.new", "--data", "{}"], "is not in the catalogue"],
    [["trigger", "order.paid", "--set", "data.amount=0"], "data.amount must be at least 1"],
  ])("refuses %j: %s, and stores nothing", async (line, said) => {
    const store = await strict();
    const run = await store.run(line);
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining(said)]);
    expect(await store.ok("event", "list")).toBe("");
  });

  it("names the lines of a file that are refused, and stores the others", async () => {
    const store = await strict();
    const good = { type: "order.paid", data: { id: "ord_0001", amount: 1 } };
    const lines = [good, { ...good, data: { id: 5, amount: 1 } }, { ...good, type: "x" }].map((line) =>
      JSON.stringify(line),
    );
    const run = await store.run(["publish", "--file", "-", "--json"], { stdin: lines.join("\n") });
    const [first, ...others] = run.stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(first).toMatchObject({ line: 1, deliveries: 0 });
    expect(others).toMatchObject([
      { line: 2, error: { code: "invalid_request", field: "data.id" } },
      { line: 3, error: { code: "unknown_event_type", field: "type" } },
    ]);
    expect(run.code).toBe(1);
    expect((await store.ok("event", "list")).split("\n")).toHaveLength(1);
  });

  it("is of one environment, and can be left", async () => {
    const store = await strict();
    await store.ok("publish", "x", "--data", "1", "--env", "staging");
    await store.ok("env", "update", "--strict-types", "off");
    await store.ok("publish", "x", "--data", "1");
    expect(await store.ok("audit", "--action", "environment.*", "--fields", "action,before,after", "--json")).toContain(
      '"strict_types":true',
    );
  });
});

describe("hooks trigger", () => {
  const dataOf = async (store: Store): Promise<unknown> => {
    const id = (await store.ok("event", "list", "--limit", "1", "--quiet")).split("\n")[0]!;
    return (JSON.parse(await store.ok("event", "get", id, "--json")) as { data: unknown }).data;
  };

  it("makes its data from the example, or from the schema, the same each time", async () => {
    const store = new Store();
    await store.ok("event-type", "create", "order.paid", "--schema", JSON.stringify(SCHEMA));
    await store.ok("trigger", "order.paid");
    const made = (await dataOf(store)) as { id: string; amount: number };
    expect(made.id).toMatch(/^ord_\d{4}$/);
    expect(made.amount).toBeGreaterThan(0);
    await store.ok("trigger", "order.paid");
    expect(await dataOf(store)).toEqual(made);
    await store.ok("trigger", "order.paid", "--seed", "2");
    expect(await dataOf(store)).not.toEqual(made);
    await store.ok("event-type", "update", "order.paid", "--example", '{"id":"ord_9999","amount":7}');
    await store.ok("trigger", "order.paid", "--set", "data.amount=8");
    expect(await dataOf(store)).toEqual({ id: "ord_9999", amount: 8 });
    await store.ok("trigger", "order.paid", "--data", "[1]");
    expect(await dataOf(store)).toEqual([1]);
  });

  it("sends the version that was asked for", async () => {
    const store = new Store();
    await store.ok("event-type", "create", "order.paid", "--example", '{"v":1}');
    await store.ok("event-type", "create", "order.paid", "--event-version", "2", "--example", '{"v":2}');
    await store.ok("trigger", "order.paid", "--event-version", "2");
    expect(await dataOf(store)).toEqual({ v: 2 });
    expect(await store.run(["trigger", "order.paid", "--event-version", "3"])).toMatchObject({ code: 2 });
  });

  it("says when no data can be made", async () => {
    const store = new Store();
    await store.ok("event-type", "create", "never", "--schema", "false");
    const run = await store.run(["trigger", "never"]);
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining("none could be made from the schema of never")]);
  });

  it("and publish say once that a type is deprecated", async () => {
    const store = new Store();
    await store.ok("event-type", "create", "order.payed", "--deprecated", "--description", "use order.paid");
    const said = "warning: event type order.payed is deprecated: use order.paid\n";
    const count = (text: string): number => text.split(said).length - 1;
    expect(count((await store.run(["trigger", "order.payed", "--count", "3"])).stderr)).toBe(1);
    expect(count((await store.run(["publish", "order.payed", "--data", "1"])).stderr)).toBe(1);
    const lines = Array.from({ length: 1_200 }, () => '{"type":"order.payed","data":1}').join("\n");
    expect(count((await store.run(["publish", "--file", "-"], { stdin: lines })).stderr)).toBe(1);
  });
});

it("hooks sub takes a version of its events", async () => {
  const store = new Store();
  const line = ["--url", "http://localhost:9/", "--event", "order.*", "--name", "old"];
  await store.ok("sub", "create", ...line, "--event-version", "1");
  expect(await store.ok("sub", "get", "old", "--fields", "event_version")).toBe("1");
  await store.ok("sub", "update", "old", "--event-version", "2");
  await store.ok("sub", "update", "old", "--reset", "event-version");
  expect(await store.ok("sub", "get", "old", "--fields", "event_version")).toBe("");
  const bad = await store.run(["sub", "create", ...line, "--event-version", "1/2"]);
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining("--event-version")]);
});
