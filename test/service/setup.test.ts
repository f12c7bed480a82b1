import { describe, expect, it } from "vitest";
import type { HooksError } from "../../src/core/errors.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import type { SetupDocument, SetupResult } from "../../src/core/setup/setup.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const KEY = `hk_${"0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"}`;

/** Fresh each time: what is applied may be put into. */
function shop(): SetupDocument {
  return {
    settings: { strict_types: true, retention: { events: "7d", audit: "0" } },
    alerts: ["failure_count > 3", "backlog_age > 10m per subscription"],
    event_types: [
      { name: "invoice.paid", description: "Paid", tags: ["money"], schema: { type: "object" }, example: { id: 1 } },
      {
        name: "order.created",
        versions: [
          { version: "1", schema: { type: "object", required: ["id"] } },
          { version: "2", example: { order: { id: 1 } }, down: { to: "1", steps: [{ move: "/order/id", to: "/id" }] } },
        ],
        default_version: "1",
        removed_versions: ["0"],
      },
    ],
    subscriptions: [
      {
        name: "billing",
        url: { from: "env:BILLING_URL", value: "https://billing.example/hooks?token=abc" },
        events: ["invoice.*", "order.created"],
        secret: { from: "file:billing.secret", value: SECRET },
        headers: { Authorization: { from: "env:TOKEN", value: "Bearer one" } },
        retry: { strategy: "list", delays: ["5s", "5m"] },
        filter: "data.amount > 5",
        timeout: "5s",
        metadata: { team: "a" },
        rate_limit: "100/m",
        excerpt_chars: 16_384,
        batch: { max_events: 10, max_wait: "1s" },
        auto_disable: { failures: 5 },
        event_version: "1",
      },
      {
        name: "audit",
        url: "https://audit.example/",
        events: ["*"],
        profile: "dotmac",
        excerpt_chars: 0,
        paused: true,
        enabled: false,
      },
    ],
    keys: [
      { name: "ci", role: "publisher", rate_limit: "100/s", expires: "2027-01-01T00:00:00.000Z" },
      { name: "given", role: "reader", key: { from: "env:KEY", value: KEY } },
    ],
  };
}

function apply(service: HooksService, setup: SetupDocument, rest: object = {}): Promise<SetupResult> {
  return service.applySetup({ setup, ...rest });
}

function briefly({ changes }: SetupResult): string[] {
  return changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`);
}

async function refusal(promise: Promise<unknown>): Promise<HooksError> {
  return promise.then(
    () => expect.unreachable("it was taken"),
    (error: unknown) => error as HooksError,
  );
}

/** Everything of the environment but moments and what was counted. */
async function stateOf({ service, adminFor }: TestHooks): Promise<string> {
  const [subscriptions, types, keys, environment, audit] = await Promise.all([
    service.listSubscriptions({ limit: 200 }),
    service.listEventTypes({ limit: 200 }),
    adminFor().listKeys({ limit: 200 }),
    service.getEnvironment(),
    adminFor().listAudit({ limit: 200 }),
  ]);
  return JSON.stringify({ subscriptions, types, keys, environment, audit });
}

describe("a set-up", () => {
  it("makes everything that it names, shows secrets that it made once, and says who did it", async () => {
    const hooks = await openTestHooks();
    const result = await apply(hooks.service, shop());
    expect(briefly(result)).toEqual([
      "update setting strict_types",
      "update setting retention",
      "create alert failure_count > 3 in 5m",
      "create alert backlog_age > 10m per subscription",
      "create event_type invoice.paid",
      "create event_type order.created",
      "create subscription billing",
      "create subscription audit",
      "create key ci",
      "create key given",
    ]);
    const secrets = result.changes.flatMap(({ name, secret }) => (secret === undefined ? [] : [name]));
    expect(secrets).toEqual(["audit", "ci"]);
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(JSON.stringify(result)).not.toContain("Bearer one");
    expect(JSON.stringify(result)).not.toContain("token=abc");
    expect(await hooks.service.getSubscription("billing")).toMatchObject({
      url: "https://billing.example/hooks?***",
      headers: { authorization: "***" },
      timeout_ms: 5_000,
      excerpt_chars: 16_384,
      event_version: "1",
    });
    expect(await hooks.service.getSubscription("audit")).toMatchObject({ paused: true, enabled: false });
    expect(await hooks.cases.subscriptions.secretsOf(TEST_SCOPE, "billing")).toEqual([SECRET]);
    expect(await hooks.service.getEventType("order.created")).toMatchObject({
      default_version: "1",
      removed_versions: ["0"],
      versions: [{ version: "1" }, { version: "2", down: { to: "1" } }],
    });
    expect((await hooks.service.getEnvironment()).strict_types).toBe(true);
    const actions = (await hooks.adminFor().listAudit({ limit: 200 })).data.map(({ action }) => action).sort();
    expect(actions).toEqual([
      "environment.update",
      "event_type.create",
      "event_type.create",
      "key.create",
      "key.create",
      "subscription.create",
      "subscription.create",
    ]);
  });

  it("changes nothing the second time, and says so", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, shop());
    const before = await stateOf(hooks);
    expect(await apply(hooks.service, shop(), { prune: true })).toMatchObject({ changes: [], unchanged: 10, left: [] });
    expect(await stateOf(hooks)).toBe(before);
  });

  it("says what it would do, and does nothing of it, with dry_run", async () => {
    const hooks = await openTestHooks();
    const before = await stateOf(hooks);
    const planned = await apply(hooks.service, shop(), { dry_run: true });
    expect(planned).toMatchObject({ dry_run: true });
    expect(planned.changes).toHaveLength(10);
    expect(JSON.stringify(planned)).not.toContain(SECRET);
    expect(await stateOf(hooks)).toBe(before);
    expect((await apply(hooks.service, shop())).plan).toBe(planned.plan);
  });

  it("is all or nothing: one entry that is refused by the store takes the others back", async () => {
    const hooks = await openTestHooks({ maxSubscriptions: 1 });
    const before = await stateOf(hooks);
    const error = await refusal(apply(hooks.service, shop()));
    expect(error).toMatchObject({ code: "conflict" });
    expect(await stateOf(hooks)).toBe(before);
    const { subscriptions, ...rest } = shop();
    await apply(hooks.service, { ...rest, subscriptions: subscriptions!.slice(0, 1) });
    expect((await hooks.service.listSubscriptions()).data).toHaveLength(1);
  });

  it("changes what differs, field by field, and masks what is secret", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, shop());
    const other = shop();
    const [billing] = other.subscriptions!;
    billing!.headers = { authorization: { from: "env:TOKEN", value: "Bearer two" } };
    billing!.retry = { strategy: "list", delays: ["5s", "10m"] };
    billing!.events = ["invoice.*"];
    delete billing!.timeout;
    billing!.secret = { from: "file:billing.secret", value: OTHER_SECRET };
    other.keys![0]!.role = "reader";
    other.event_types![0]!.schema = { type: "object", properties: { id: { type: "integer" } } };
    const result = await apply(hooks.service, other);
    expect(briefly(result)).toEqual(["update event_type invoice.paid", "update subscription billing", "update key ci"]);
    expect(result.changes[0]!.changes).toEqual([
      { field: "versions.1.schema.properties", after: { id: { type: "integer" } } },
    ]);
    expect(result.changes[1]!.changes.map(({ field }) => field).sort()).toEqual([
      "events",
      "headers.authorization",
      "retry.delays",
      "secret",
      "timeout",
    ]);
    expect(result.changes[2]!.changes).toEqual([{ field: "role", before: "publisher", after: "reader" }]);
    expect(JSON.stringify(result)).not.toMatch(/Bearer|C2FVsBQ/);
    // Both sign until the grace is over.
    expect(await hooks.cases.subscriptions.secretsOf(TEST_SCOPE, "billing")).toEqual([OTHER_SECRET, SECRET]);
    expect(await apply(hooks.service, other)).toMatchObject({ changes: [] });
    const audit = (await hooks.adminFor().listAudit({ limit: 4 })).data.map(({ action }) => action).sort();
    expect(audit).toEqual(["event_type.update", "key.update", "subscription.rotate_secret", "subscription.update"]);
  });

  it("ends replaced secrets at once when no grace is asked for", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, shop());
    const other = shop();
    other.subscriptions![0]!.secret = OTHER_SECRET;
    await apply(hooks.service, other, { grace: "0s" });
    hooks.clock.at += 1;
    expect(await hooks.cases.subscriptions.secretsOf(TEST_SCOPE, "billing")).toEqual([OTHER_SECRET]);
    expect(await refusal(apply(hooks.service, other, { grace: "soon" }))).toMatchObject({ field: "grace" });
  });

  it("leaves alone what its failures or a person switched off, unless the set-up says", async () => {
    const hooks = await openTestHooks();
    const setup: SetupDocument = { subscriptions: [{ name: "a", url: "https://a.example/", events: ["*"] }] };
    await apply(hooks.service, setup);
    await hooks.service.disableSubscription("a");
    await hooks.service.pauseSubscription("a");
    expect((await apply(hooks.service, setup)).changes).toEqual([]);
    const on = { subscriptions: [{ ...setup.subscriptions![0]!, enabled: true, paused: false }] };
    expect((await apply(hooks.service, on)).changes[0]!.changes).toEqual([
      { field: "enabled", before: false },
      { field: "paused", before: true },
    ]);
    expect(await hooks.service.getSubscription("a")).toMatchObject({ enabled: true, paused: false });
  });
});

describe("what a set has set up", () => {
  it("stays when it is no more in it, and goes with prune; what others made is never touched", async () => {
    const hooks = await openTestHooks();
    await hooks.service.createSubscription({ name: "by hand", url: "https://hand.example/", events: ["*"] });
    await hooks.service.createSubscription({ url: "https://nameless.example/", events: ["*"] });
    await hooks.adminFor().createKey({ name: "mine", role: "admin", environment: TEST_SCOPE.environment });
    await hooks.service.createEventType({ name: "by.hand" });
    await apply(hooks.service, shop());
    const less: SetupDocument = { alerts: [], event_types: [], subscriptions: [], keys: [] };
    const left = await apply(hooks.service, less);
    expect(left.changes).toEqual([]);
    expect(left.left.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
      "alert backlog_age > 10m per subscription",
      "alert failure_count > 3 in 5m",
      "event_type invoice.paid",
      "event_type order.created",
      "key ci",
      "key given",
      "subscription audit",
      "subscription billing",
    ]);
    expect(briefly(await apply(hooks.service, { subscriptions: [] }, { prune: true })).sort()).toEqual([
      "delete subscription audit",
      "delete subscription billing",
    ]);
    await hooks.service.updateEnvironment({
      alerts: [...(await hooks.service.getEnvironment()).alerts, "backlog > 5"],
    });
    await apply(hooks.service, less, { prune: true });
    expect((await hooks.service.getEnvironment()).alerts).toEqual(["backlog > 5"]);
    expect((await hooks.service.listSubscriptions()).data.map(({ name }) => name).sort()).toEqual(["", "by hand"]);
    expect((await hooks.service.listEventTypes({ catalogued: true })).data.map(({ name }) => name)).toEqual([
      "by.hand",
    ]);
    const keys = (await hooks.adminFor().listKeys({ status: "active" })).data.map(({ name }) => name);
    expect(keys).toEqual(["mine"]);
    expect(await apply(hooks.service, less, { prune: true })).toMatchObject({ changes: [], left: [] });
  });

  it("is another set's nothing: each prunes its own", async () => {
    const { service } = await openTestHooks();
    const one = (name: string, set: string): SetupDocument => ({
      set,
      subscriptions: [{ name, url: `https://${name}.example/`, events: ["*"] }],
    });
    await apply(service, one("a", "first"));
    expect(await apply(service, one("b", "second"), { prune: true })).toMatchObject({ left: [] });
    expect((await service.listSubscriptions()).data).toHaveLength(2);
    const moved = await apply(service, one("a", "second"));
    expect(moved.changes).toMatchObject([
      { action: "adopt", name: "a", changes: [{ field: "set", before: "first", after: "second" }] },
    ]);
    expect(moved.left).toEqual([{ kind: "subscription", name: "b" }]);
    expect(await apply(service, { set: "first", subscriptions: [] }, { prune: true })).toMatchObject({ changes: [] });
  });

  it("takes over what was made by hand, once, and says so", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription({ name: "a", url: "https://a.example/", events: ["*"] });
    const setup: SetupDocument = { subscriptions: [{ name: "a", url: "https://a.example", events: ["*"] }] };
    expect(briefly(await apply(service, setup))).toEqual(["adopt subscription a"]);
    expect(await apply(service, setup)).toMatchObject({ changes: [], unchanged: 1 });
  });

  it("forgets an event type that was deleted: one that is made anew by hand is not its own", async () => {
    const { service } = await openTestHooks();
    await apply(service, { event_types: [{ name: "a.b" }] });
    await service.deleteEventType("a.b");
    await service.createEventType({ name: "a.b" });
    expect(await apply(service, { event_types: [] }, { prune: true })).toMatchObject({ changes: [], left: [] });
  });

  it("keeps versions that it does not name, and removes them with prune unless somebody wants them", async () => {
    const { service } = await openTestHooks();
    await apply(service, { event_types: [{ name: "a.b", versions: [{ version: "1" }, { version: "2" }] }] });
    const two: SetupDocument = { event_types: [{ name: "a.b", versions: [{ version: "2" }] }] };
    expect((await apply(service, two)).changes).toEqual([]);
    await service.createSubscription({ name: "old", url: "https://a.example/", events: ["a.*"], event_version: "1" });
    expect(await refusal(apply(service, two, { prune: true }))).toMatchObject({
      code: "conflict",
      field: "event_types[0]",
      message: expect.stringContaining('"old"') as string,
    });
    await service.deleteSubscription("old");
    expect(briefly(await apply(service, two, { prune: true }))).toEqual(["update event_type a.b"]);
    expect(await service.getEventType("a.b")).toMatchObject({ versions: [{ version: "2" }], removed_versions: ["1"] });
  });

  it("puts versions into another order without making what they are converted down to newer than they are", async () => {
    const { service } = await openTestHooks();
    const down = { to: "1", steps: [] };
    const versions = [{ version: "1" }, { version: "2", down }, { version: "3" }];
    await apply(service, { event_types: [{ name: "a.b", versions }] });
    const turned: SetupDocument = {
      event_types: [{ name: "a.b", description: "turned", versions: [{ version: "3" }, { version: "1" }] }],
    };
    await apply(service, turned);
    const stored = (await service.getEventType("a.b")).versions;
    expect(stored.map(({ version, down: way }) => [version, way?.to])).toEqual([
      ["3", undefined],
      ["1", undefined],
      ["2", "1"],
    ]);
    const circle = service.updateEventType("a.b", { version: "1", down: { to: "2", steps: [] } });
    await expect(circle).rejects.toMatchObject({ code: "invalid_request", field: "down.to" });
    expect((await apply(service, turned)).changes).toEqual([]);
  });
});

describe("a plan", () => {
  it("is carried out only as long as it is the one that was shown", async () => {
    const { service } = await openTestHooks();
    const { plan } = await apply(service, shop(), { dry_run: true });
    await service.createEventType({ name: "invoice.paid", description: "by another" });
    const error = await refusal(apply(service, shop(), { plan }));
    expect(error).toMatchObject({ code: "conflict", field: "plan" });
    expect((await service.listSubscriptions()).data).toEqual([]);
    const { plan: now } = await apply(service, shop(), { dry_run: true });
    expect(await apply(service, shop(), { plan: now })).toMatchObject({ plan: now });
  });

  it("is made anew when somebody else changes the same meanwhile: both are stored, nothing is mixed", async () => {
    const { service } = await openTestHooks();
    const named = (name: string): SetupDocument => ({
      event_types: [{ name }],
      subscriptions: [{ name: "shared", url: "https://a.example/", events: [name] }],
    });
    await Promise.all(["a.a", "b.b", "c.c"].map((name) => apply(service, named(name))));
    const { data } = await service.listSubscriptions();
    expect(data).toHaveLength(data.length === 1 ? 1 : 3);
    expect((await service.listEventTypes({ catalogued: true })).data).toHaveLength(3);
  });
});

describe("a set-up that is wrong", () => {
  const cases: [name: string, setup: unknown, field: string][] = [
    ["an unknown section", { subscription: [] }, "subscription"],
    [
      "an unknown field",
      { subscriptions: [{ name: "a", url: "https://a.example", evnts: [] }] },
      "subscriptions[0].events",
    ],
    ["a bad URL", { subscriptions: [{ name: "a", url: "ftp://x", events: ["*"] }] }, "subscriptions[0].url"],
    [
      "a private address",
      { subscriptions: [{ name: "a", url: "https://10.0.0.1/", events: ["*"] }] },
      "subscriptions[0].url",
    ],
    [
      "a masked header",
      { subscriptions: [{ name: "a", url: "https://a.example", events: ["*"], headers: { x: "***" } }] },
      "subscriptions[0].headers.x",
    ],
    [
      "a masked URL",
      { subscriptions: [{ name: "a", url: "https://a.example/?***", events: ["*"] }] },
      "subscriptions[0].url",
    ],
    [
      "a bad delay",
      { subscriptions: [{ name: "a", url: "https://a.example", events: ["*"], retry: { delays: ["5s", "soon"] } }] },
      "subscriptions[0].retry.delays[1]",
    ],
    [
      "a bad filter",
      { subscriptions: [{ name: "a", url: "https://a.example", events: ["*"], filter: "data.n >" }] },
      "subscriptions[0].filter",
    ],
    [
      "an empty name",
      { subscriptions: [{ name: "", url: "https://a.example", events: ["*"] }] },
      "subscriptions[0].name",
    ],
    ["a name twice", { event_types: [{ name: "a.b" }, { name: "a.b" }] }, "event_types[1].name"],
    [
      "a bad schema",
      { event_types: [{ name: "a.b" }, { name: "b.b", schema: { type: "objekt" } }] },
      "event_types[1].schema.type",
    ],
    [
      "an example that does not fit",
      { event_types: [{ name: "a.b", schema: { type: "object" }, example: 5 }] },
      "event_types[0].example",
    ],
    ["a type of ours", { event_types: [{ name: "hooks.mine" }] }, "event_types[0].name"],
    [
      "a default that is none",
      { event_types: [{ name: "a.b", default_version: "9" }] },
      "event_types[0].default_version",
    ],
    [
      "a version twice",
      { event_types: [{ name: "a.b", versions: [{ version: "1" }, { version: "1" }] }] },
      "event_types[0].versions[1].version",
    ],
    [
      "a schema beside versions",
      { event_types: [{ name: "a.b", schema: true, versions: [{ version: "1" }] }] },
      "event_types[0].schema",
    ],
    ["a bad role", { keys: [{ name: "a", role: "root" }] }, "keys[0].role"],
    ["a lifetime", { keys: [{ name: "a", role: "reader", expires: "30d" }] }, "keys[0].expires"],
    [
      "a time that is past",
      { keys: [{ name: "a", role: "reader", expires: "2020-01-01T00:00:00Z" }] },
      "keys[0].expires",
    ],
    ["a key that is none", { keys: [{ name: "a", role: "reader", key: "hk_short" }] }, "keys[0].key"],
    ["a rule that is none", { alerts: ["failure_count > 3", "failures > 3"] }, "alerts[1]"],
    ["a rule of another tenant", { alerts: ["failure_count > 3 tenant other"] }, "alerts[0]"],
    ["a rule twice", { alerts: ["failure_count > 3", "failure_count > 3 in 5m"] }, "alerts[1]"],
    ["a bad span", { settings: { retention: { events: "soon" } } }, "settings.retention.events"],
    ["an unknown kind", { settings: { retention: { event: "5d" } } }, "settings.retention.event"],
    ["a bad set", { set: "a b", keys: [] }, "set"],
    ["another version of the form", { version: 2, keys: [] }, "version"],
    [
      "a secret that is none",
      { subscriptions: [{ name: "a", url: "https://a.example", events: ["*"], secret: "x" }] },
      "subscriptions[0].secret",
    ],
  ];

  it.each(cases)("is refused, and nothing is stored: %s", async (_, setup, field) => {
    const hooks = await openTestHooks();
    const before = await stateOf(hooks);
    const good = { event_types: [{ name: "good.type" }] };
    const error = await refusal(apply(hooks.service, { ...good, ...(setup as SetupDocument) }));
    expect(error.field).toBe(field);
    expect(error.code).toMatch(/^(invalid_request|url_refused|conflict)$/);
    expect(await stateOf(hooks)).toBe(before);
  });

  it("does not take the key away that it is applied with", async () => {
    const hooks = await openTestHooks();
    const own = await hooks.adminFor().createKey({ name: "own", role: "admin", environment: TEST_SCOPE.environment });
    const service = hooks.serviceFor(TEST_SCOPE, { keyId: own.id, name: "own", from: "test" });
    const keys = (role: "admin" | "reader"): SetupDocument => ({ keys: [{ name: "own", role }] });
    expect(await refusal(apply(service, keys("reader")))).toMatchObject({ code: "conflict" });
    await apply(service, keys("admin"));
    expect(await refusal(apply(service, { keys: [] }, { prune: true }))).toMatchObject({ code: "conflict" });
    expect(briefly(await apply(hooks.service, { keys: [] }, { prune: true }))).toEqual(["delete key own"]);
  });

  it("does not say which of two subscriptions a name means", async () => {
    const { service } = await openTestHooks();
    for (const url of ["https://a.example/", "https://b.example/"]) {
      await service.createSubscription({ name: "twin", url, events: ["*"] });
    }
    const error = await refusal(
      apply(service, { subscriptions: [{ name: "twin", url: "https://a.example", events: ["*"] }] }),
    );
    expect(error).toMatchObject({ code: "conflict", field: "subscriptions[0].name" });
  });
});

describe("an export", () => {
  it("is applied to an empty environment and exported again: it is the same", async () => {
    const [one, other] = [await openTestHooks(), await openTestHooks()];
    await apply(one.service, shop());
    const first = await one.service.exportSetup();
    expect(first.references).toEqual([]);
    expect(JSON.stringify(first)).not.toMatch(/MfKQ9r8|Bearer|token=abc|01234567/);
    const filled = structuredClone(first.setup);
    const values: Record<string, string> = {
      "env:BILLING_URL": "https://billing.example/hooks?token=abc",
      "file:billing.secret": SECRET,
      "env:TOKEN": "Bearer one",
      "env:KEY": KEY,
    };
    const billing = filled.subscriptions!.find(({ name }) => name === "billing")!;
    const fill = (from: unknown) => ({ from: from as string, value: values[from as string]! });
    billing.url = fill(billing.url);
    billing.secret = fill(billing.secret);
    billing.headers = { authorization: fill(billing.headers!["authorization"]) };
    const given = filled.keys!.find(({ name }) => name === "given")!;
    given.key = fill(given.key);
    await apply(other.service, filled);
    const second = await other.service.exportSetup();
    expect(second.setup).toEqual(first.setup);
    expect(await other.cases.subscriptions.secretsOf(TEST_SCOPE, "billing")).toEqual([SECRET]);
  });

  it("names references for what nobody gave by one, each its own", async () => {
    const { service } = await openTestHooks();
    for (const name of ["a b", "a-b"]) {
      const headers = { "x-token": "t" };
      await service.createSubscription({ name, url: "https://a.example/?q=1", events: ["*"], headers });
    }
    const { setup, references } = await service.exportSetup();
    expect(references.map(({ reference }) => reference)).toEqual([
      "env:A_B_URL",
      "env:A_B_X_TOKEN",
      "env:A_B_URL_2",
      "env:A_B_X_TOKEN_2",
    ]);
    expect(setup.subscriptions).toMatchObject([
      { name: "a b", url: "env:A_B_URL", headers: { "x-token": "env:A_B_X_TOKEN" } },
      { name: "a-b", url: "env:A_B_URL_2" },
    ]);
  });

  it("says what it leaves out: what has no name of its own", async () => {
    const { service } = await openTestHooks();
    for (const name of ["", "twin", "twin", "kept"]) {
      await service.createSubscription({ name, url: "https://a.example/", events: ["*"] });
    }
    const { setup, left_out: leftOut } = await service.exportSetup();
    expect(setup.subscriptions!.map(({ name }) => name)).toEqual(["kept"]);
    expect(leftOut.map(({ reason }) => reason)).toEqual([
      "it has no name",
      '2 of them have the name "twin"',
      '2 of them have the name "twin"',
    ]);
  });
});
