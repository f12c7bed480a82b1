import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { SubscriptionResource, SubscriptionWithSecret } from "../../src/core/subscription.ts";
import { type Ends, type Run, runInProcess } from "../support/run-in-process.ts";
import { testHome } from "../support/source-program.ts";

/** A store of its own, and command lines on it. */
class Store {
  readonly home = testHome();

  run(line: readonly string[], ends: Ends = {}): Promise<Run> {
    return runInProcess(line, { cwd: this.home, ...ends, env: { HOOKS_HOME: this.home, ...ends.env } });
  }

  /** Standard output of a command that must succeed, without its last line break. */
  async ok(...line: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(line);
    if (code !== 0) throw new Error(`${line.join(" ")}: ${stderr}`);
    return stdout.replace(/\n$/, "");
  }

  async json<T>(...line: string[]): Promise<T> {
    return JSON.parse(await this.ok(...line, "--json")) as T;
  }

  create(...more: string[]): Promise<SubscriptionWithSecret> {
    return this.json(
      "sub",
      "create",
      "--url",
      "http://localhost:9/hook",
      "--event",
      "order.*",
      "--name",
      "shop",
      ...more,
    );
  }
}

const OF_ONE = ["--url", "http://localhost:9", "--event", "a"];

describe("sub create", () => {
  it("prints id and URL in a pipe, the id with --quiet, everything once with --json", async () => {
    const store = new Store();
    const line = ["sub", "create", "--url", "http://localhost:9/hook", "--event", "order.*"];
    const plain = await store.run(line);
    expect(plain.stdout).toMatch(/^sub_[0-9a-z]{26}\thttp:\/\/localhost:9\/hook\n$/);
    const [id = ""] = plain.stdout.split("\t");
    expect(plain.stderr).toBe(`note: the secret was not printed; to see it: hooks sub secret ${id}\n`);
    expect(await store.ok("sub", "secret", id)).toMatch(/^whsec_/);
    const rotated = await store.run(["sub", "rotate-secret", id]);
    expect(rotated.stderr).toContain(`hooks sub secret ${id}`);
    const quiet = await store.run([...line, "--quiet"]);
    expect(quiet).toMatchObject({ stdout: expect.stringMatching(/^sub_[0-9a-z]{26}\n$/), stderr: "" });
    const json = JSON.parse((await store.run([...line, "--json"])).stdout) as SubscriptionWithSecret;
    expect(json.secret).toMatch(/^whsec_/);
    expect((await store.ok(...line, "--print-secret")).split("\t")[2]).toMatch(/^whsec_/);
  });

  it("prints chosen fields, the secret among them", async () => {
    const store = new Store();
    const line = ["sub", "create", "--url", "http://localhost:9/hook", "--event", "a", "--fields", "id,secret"];
    const json = JSON.parse((await store.run([...line, "--json"])).stdout) as object;
    expect(json).toEqual({ id: expect.stringMatching(/^sub_/), secret: expect.stringMatching(/^whsec_/) });
    expect((await store.run(line)).stdout).toMatch(/^sub_\w+\twhsec_\S+\n$/);
    expect(await store.run([...line.slice(0, -1), "nope"])).toMatchObject({ code: 2 });
    expect((await store.ok("sub", "list")).split("\n")).toHaveLength(2);
  });

  it("warns of a name that is taken, and names the id in the next steps", async () => {
    const store = new Store();
    const first = await store.create();
    const line = ["sub", "create", "--url", "http://localhost:9/hook", "--event", "a", "--name", "shop"];
    const { stdout, stderr } = await store.run(line, { isTty: true });
    const id = /sub_[0-9a-z]{26}/.exec(stdout)?.[0] ?? "";
    expect(id).not.toBe(first.id);
    expect(stderr).toContain("warning: another subscription is called shop too: use the id");
    expect(stderr).toContain(`hooks sub test ${id}\n`);
  });

  it("says what the retries of each strategy come to", async () => {
    const store = new Store();
    await store.create();
    expect(await store.ok("sub", "get", "shop")).toMatch(/^retries +10 attempts over 75 h {2}\(5s .* 20h 24h\)$/m);
    await store.ok("sub", "update", "shop", "--retry-strategy", "linear", "--max-attempts", "3", "--first-delay", "5m");
    expect(await store.ok("sub", "get", "shop")).toMatch(
      /^retries +3 attempts over 15 min {2}\(linear, from 5m to 24h\)$/m,
    );
  });

  it("shows a person the secret once and what to do next", async () => {
    const store = new Store();
    await store.ok("publish", "order.paid", "--data", "{}");
    const { stdout, stderr } = await store.run(
      ["sub", "create", "--url", "http://localhost:9/hook", "--event", "order.*", "--name", "shop", "--no-color"],
      { isTty: true },
    );
    expect(stdout).toMatch(/^✓ created subscription shop\n\n {2}id {7}sub_/);
    expect(stdout).toMatch(/ {2}events {3}order\.\* {2}\(matches 1 known type: order\.paid\)/);
    expect(stdout).toMatch(/ {2}secret {3}whsec_\S+ {5}shown once/);
    expect(stderr).toContain("hooks sub test shop");
    expect(await store.ok("sub", "get", "shop")).not.toContain("shown once");
  });

  it.each<[string, string[], RegExp]>([
    ["no URL", ["--event", "a"], /^error: --url is missing\nhint: hooks sub create --url/],
    ["no event", ["--url", "http://localhost:9"], /^error: --event is missing/],
    ["a wrong URL", ["--url", "nope", "--event", "a"], /^error: --url /],
    ["a wrong pattern", ["--url", "http://localhost:9", "--event", "a b"], /^error: --event/],
    [
      "an unknown preset",
      [...OF_ONE, "--retry-preset", "nope"],
      /^error: --retry-preset must be one of standard, .*got "nope"/,
    ],
    ["an unknown profile", [...OF_ONE, "--profile", "nope"], /^error: --profile must be one of: standard/],
    [
      "a wrong retry-on",
      [...OF_ONE, "--retry-on", "9xx"],
      /^error: --retry-on must be .*\nhint: for example: --retry-on 5xx,/,
    ],
    ["a wrong delay", [...OF_ONE, "--retry", "5"], /^error: --retry must be a duration .*got "5"/],
    ["a refused header", [...OF_ONE, "--header", "host: x"], /^error: --header host may not be set/],
    ["a wrong rate", ["--url", "http://localhost:9", "--event", "a", "--rate", "5/q"], /^error: --rate must be/],
    [
      "a wrong time-out",
      ["--url", "http://localhost:9", "--event", "a", "--timeout", "301s"],
      /^error: --timeout must be/,
    ],
    ["a wrong delay", ["--url", "http://localhost:9", "--event", "a", "--retry", "5x"], /^error: --retry/],
    ["a wrong secret", ["--url", "http://localhost:9", "--event", "a", "--secret", "whsec_!"], /^error: --secret/],
    ["a forbidden header", ["--url", "http://localhost:9", "--event", "a", "--header", "host: x"], /^error: --header/],
    [
      "a wrong pointer",
      [...OF_ONE, "--order-by", "/a~"],
      /^error: --order-by must be .*\nhint: for example: \/order_id/,
    ],
    ["a batch without a number", [...OF_ONE, "--batch", "many"], /^error: --batch must be 100 or 100,5s, got "many"/],
    ["a batch of one", [...OF_ONE, "--batch", "1"], /^error: --batch must be a whole number from 2 to 1000/],
    ["a batch that waits too long", [...OF_ONE, "--batch", "2,1h"], /^error: --batch must be from 10ms to 1m, got 1h/],
    [
      "batches in order",
      [...OF_ONE, "--batch", "2", "--order-by", "*"],
      /^error: --batch cannot be combined with order_by/,
    ],
    ["a wrong rule", [...OF_ONE, "--auto-disable", "never"], /^error: --auto-disable must be 20, 20,1h or off/],
    ["too long a span", [...OF_ONE, "--auto-disable", "5,90d"], /^error: --auto-disable must be from 0s to 30d/],
    ["a wrong way back", [...OF_ONE, "--re-enable", "soon"], /^error: --re-enable must be one of probe, off/],
  ])("refuses %s, naming the flag, and stores nothing", async (_, flags, message) => {
    const store = new Store();
    const { code, stdout, stderr } = await store.run(["sub", "create", ...flags]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(await store.ok("sub", "list")).toBe("");
  });

  it("takes the secret from a file, from standard input and from a variable", async () => {
    const store = new Store();
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    writeFileSync(path.join(store.home, "secret"), `${secret}\n`);
    const create = (value: string, ends: Ends): Promise<Run> =>
      store.run(["sub", "create", "--url", "http://localhost:9", "--event", "a", "--json", "--secret", value], ends);
    for (const run of [
      await create("@secret", {}),
      await create("-", { stdin: secret }),
      await create("env:MY_SECRET", { env: { MY_SECRET: secret } }),
    ]) {
      expect(JSON.parse(run.stdout)).toMatchObject({ secret });
    }
  });
});

describe("the other sub commands", () => {
  it("set and show what failures do, the order and the batches", async () => {
    const store = new Store();
    await store.create();
    const shown = async () => (await store.ok("sub", "get", "shop")).replaceAll(/ +/g, " ");
    expect(await shown()).toMatch(
      /^order by -\nevent version -\nbatch -\nbreaker on\nauto-disable after 20 failures in a row over 1h$/m,
    );
    await store.ok("sub", "update", "shop", "--order-by", "data.order.id", "--no-breaker", "--re-enable", "probe");
    expect(await shown()).toMatch(
      /^order by \/order\/id\nevent version -\nbatch -\nbreaker off\nauto-disable after 20 failures in a row over 1h; tried again every hour$/m,
    );
    const both = await store.run(["sub", "update", "shop", "--batch", "100,2s"]);
    expect(both).toMatchObject({ code: 2 });
    expect(both.stderr).toContain("hint: switch order_by off first: null in the API, --reset order-by");
    await store.ok("sub", "update", "shop", "--batch", "100,2s", "--reset", "order-by", "--auto-disable", "off");
    expect(await shown()).toMatch(
      /^order by -\nevent version -\nbatch up to 100 events, after 2s at the latest\nbreaker off\nauto-disable never$/m,
    );
    await store.ok("sub", "update", "shop", "--reset", "batch", "--reset", "breaker", "--reset", "auto-disable");
    expect(await store.json("sub", "get", "shop")).toMatchObject({
      order_by: null,
      batch: null,
      breaker: true,
      auto_disable: { failures: 20, min_span: "1h", re_enable: null },
    });
  });

  it("list, get, update, pause, resume, disable, enable, health, secret, rotate-secret, delete", async () => {
    const store = new Store();
    const { id, secret } = await store.create();
    expect(await store.ok("sub", "list")).toBe(`${id}\tshop\thttp://localhost:9/hook\torder.*\thealthy`);
    expect(await store.ok("sub", "list", "--quiet", "--event", "order.paid")).toBe(id);
    expect(await store.ok("sub", "list", "--event", "invoice.paid")).toBe("");
    expect(await store.ok("sub", "list", "--disabled")).toBe("");
    expect((await store.json<SubscriptionResource>("sub", "get", id.slice(0, 12))).id).toBe(id);
    expect(await store.ok("sub", "get", "shop")).toMatch(/^id +sub_/);

    expect(await store.json("sub", "update", "shop", "--rate", "5/s", "--event", "a.b")).toMatchObject({
      rate_limit: "5/s",
      events: ["a.b"],
    });
    expect(await store.json("sub", "update", "shop", "--reset", "rate")).toMatchObject({
      rate_limit: null,
      events: ["a.b"],
    });
    expect(await store.json("sub", "pause", "shop")).toMatchObject({ paused: true });
    expect(await store.ok("sub", "list", "--fields", "paused,health.state")).toBe("true\thealthy");
    expect(await store.json("sub", "resume", "shop")).toMatchObject({ paused: false });
    expect(await store.json("sub", "disable", "shop")).toMatchObject({ enabled: false });
    expect(await store.json("sub", "enable", "shop")).toMatchObject({ enabled: true });
    expect(await store.json("sub", "health", "shop")).toMatchObject({
      id,
      state: "healthy",
      counts: { succeeded: 0, failed: 0 },
    });

    expect(await store.ok("sub", "secret", "shop")).toBe(secret);
    const rotated = await store.json<SubscriptionWithSecret>("sub", "rotate-secret", "shop", "--grace", "1h");
    expect(await store.ok("sub", "secret", "shop")).toBe(`${rotated.secret}\n${secret}`);

    expect(await store.ok("sub", "delete", "shop", "--yes")).toBe(id);
    expect(await store.ok("sub", "list")).toBe("");
  });

  it("name a subscription that is not there: exit 3", async () => {
    const store = new Store();
    for (const verb of ["get", "pause", "health", "secret", "rotate-secret"]) {
      const { code, stdout, stderr } = await store.run(["sub", verb, "nobody"]);
      expect({ verb, code, stdout }).toEqual({ verb, code: 3, stdout: "" });
      expect(stderr).toMatch(/^error: no subscription "nobody"\nhint: /);
    }
  });

  it("refuse to delete where nobody can be asked, and delete nothing", async () => {
    const store = new Store();
    const { id } = await store.create();
    const { code, stdout, stderr } = await store.run(["sub", "delete", "shop"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/needs --yes.*\nhint: hooks sub delete shop --yes/);
    expect(await store.ok("sub", "list", "--quiet")).toBe(id);
  });

  it("refuse an update that changes nothing, and name the nearest setting to reset", async () => {
    const store = new Store();
    await store.create();
    expect((await store.run(["sub", "update", "shop"])).stderr).toMatch(/^error: nothing to change/);
    expect((await store.run(["sub", "update", "shop", "--reset", "rat"])).stderr).toMatch(/did you mean "rate"/);
  });

  it("hold tenants and environments apart", async () => {
    const store = new Store();
    await store.create();
    expect(await store.ok("sub", "list", "--env", "staging")).toBe("");
    expect(await store.ok("sub", "list", "--tenant", "other")).toBe("");
    expect((await store.run(["sub", "get", "shop", "--tenant", "other"])).code).toBe(3);
  });
});

describe("events and deliveries", () => {
  it("publish, list, get, replay, cancel", async () => {
    const store = new Store();
    const { id } = await store.create();
    const data = '{"big":12345678901234567890, "b" : "\\u00e9"}';
    const published = await store.run([
      "publish",
      "order.paid",
      "--data",
      data,
      "--id",
      "ord_1",
      "--metadata",
      '{"a":1}',
    ]);
    expect(published).toMatchObject({ code: 0, stdout: "ord_1\n" });
    expect(published.stderr).toMatch(/no daemon is running.*\nhint: hooks serve/);
    expect(await store.ok("event", "list", "--fields", "id,type,delivery_count")).toBe("ord_1\torder.paid\t1");
    expect(await store.ok("event", "get", "ord_1", "--json")).toContain(`"data":${data}`);
    expect(await store.ok("event", "get", "ord_1")).toMatch(/data\n\{\n {2}"big": 12345678901234567890,/);

    const delivery = await store.ok("delivery", "list", "--quiet", "--sub", "shop", "--status", "pending");
    expect(delivery).toMatch(/^dlv_/);
    expect(await store.json("delivery", "get", delivery)).toMatchObject({ subscription: id, attempts: [] });
    expect(await store.ok("delivery", "get", delivery)).toContain("payload, as the next request has it\n{");
    expect(await store.json("delivery", "cancel", delivery)).toMatchObject({ status: "cancelled" });
    expect(await store.ok("delivery", "list", "--status", "pending")).toBe("");
    expect(await store.json("event", "replay", "ord_1")).toMatchObject({ count: 1 });
    const none = { id: null, status: "completed", count: 0, dry_run: true };
    expect(await store.json("replay", "--status", "succeeded", "--dry-run")).toEqual(none);
  });

  it("the same id with other data: exit 6", async () => {
    const store = new Store();
    await store.ok("publish", "a.b", "--data", "1", "--id", "x");
    await store.ok("publish", "a.b", "--data", "1", "--id", "x");
    const { code, stdout } = await store.run(["publish", "a.b", "--data", "2", "--id", "x"]);
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
  });

  it("a list that is cut says how it goes on", async () => {
    const store = new Store();
    for (let at = 0; at < 5; at++) await store.ok("publish", "a.b", "--data", String(at), "--id", `e${at}`);
    const first = await store.run(["event", "list", "--quiet", "--limit", "2"]);
    expect(first.stdout).toBe("e4\ne3\n");
    const shown = await store.run(["event", "list", "--limit", "2"]);
    const cursor = /2 shown · next: --cursor (\S+)/.exec(shown.stderr)?.[1] ?? "";
    expect(await store.ok("event", "list", "--quiet", "--cursor", cursor)).toBe("e2\ne1\ne0");
  });

  it.each<[string, string[], RegExp]>([
    ["a type", ["publish", "a b", "--data", "1"], /^error: <event-type> must be/],
    ["no type", ["publish"], /^error: <event-type> is missing/],
    ["no data", ["publish", "a.b"], /^error: --data is missing/],
    ["no JSON", ["publish", "a.b", "--data", "{"], /^error: --data /],
    ["a file that is not there", ["publish", "a.b", "--data", "@none"], /^error: --data: cannot read none/],
    ["an id", ["publish", "a.b", "--data", "1", "--id", "a b"], /^error: --id must be/],
    ["a timestamp", ["publish", "a.b", "--data", "1", "--timestamp", "now"], /^error: --timestamp must be/],
    ["type and file", ["publish", "a.b", "--file", "x"], /^error: <event-type> and --file/],
    ["a file to publish", ["publish", "--file", "none"], /^error: --file: cannot read none \(ENOENT\)/],
    ["since", ["event", "list", "--since", "yesterday"], /^error: --since must be/],
    ["a cursor", ["event", "list", "--cursor", "x"], /^error: --cursor/],
    ["which to replay", ["replay"], /^error: say which deliveries/],
    ["set", ["trigger", "a.b", "--set", "amount=5"], /^error: --set "amount=5" must begin with data\./],
    ["a secret without a target", ["trigger", "a.b", "--secret", "x"], /^error: --secret needs --to/],
    ["a target without a secret", ["trigger", "a.b", "--to", "3000"], /^error: --secret is missing/],
    ["a rate", ["trigger", "a.b", "--rate", "fast"], /^error: --rate must be/],
  ])("refuse %s: exit 2, stdout empty", async (_, line, message) => {
    const store = new Store();
    const { code, stdout, stderr } = await store.run(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

describe("publish --file", () => {
  it("stores every good line, names every bad one, and can be run again", async () => {
    const store = new Store();
    const lines = [
      '{"type":"a.b","data":1}',
      "nonsense",
      '{"type":"a.b","data":1}',
      "",
      '{"type":"a.c","data":{"x":1},"id":"mine"}',
    ];
    writeFileSync(path.join(store.home, "events.ndjson"), lines.join("\n"));
    const first = await store.run(["publish", "--file", "events.ndjson"]);
    expect(first.code).toBe(1);
    expect(first.stdout.trim().split("\n")).toHaveLength(3);
    expect(first.stderr).toMatch(/line 2: .*\nerror: 1 line refused, 3 events stored/);
    const again = await store.run(["publish", "--file", "events.ndjson"]);
    expect(again.stdout).toBe(first.stdout);
    expect((await store.ok("event", "list", "--quiet")).split("\n")).toHaveLength(3);
    await store.run(["publish", "--file", "events.ndjson", "--new-ids"]);
    expect((await store.ok("event", "list", "--quiet")).split("\n")).toHaveLength(5);
  });

  it("reads standard input, with new ids", async () => {
    const store = new Store();
    for (let round = 0; round < 2; round++) {
      const { code, stdout } = await store.run(["publish", "--file", "-", "--json"], {
        stdin: '{"type":"a.b","data":1}\n',
      });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ line: 1, deliveries: 0 });
    }
    expect((await store.ok("event", "list", "--quiet")).split("\n")).toHaveLength(2);
  });

  it("goes through many batches", async () => {
    const store = new Store();
    const lines = Array.from({ length: 1_203 }, (_, at) => `{"type":"a.b","data":${at}}`).join("\n");
    const { code, stdout } = await store.run(["publish", "--file", "-"], { stdin: lines });
    expect(code).toBe(0);
    expect(new Set(stdout.trim().split("\n")).size).toBe(1_203);
  });
});

describe("trigger", () => {
  it("of a type with a near name is a slip; of a new one is a note; with --data it is sent", async () => {
    const store = new Store();
    await store.create("--event", "order.paid");
    const slip = await store.run(["trigger", "order.payd"]);
    expect(slip).toMatchObject({ code: 2, stdout: "" });
    expect(slip.stderr).toMatch(
      /^error: unknown event "order.payd"\n {2}did you mean "order.paid"\?\nhint: list them: hooks trigger --list/,
    );
    const fresh = await store.run(["trigger", "customer.created"]);
    expect(fresh.code).toBe(0);
    expect(fresh.stderr).toMatch(/customer\.created is a new event type.*\nno subscription takes customer\.created/);
    expect((await store.run(["trigger", "order.payd", "--data", "{}"])).code).toBe(0);
    const listed = (await store.ok("trigger", "--list")).split("\n");
    expect(listed.slice(0, 4)).toEqual(["customer.created", "order.paid", "order.payd", "stripe:customer.created"]);
  });

  it("sends what --data and --set say, --count times", async () => {
    const store = new Store();
    const line = [
      "trigger",
      "a.b",
      "--data",
      '{"list":[{"n":1}],"big":12345678901234567890}',
      "--set",
      "data.list[0].n=2",
      "--set",
      "metadata.by=me",
    ];
    const ids = (await store.ok(...line, "--count", "3", "--quiet")).split("\n");
    expect(new Set(ids).size).toBe(3);
    expect(await store.ok("event", "get", ids[0] ?? "", "--json")).toContain(
      '"metadata":{"by":"me"},"data":{"list":[{"n":2}],"big":12345678901234567890}',
    );
  });
});

describe("a name that is none", () => {
  it("names the nearest subscription", async () => {
    const store = new Store();
    await store.create();
    const { code, stderr } = await store.run(["sub", "get", "shp"]);
    expect(code).toBe(3);
    expect(stderr).toBe('error: no subscription "shp"\n  did you mean "shop"?\nhint: hooks sub list\n');
    expect((await store.run(["sub", "get", "billing"])).stderr).not.toContain("did you mean");
  });

  it("of a range names both flags", async () => {
    const { stderr } = await new Store().run(["event", "list", "--since", "1h", "--until", "2h"]);
    expect(stderr).toBe("error: --until must not be before --since\n");
  });

  it("says in words why a subscription is disabled", async () => {
    const store = new Store();
    await store.create("--disabled");
    expect(await store.ok("sub", "get", "shop")).toMatch(/^state +disabled \(by hand\)$/m);
    expect(await store.ok("sub", "health", "shop")).toMatch(/^state +disabled \(by hand\)$/m);
  });
});

describe("looking", () => {
  it("at status, home, doctor or a completion makes no store", async () => {
    const store = new Store();
    for (const line of [["status"], [], ["doctor"], ["config"], ["__complete", "--", "sub", "get", ""]]) {
      expect(await store.run(line)).toMatchObject({ code: 0 });
    }
    expect(existsSync(path.join(store.home, "hooks.db"))).toBe(false);
  });

  it("status and home say how it stands", async () => {
    const store = new Store();
    await store.create();
    await store.ok("publish", "order.paid", "--data", "{}");
    expect(await store.ok("status")).toMatch(/^waiting deliveries +1 pending, 0 retrying$/m);
    expect(await store.json("status")).toEqual({
      store: path.join(store.home, "hooks.db"),
      tenant: "default",
      environment: "development",
      daemon: null,
      subscriptions: 1,
      waiting: { pending: 1, retrying: 0 },
      failed: 0,
      alerts: 0,
      trouble: null,
    });
    const home = await store.run([], { env: { HOME: path.dirname(store.home) } });
    const shown = `~/${path.basename(store.home)}/hooks.db`;
    expect(home.stdout).toContain(`daemon: not running\nstore: ${shown} (1 subscription)\n`);
    expect(home.stdout.split("\n").length).toBeLessThan(18);
    expect(home.stdout).toContain("hooks listen --forward");
  });

  it("status of a server that is not there fails; home shows it", async () => {
    const store = new Store();
    const server = ["--server", "http://127.0.0.1:9"];
    for (const line of [["status"], ["status", "--json"]]) {
      expect(await store.run([...line, ...server])).toMatchObject({ code: 5, stdout: "" });
    }
    const home = await store.run(server);
    expect(home).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing answers") });
  });

  it("at a store in a folder that is not there is a usage error, and makes nothing", async () => {
    const store = new Store();
    const file = path.join(store.home, "nope", "x.db");
    for (const line of [["sub", "list"], ["trigger", "order.paid"], ["status"]]) {
      const { code, stdout, stderr } = await store.run([...line, "--store", file]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(`error: --store: there is no folder ${store.home}/nope\nhint: make it: mkdir -p`);
    }
    expect(existsSync(path.dirname(file))).toBe(false);
    expect(await store.run(["sub", "list", "--store", path.join(store.home, "new.db")])).toMatchObject({ code: 0 });
    const own = path.join(store.home, "own");
    const inOwn = { env: { HOOKS_HOME: own, HOOKS_STORE: path.join(own, "hooks.db") } };
    expect(await store.run(["sub", "list"], inOwn)).toMatchObject({ code: 0 });
  });

  it("doctor finds a file that is not ours: exit 1", async () => {
    const store = new Store();
    writeFileSync(
      path.join(store.home, "hooks.db"),
      "this is not a database at all, and long enough to be read as one".repeat(9),
      { mode: 0o600 },
    );
    const { code, stdout, stderr } = await store.run(["doctor"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^store\tfault\t/m);
    expect(stderr).toMatch(/^error: 1 of \d+ checks failed: store/);
  });

  it("doctor finds a wrong setting, and permissions that are too wide", async () => {
    const store = new Store();
    expect((await store.run(["doctor", "--tenant", "A B"])).stdout).toMatch(/^settings\tfault\t--tenant must be/m);
    await store.create();
    const { chmodSync } = await import("node:fs");
    chmodSync(path.join(store.home, "hooks.db"), 0o644);
    expect((await store.run(["doctor"])).stdout).toMatch(/^store file\tfault\t.*can be read by others \(644\)/m);
  });

  it("config shows values and origins", async () => {
    const store = new Store();
    const { stdout } = await store.run(["config"], { env: { HOOKS_PORT: "8080", HOOKS_API_KEY: "hk_1" } });
    expect(stdout).toMatch(/^port\t8080\tHOOKS_PORT\t$/m);
    expect(stdout).toMatch(/^api_key\t\*\*\*\tHOOKS_API_KEY\t$/m);
    expect(stdout).not.toContain("hk_1");
  });
});

describe("text from outside", () => {
  it("cannot drive the terminal, in any mode", async () => {
    const store = new Store();
    const evil = "\x1b]52;c;x\x07\x1b[2J\u009b\u202e\r";
    await store.ok("sub", "create", "--url", "http://localhost:9/", "--event", "*", "--name", "a\u200bb\u202ec");
    await store.ok("publish", "a.b", "--data", JSON.stringify({ text: evil }), "--id", "e");
    const delivery = await store.ok("delivery", "list", "--quiet");
    for (const line of [
      ["sub", "list"],
      ["sub", "get", "a\u200bb\u202ec"],
      ["event", "get", "e"],
      ["delivery", "get", delivery],
    ]) {
      for (const more of [[], ["--json"]]) {
        for (const isTty of [false, true]) {
          const { code, stdout, stderr } = await store.run([...line, ...more, "--no-color"], { isTty });
          expect(code).toBe(0);
          expect(stdout + stderr).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
        }
      }
    }
    expect((await store.run(["sub", "get", evil])).stderr).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
  });
});

describe("a list on a terminal", () => {
  it.each([60, 80, 100])("of %i columns is never broken, and cuts no id", async (columns) => {
    const store = new Store();
    const { id } = await store.create("--description", "x");
    await store.ok("publish", "order.paid.in.full", "--data", "{}", "--id", "e".repeat(30));
    const delivery = await store.ok("delivery", "list", "--quiet");
    for (const [line, whole] of [
      [["delivery", "list"], delivery],
      [["sub", "list"], id],
      [["event", "list"], "e".repeat(30)],
    ] as const) {
      const { stdout } = await store.run(line, { isTty: true, columns });
      expect(stdout).toContain(whole);
      for (const row of stdout.trimEnd().split("\n")) {
        expect(stripVTControlCharacters(row).length).toBeLessThanOrEqual(columns);
      }
    }
  });
});

describe("trigger", () => {
  it("takes a second type for what it is, and a slip for one", async () => {
    const store = new Store();
    for (const type of ["order.created", "order.updated", "order.deleted", "user.created", "ci.a", "ci.b"]) {
      expect(await store.run(["trigger", type])).toMatchObject({
        code: 0,
        stderr: expect.stringContaining("is a new event type"),
      });
    }
    const slip = await store.run(["trigger", "order.craeted"]);
    expect(slip).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "order.created"?') });
  });

  it("says that who takes the event is disabled, and else that nobody does", async () => {
    const store = new Store();
    await store.create("--disabled");
    const disabled = await store.run(["trigger", "order.paid"]);
    expect(disabled.stderr).toMatch(/^shop takes order\.paid but is disabled\nhint: hooks sub enable shop$/m);
    const nobody = await store.run(["trigger", "user.created"]);
    expect(nobody.stderr).toMatch(/^no subscription takes user\.created\nhint: hooks sub create /m);
  });

  it("takes an object for metadata and nothing else", async () => {
    const store = new Store();
    for (const line of [
      ["publish", "a.b", "--data", "{}", "--metadata", "[]"],
      ["trigger", "a.b", "--set", "metadata=5"],
    ]) {
      const { code, stderr } = await store.run(line);
      expect(code).toBe(2);
      expect(stderr).toMatch(/metadata must be a JSON object/);
    }
    expect(await store.ok("event", "list")).toBe("");
  });
});

describe("trigger --wait on a terminal", () => {
  it("names the event of each line, and what becomes of a retry without a daemon; the attempts are whole", async () => {
    const store = new Store();
    await store.create("--retry", "1h");
    const line = ["trigger", "order.paid", "--count", "2", "--wait", "--no-color"];
    const { code, stdout, stderr } = await store.run(line, { isTty: true, columns: 200 });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^no daemon is running: sending from this process$/m);
    const results = stdout.match(/^✗ shop .*$/gm) ?? [];
    expect(results).toHaveLength(2);
    for (const result of results) {
      expect(result).toMatch(
        /shop {3}the connection was refused \(ECONNREFUSED\) .* the retry waits for a daemon {3}evt_\w{26}$/,
      );
    }
    const delivery = (await store.ok("delivery", "list", "--limit", "1", "--quiet")).trim();
    const shown = await store.run(["delivery", "get", delivery, "--no-color"], { isTty: true, columns: 60 });
    expect(shown.stdout).toMatch(/^1 .* the connection was refused \(ECONNREFUSED\)$/m);
  });
});

describe("publish --file", () => {
  it("stores a line once, also after the file was corrected, and says so", async () => {
    const store = new Store();
    const file = path.join(store.home, "events.ndjson");
    const [good, other] = ['{"type":"a.b","data":1}', '{"type":"a.b","data":2}'];
    writeFileSync(file, `{"bad"\n${good}\n${good}\n${other}\n`);
    const first = await store.run(["publish", "--file", file]);
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/^line 1: it is not valid JSON: .* \(column 7\)$/m);
    expect(first.stderr).toContain("are not stored twice");
    writeFileSync(file, `${good}\n${good}\n${other}\n`);
    const again = await store.run(["publish", "--file", file], { isTty: true });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("3 events stored, 0 deliveries") });
    expect(again.stderr).toContain("lines that were stored before are not stored again; --new-ids would");
    expect((await store.ok("event", "list")).split("\n")).toHaveLength(3);
    const piped = await store.run(["publish", "--file", "-"], { stdin: `{"bad"\n${good}\n` });
    expect(piped.stderr).toContain("publish only them");
  });
});

describe("what changed one thing", () => {
  it("is one line in a pipe, the chosen fields with --fields, and refused before it is done when a field is none", async () => {
    const store = new Store();
    const { id } = await store.create();
    await store.ok("publish", "order.paid", "--data", "{}");
    const delivery = await store.ok("delivery", "list", "--quiet");
    for (const verb of ["disable", "enable", "pause", "resume"]) {
      expect(await store.ok("sub", verb, "shop")).toMatch(new RegExp(`^${id}\tshop\thttp[^\n]*$`));
    }
    expect(await store.ok("sub", "update", "shop", "--timeout", "5s")).toMatch(new RegExp(`^${id}\tshop\t[^\n]*$`));
    expect(await store.ok("delivery", "cancel", delivery)).toMatch(
      new RegExp(`^${delivery}\t[^\n]*\tcancelled\t[^\n]*$`),
    );
    expect(await store.ok("sub", "disable", "shop", "--fields", "name,enabled")).toBe("shop\tfalse");
    expect(await store.run(["sub", "enable", "shop", "--fields", "nope"])).toMatchObject({ code: 2 });
    expect(await store.ok("sub", "get", "shop", "--fields", "enabled")).toBe("false");
  });
});
