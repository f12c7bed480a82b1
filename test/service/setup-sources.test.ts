import { describe, expect, it } from "vitest";
import type { HooksError } from "../../src/core/errors.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import type { SetupDocument, SetupInbound, SetupResult } from "../../src/core/setup/setup.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const SECRET = "whsec_stripe-one";
const OTHER_SECRET = "whsec_stripe-two";
const TOKEN = "the agreed text";

/** Fresh each time: what is applied may be put into. */
function sources(): [SetupInbound, SetupInbound] {
  return [
    {
      name: "payments",
      scheme: "stripe",
      secret: { from: "env:STRIPE_SECRET", value: SECRET },
      description: "Of the shop",
      map: { "invoice.*": "billing.changed", ping: null },
      prefix: "",
      tolerance: "10m",
      rate_limit: "100/s",
      verify_token: { from: "file:verify.token", value: TOKEN },
    },
    { name: "code", scheme: "github", mode: "live", live_timeout: "2s", enabled: false },
  ];
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

async function actionsOf({ adminFor }: TestHooks, limit: number): Promise<string[]> {
  return (await adminFor().listAudit({ limit })).data.map(({ action }) => action).sort();
}

/** Everything that applying could change here. */
async function stateOf(hooks: TestHooks): Promise<string> {
  const { service, adminFor, cases } = hooks;
  const [listed, stored, types, audit] = await Promise.all([
    service.listSources({ limit: 200 }),
    cases.parts.store.sources.load(),
    service.listEventTypes({ limit: 200 }),
    adminFor().listAudit({ limit: 200 }),
  ]);
  return JSON.stringify({ listed, stored, types, audit });
}

/** The texts that are checked with, newest first. */
async function secretsOf({ cases }: TestHooks, name: string): Promise<string[]> {
  const { store, secrets } = cases.parts;
  const stored = (await store.sources.load(TEST_SCOPE)).find((one) => one.name === name)!;
  const opened = JSON.parse(await secrets.get(stored.sealed, stored.id)) as { secrets: { text: string }[] };
  return opened.secrets.map(({ text }) => text);
}

describe("sources of a set-up", () => {
  it("are made as the file says, with secrets sealed, one that is made shown once, and an entry in the audit", async () => {
    const hooks = await openTestHooks();
    const result = await apply(hooks.service, { sources: sources() });
    expect(briefly(result)).toEqual(["create source payments", "create source code"]);
    const [payments, code] = result.changes;
    expect(payments!.secret).toBeUndefined();
    expect(payments!.changes).toContainEqual({ field: "secret", after: "env:STRIPE_SECRET" });
    expect(payments!.changes).toContainEqual({ field: "verify_token", after: "file:verify.token" });
    expect(code!.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await secretsOf(hooks, "code")).toEqual([code!.secret]);
    expect(await secretsOf(hooks, "payments")).toEqual([SECRET]);
    expect(JSON.stringify(result)).not.toMatch(/stripe-one|the agreed/);
    expect(await hooks.service.getSource("payments")).toMatchObject({
      id: payments!.id,
      scheme: "stripe",
      description: "Of the shop",
      map: { "invoice.*": "billing.changed", ping: null },
      prefix: "",
      tolerance: "10m",
      rate_limit: "100/s",
      has_verify_token: true,
      enabled: true,
    });
    expect(await hooks.service.getSource("code")).toMatchObject({
      mode: "live",
      live_timeout: "2s",
      prefix: "code",
      enabled: false,
    });
    expect(await actionsOf(hooks, 200)).toEqual(["source.create", "source.create"]);
    // Those in memory, by which requests are judged, are the new ones.
    await hooks.cases.parts.sources.load();
    expect((await hooks.cases.parts.sources.find("payments"))!.secrets.verifyToken).toBe(TOKEN);
  });

  it("are the same the second time, and nothing is stored", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, { sources: sources() });
    const before = await stateOf(hooks);
    expect(await apply(hooks.service, { sources: sources() }, { prune: true })).toMatchObject({
      changes: [],
      unchanged: 2,
      left: [],
    });
    const [payments, code] = sources();
    const written: SetupInbound[] = [
      // Left out: what is secret, and whether it is enabled, stay as they are.
      { name: code.name, scheme: "github", mode: "live", live_timeout: 2_000 },
      { ...payments, secret: null },
    ];
    expect(await apply(hooks.service, { sources: written })).toMatchObject({ changes: [], unchanged: 2 });
    expect(await stateOf(hooks)).toBe(before);
  });

  it("have a scheme that may be named by its alias", async () => {
    const { service } = await openTestHooks();
    const named = (scheme: string): SetupDocument => ({ sources: [{ name: "posts", scheme, secret: "app-secret" }] });
    expect((await apply(service, named("facebook"))).changes[0]!.changes).toContainEqual({
      field: "scheme",
      after: "meta",
    });
    for (const scheme of ["facebook", "meta"]) expect((await apply(service, named(scheme))).changes).toEqual([]);
  });

  it("are only said with dry_run", async () => {
    const hooks = await openTestHooks();
    const before = await stateOf(hooks);
    const planned = await apply(hooks.service, { sources: sources() }, { dry_run: true });
    expect(planned.changes.map(({ id, secret }) => ({ id, secret }))).toEqual([{ id: null }, { id: null }]);
    expect(await stateOf(hooks)).toBe(before);
    expect((await apply(hooks.service, { sources: sources() })).plan).toBe(planned.plan);
  });

  it("are changed field by field; what is left out gets its default", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, { sources: sources() });
    await hooks.cases.parts.sources.load();
    const other = sources();
    other[0].map = { "invoice.*": "billing.invoice", ping: null };
    delete other[0].rate_limit;
    delete other[0].prefix;
    other[1].enabled = true;
    const result = await apply(hooks.service, { sources: other });
    expect(result.changes[0]).toMatchObject({
      action: "update",
      changes: [
        { field: "prefix", before: "" },
        { field: 'map["invoice.*"]', before: "billing.changed", after: "billing.invoice" },
        { field: "rate_limit", before: "100/s" },
      ],
    });
    expect(result.changes[1]!.changes).toEqual([{ field: "enabled", before: false }]);
    expect(await hooks.service.getSource("payments")).toMatchObject({ prefix: "payments", rate_limit: null });
    expect(await secretsOf(hooks, "payments")).toEqual([SECRET]);
    expect(await actionsOf(hooks, 2)).toEqual(["source.update", "source.update"]);
    expect((await hooks.cases.parts.sources.find("code"))!.settings.enabled).toBe(true);
  });

  it("notice another order of the map: the first that fits wins", async () => {
    const { service } = await openTestHooks();
    const mapped = (map: Record<string, string>): SetupDocument => ({ sources: [{ name: "a", scheme: "none", map }] });
    await apply(service, mapped({ "a.*": "one", "*": "two" }));
    expect((await apply(service, mapped({ "*": "two", "a.*": "one" }))).changes[0]!.changes).toEqual([
      { field: "map", before: ["a.*", "*"], after: ["*", "a.*"] },
    ]);
    expect(Object.keys((await service.getSource("a")).map)).toEqual(["*", "a.*"]);
  });

  it("rotate a secret when the reference leads to another one, and take the old one until the grace is over", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, { sources: sources() });
    const other = sources();
    other[0].secret = { from: "env:STRIPE_SECRET", value: OTHER_SECRET };
    const result = await apply(hooks.service, { sources: other }, { grace: "1h" });
    expect(result.changes).toMatchObject([{ action: "update", changes: [{ field: "secret", after: "***" }] }]);
    expect(JSON.stringify(result)).not.toMatch(/stripe-(one|two)/);
    expect(await secretsOf(hooks, "payments")).toEqual([OTHER_SECRET, SECRET]);
    const [newest, old] = (await hooks.service.getSource("payments")).secrets;
    expect(newest!.expires_at).toBeNull();
    expect(old!.expires_at).toBe(new Date(hooks.clock.at + 3_600_000).toISOString());
    expect(await actionsOf(hooks, 1)).toEqual(["source.rotate_secret"]);
    expect((await hooks.service.getSource("payments")).has_verify_token).toBe(true);
    expect(await apply(hooks.service, { sources: other })).toMatchObject({ changes: [] });
    other[0].secret = { from: "env:STRIPE_SECRET", value: SECRET };
    await apply(hooks.service, { sources: other }, { grace: "0s" });
    expect(await secretsOf(hooks, "payments")).toEqual([SECRET]);
  });

  it("change settings, the text of the handshake and the secret in one step, with an entry for each kind", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, { sources: sources() });
    const other = sources();
    other[0].description = "Of both shops";
    other[0].secret = { from: "env:OTHER_SECRET", value: OTHER_SECRET };
    other[0].verify_token = null;
    const result = await apply(hooks.service, { sources: other });
    expect(result.changes[0]!.changes).toEqual([
      { field: "description", before: "Of the shop", after: "Of both shops" },
      { field: "verify_token", before: "***" },
      { field: "secret", before: "env:STRIPE_SECRET", after: "env:OTHER_SECRET" },
    ]);
    expect(await hooks.service.getSource("payments")).toMatchObject({
      description: "Of both shops",
      has_verify_token: false,
    });
    expect(await secretsOf(hooks, "payments")).toEqual([OTHER_SECRET, SECRET]);
    expect(await actionsOf(hooks, 2)).toEqual(["source.rotate_secret", "source.update"]);
    expect(JSON.stringify(await hooks.adminFor().listAudit())).not.toMatch(/stripe-(one|two)|the agreed/);
  });

  it("remember another reference to the same secret without a rotation", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, { sources: sources() });
    const other = sources();
    other[0].secret = { from: "env:PAYMENTS", value: SECRET };
    expect((await apply(hooks.service, { sources: other })).changes[0]!.changes).toEqual([
      { field: "secret", before: "env:STRIPE_SECRET", after: "env:PAYMENTS" },
    ]);
    expect((await hooks.service.getSource("payments")).secrets).toHaveLength(1);
    expect((await hooks.service.exportSetup()).setup.sources![1]).toMatchObject({ secret: "env:PAYMENTS" });
  });

  it("go with prune when their set made them, with what came to them; those made by hand stay", async () => {
    const hooks = await openTestHooks();
    await hooks.service.createSource({ name: "by-hand", scheme: "none" });
    await apply(hooks.service, { sources: sources() });
    const [, code] = sources();
    expect(await apply(hooks.service, { sources: [code] })).toMatchObject({
      changes: [],
      left: [{ kind: "source", name: "payments" }],
    });
    expect(await apply(hooks.service, { event_types: [] }, { prune: true })).toMatchObject({ changes: [], left: [] });
    expect(await apply(hooks.service, { set: "other", sources: [] }, { prune: true })).toMatchObject({ changes: [] });
    expect(briefly(await apply(hooks.service, { sources: [code] }, { prune: true }))).toEqual([
      "delete source payments",
    ]);
    expect((await hooks.service.listSources()).data.map(({ name }) => name).sort()).toEqual(["by-hand", "code"]);
    expect(await actionsOf(hooks, 1)).toEqual(["source.delete"]);
    expect(await apply(hooks.service, { sources: [code] }, { prune: true })).toMatchObject({ changes: [], left: [] });
    // The name is free again, also within one step.
    const anew: SetupDocument = { sources: [{ name: "payments", scheme: "none" }] };
    expect(briefly(await apply(hooks.service, anew, { prune: true })).sort()).toEqual([
      "create source payments",
      "delete source code",
    ]);
  });

  it("that were made by hand are taken over, and keep their secret", async () => {
    const hooks = await openTestHooks();
    await hooks.service.createSource({ name: "payments", scheme: "stripe", secret: SECRET });
    const setup: SetupDocument = { sources: [{ name: "payments", scheme: "stripe" }] };
    expect(briefly(await apply(hooks.service, setup))).toEqual(["adopt source payments"]);
    expect(await apply(hooks.service, setup)).toMatchObject({ changes: [], unchanged: 1 });
    expect(await secretsOf(hooks, "payments")).toEqual([SECRET]);
  });

  it("are all or nothing with the rest: what the store refuses takes them back", async () => {
    const hooks = await openTestHooks({ maxSubscriptions: 1 });
    const before = await stateOf(hooks);
    const subscriptions = ["a", "b"].map((name) => ({ name, url: `https://${name}.example/`, events: ["*"] }));
    const error = await refusal(apply(hooks.service, { subscriptions, sources: sources() }));
    expect(error.code).toBe("conflict");
    expect(await stateOf(hooks)).toBe(before);
    await apply(hooks.service, { subscriptions: subscriptions.slice(0, 1), sources: sources() });
    expect((await hooks.service.listSources()).data).toHaveLength(2);
  });

  it("are changed by several at once without anything being lost", async () => {
    const hooks = await openTestHooks();
    await apply(hooks.service, { sources: sources() });
    const described = (description: string): SetupDocument => ({
      sources: [{ ...sources()[0], description }],
    });
    await Promise.all([
      ...["one", "two", "three"].map((text) => apply(hooks.service, described(text))),
      hooks.service.rotateSourceSecret("payments", { secret: OTHER_SECRET }),
    ]);
    const { description } = await hooks.service.getSource("payments");
    expect(["one", "two", "three"]).toContain(description);
    expect((await secretsOf(hooks, "payments")).filter((text) => text === OTHER_SECRET)).toHaveLength(1);
  });
});

describe("a source that is wrong", () => {
  const source = { name: "a", scheme: "none" };
  const cases: [name: string, entry: unknown, field: string][] = [
    ["an unknown field", { ...source, shceme: "x" }, "sources[0].shceme"],
    ["no scheme", { name: "a" }, "sources[0].scheme"],
    ["an unknown scheme", { name: "a", scheme: "githup" }, "sources[0].scheme"],
    ["a bad name", { ...source, name: "A b" }, "sources[0].name"],
    ["a name of ours", { ...source, name: "hooks" }, "sources[0].name"],
    ["no secret of the sender's", { name: "a", scheme: "stripe" }, "sources[0].secret"],
    ["a secret that nothing checks with", { ...source, secret: "x" }, "sources[0].secret"],
    ["a secret of another form", { name: "a", scheme: "standard", secret: "whsec_&" }, "sources[0].secret"],
    ["a secret that is no text", { ...source, secret: 5 }, "sources[0].secret"],
    ["an empty text of the handshake", { ...source, verify_token: "" }, "sources[0].verify_token"],
    ["a bad mode", { ...source, mode: "dead" }, "sources[0].mode"],
    ["a bad map", { ...source, map: { ping: "no good" } }, "sources[0].map.ping"],
    ["a map to a number", { ...source, map: { ping: 5 } }, "sources[0].map.ping"],
    ["a bad pointer", { ...source, data_from: "data" }, "sources[0].data_from"],
    ["an unknown handshake", { ...source, handshake: "handshake" }, "sources[0].handshake"],
    ["a bad origin", { ...source, allow_origins: ["a b"] }, "sources[0].allow_origins[0]"],
    ["a bad tolerance", { ...source, tolerance: "soon" }, "sources[0].tolerance"],
    ["a URL with a query", { ...source, url: "https://a.example/?x" }, "sources[0].url"],
    ["a bad rate", { ...source, rate_limit: "10" }, "sources[0].rate_limit"],
    ["another scheme than it has", { name: "there", scheme: "github" }, "sources[0].scheme"],
    [
      "a secret that the scheme of one that is there has not",
      { name: "there", scheme: "none", secret: "x" },
      "sources[0].secret",
    ],
    ["a name of another environment", { ...source, name: "elsewhere" }, "sources[0].name"],
  ];

  it.each(cases)("is refused, and nothing is stored: %s", async (_, entry, field) => {
    const hooks = await openTestHooks();
    await hooks.service.createSource({ name: "there", scheme: "none" });
    await hooks.serviceFor({ ...TEST_SCOPE, environment: "other" }).createSource({ name: "elsewhere", scheme: "none" });
    const before = await stateOf(hooks);
    const setup = { event_types: [{ name: "good.type" }], sources: [entry, { name: "good", scheme: "none" }] };
    const error = await refusal(apply(hooks.service, setup as SetupDocument));
    expect(error.field).toBe(field);
    expect(error.code).toMatch(/^(invalid_request|conflict)$/);
    expect(await stateOf(hooks)).toBe(before);
  });

  it("is refused for a name twice, and beyond the number that a tenant may have", async () => {
    const { service } = await openTestHooks();
    const one = (name: string): SetupInbound => ({ name, scheme: "none" });
    expect(await refusal(apply(service, { sources: [one("a"), one("a")] }))).toMatchObject({
      field: "sources[1].name",
    });
    const many = Array.from({ length: 1_001 }, (_, at) => one(`s-${at}`));
    expect(await refusal(apply(service, { sources: many }))).toMatchObject({
      code: "conflict",
      field: "sources[1000].name",
    });
    expect((await service.listSources()).data).toEqual([]);
  });
});

describe("an export with sources", () => {
  it("is applied to an empty environment and exported again: it is the same", async () => {
    const [one, other] = [await openTestHooks(), await openTestHooks()];
    await apply(one.service, { sources: sources() });
    const first = await one.service.exportSetup();
    expect(first).toMatchObject({ references: [], left_out: [] });
    expect(JSON.stringify(first)).not.toMatch(/stripe-one|the agreed/);
    expect(first.setup.sources).toEqual([
      { name: "code", scheme: "github", enabled: false, mode: "live", live_timeout: "2s" },
      { ...sources()[0], secret: "env:STRIPE_SECRET", verify_token: "file:verify.token" },
    ]);
    const filled = structuredClone(first.setup);
    const values: Record<string, string> = { "env:STRIPE_SECRET": SECRET, "file:verify.token": TOKEN };
    const fill = (from: unknown) => ({ from: from as string, value: values[from as string]! });
    const payments = filled.sources![1]!;
    payments.secret = fill(payments.secret);
    payments.verify_token = fill(payments.verify_token);
    await apply(other.service, filled);
    expect((await other.service.exportSetup()).setup).toEqual(first.setup);
    expect(await secretsOf(other, "payments")).toEqual([SECRET]);
    expect(await apply(one.service, filled)).toMatchObject({ changes: [], unchanged: 2 });
  });

  it("names references for secrets that nobody gave by one, where nothing could be made without", async () => {
    const { service } = await openTestHooks();
    await service.createSource({ name: "pay", scheme: "stripe", secret: SECRET });
    await service.createSource({ name: "code", scheme: "github" });
    await service.createSource({ name: "open", scheme: "none", handshake: "meta", verify_token: TOKEN });
    const { setup, references } = await service.exportSetup();
    expect(references).toEqual([
      { field: "sources[1].verify_token", reference: "env:OPEN_VERIFY_TOKEN" },
      { field: "sources[2].secret", reference: "env:PAY_SECRET" },
    ]);
    expect(setup.sources).toEqual([
      { name: "code", scheme: "github" },
      { name: "open", scheme: "none", handshake: "meta", verify_token: "env:OPEN_VERIFY_TOKEN" },
      { name: "pay", scheme: "stripe", secret: "env:PAY_SECRET" },
    ]);
  });
});
