import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { OneOffRequest } from "../../src/service/service-parts.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const TOKEN = "canary-4711-token";
const URL_GIVEN = `https://example.com/hooks/in?token=${TOKEN}&v=1`;
const MASKED = "https://example.com/hooks/in?***";

function openHooks(): Promise<TestHooks & { sent: OneOffRequest[] }> {
  const sent: OneOffRequest[] = [];
  const send = async (request: OneOffRequest) => {
    sent.push(request);
    return { kind: "not_sent" as const };
  };
  return openTestHooks({ send }).then((hooks) => Object.assign(hooks, { sent }));
}

/** The URL that a request to it goes to. */
async function whereTo(hooks: TestHooks & { sent: OneOffRequest[] }, id: string): Promise<string> {
  await hooks.service.testSubscription(id).catch(() => {});
  return hooks.sent.at(-1)!.url;
}

describe("the query of a subscription's URL", () => {
  it("is sealed at rest, shown nowhere, and sent whole", async () => {
    const hooks = await openHooks();
    const created = await hooks.service.createSubscription({ url: URL_GIVEN, events: ["*"], name: "shop" });
    expect(created.url).toBe(MASKED);
    expect((await hooks.service.getSubscription("shop")).url).toBe(MASKED);
    expect((await hooks.service.listSubscriptions()).data[0]!.url).toBe(MASKED);
    const audit = await hooks.adminFor().listAudit();
    expect(JSON.stringify(audit)).toContain(MASKED);
    expect(JSON.stringify(audit)).not.toContain("canary");
    expect(await whereTo(hooks, created.id)).toBe(URL_GIVEN);
    for (const file of readdirSync(hooks.folder)) {
      expect(readFileSync(path.join(hooks.folder, file)).includes(TOKEN), file).toBe(false);
    }
    // Nor can it be found out by asking whether it contains something.
    expect((await hooks.service.listSubscriptions({ q: "canary" })).data).toEqual([]);
    expect((await hooks.service.listSubscriptions({ q: "example.com" })).data).toHaveLength(1);
  });

  it("is kept when the masked form comes back, by PATCH and PUT, and changed when another one comes", async () => {
    const hooks = await openHooks();
    const { id } = await hooks.service.createSubscription({ url: URL_GIVEN, events: ["*"] });
    await hooks.service.updateSubscription(id, { url: MASKED, description: "one" });
    expect(await whereTo(hooks, id)).toBe(URL_GIVEN);
    await hooks.service.replaceSubscription(id, { url: MASKED, events: ["a.b"] });
    expect(await whereTo(hooks, id)).toBe(URL_GIVEN);
    await hooks.service.updateSubscription(id, { description: "two" });
    expect(await whereTo(hooks, id)).toBe(URL_GIVEN);
    await hooks.service.updateSubscription(id, { url: "https://example.com/hooks/in?token=other" });
    expect(await whereTo(hooks, id)).toBe("https://example.com/hooks/in?token=other");
    expect((await hooks.service.updateSubscription(id, { url: "https://example.com/plain" })).url).toBe(
      "https://example.com/plain",
    );
    expect(await whereTo(hooks, id)).toBe("https://example.com/plain");
    expect((await hooks.store.loadSubscriptions(TEST_SCOPE))[0]!.urlSealed).toBeUndefined();
  });

  it.each([
    ["another host", "https://evil.example/hooks/in?***"],
    ["another path", "https://example.com/other?***"],
    ["another port", "https://example.com:8443/hooks/in?***"],
  ])("never follows to %s", async (_, url) => {
    const hooks = await openHooks();
    const { id } = await hooks.service.createSubscription({ url: URL_GIVEN, events: ["*"] });
    const refusal = { code: "invalid_request", field: "url" };
    await expect(hooks.service.updateSubscription(id, { url })).rejects.toMatchObject(refusal);
    await expect(hooks.service.replaceSubscription(id, { url, events: ["*"] })).rejects.toMatchObject(refusal);
    expect(await whereTo(hooks, id)).toBe(URL_GIVEN);
  });

  it("cannot be created masked", async () => {
    const { service } = await openHooks();
    await expect(service.createSubscription({ url: MASKED, events: ["*"] })).rejects.toMatchObject({ field: "url" });
  });

  it("of an earlier version is masked at once, and sealed when a daemon starts", async () => {
    const hooks = await openHooks();
    const { id } = await hooks.service.createSubscription({ url: "https://example.com/hooks/in", events: ["*"] });
    const db = new Database(path.join(hooks.folder, "hooks.db"));
    db.prepare("UPDATE subscriptions SET url = ?, header_names = NULL").run(URL_GIVEN);
    db.close();
    expect((await hooks.service.getSubscription(id)).url).toBe(MASKED);
    expect((await hooks.reportSecrets()).plainUrls).toBe(1);
    await hooks.service.updateSubscription(id, { url: MASKED, name: "kept" });
    expect(await whereTo(hooks, id)).toBe(URL_GIVEN);
    expect(await hooks.settleSecrets()).toBeUndefined();
    expect((await hooks.reportSecrets()).plainUrls).toBe(0);
    expect((await hooks.store.loadSubscriptions())[0]).toMatchObject({ url: MASKED });
    expect(await whereTo(hooks, id)).toBe(URL_GIVEN);
  });
});
