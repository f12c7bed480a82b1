import { describe, expect, it } from "vitest";
import type { NameAnswer } from "../../src/core/name-answer.ts";
import { localRules, PUBLIC_ADDRESS } from "../support/egress.ts";
import { openTestHooks, type TestHooks } from "../support/local-hooks.ts";

/** The service of a daemon with these lists, whose name servers answer as `names` has it: undefined is no answer. */
async function hooksWith(
  names: Record<string, string[]> = {},
  lists: { allow?: string[]; deny?: string[] } = {},
): Promise<TestHooks & { asked: string[] }> {
  const asked: string[] = [];
  const lookUp = async (host: string): Promise<NameAnswer> => {
    asked.push(host);
    const addresses = names[host];
    return addresses === undefined
      ? { kind: "failed", code: "ENOTFOUND", keepMs: 0 }
      : { kind: "addresses", addresses, keepMs: 0 };
  };
  const hooks = await openTestHooks({
    egress: async () => ({ rules: localRules(lists.allow, lists.deny), lookUp }),
  });
  return { ...hooks, asked };
}

const refused = (message: string | RegExp) =>
  expect.objectContaining({
    code: "url_refused",
    field: "url",
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });

describe("a receiver that is set up", () => {
  it("is refused at once when its address is written out or its name says enough; nobody is asked for it", async () => {
    const { service, asked } = await hooksWith();
    await expect(service.createSubscription({ url: "http://10.1.2.3/", events: ["*"] })).rejects.toEqual(
      refused("url may not be sent to: its address is a private network (10.0.0.0/8)"),
    );
    await expect(service.createSubscription({ url: "http://db.internal/", events: ["*"] })).rejects.toEqual(
      refused("url may not be sent to: names of .internal are not public"),
    );
    await expect(service.createSubscription({ url: "https://example.com:6379/", events: ["*"] })).rejects.toEqual(
      refused(/^url may not be sent to: port 6379/),
    );
    expect(asked).toEqual([]);
    expect((await service.listSubscriptions()).data).toEqual([]);
  });

  it("is refused when one of its addresses is not public, and is not told which", async () => {
    const { service } = await hooksWith({ "a.example.com": [PUBLIC_ADDRESS, "10.1.2.3"] });
    const error = await service
      .createSubscription({ url: "https://a.example.com/", events: ["*"] })
      .catch((reason: unknown) => reason);
    expect(error).toEqual(refused("url may not be sent to: a.example.com has an address that is not public"));
    expect(JSON.stringify(error)).not.toMatch(/10\.|private/);
  });

  it("is taken without a word when all are public, and with a warning when nobody answers", async () => {
    const { service } = await hooksWith({ "a.example.com": [PUBLIC_ADDRESS, "2606:4700::1111"] });
    const made = await service.createSubscription({ url: "https://a.example.com/", events: ["*"] });
    expect(made).not.toHaveProperty("warnings");
    const odd = await service.createSubscription({ url: "https://nobody.example.com/", events: ["*"] });
    expect(odd.warnings).toEqual([expect.stringMatching(/^url: nobody\.example\.com has no address now/)]);
    // It belongs to the answer, not to the subscription.
    expect(await service.getSubscription(odd.id)).not.toHaveProperty("warnings");
  });

  it("needs https outside development", async () => {
    const hooks = await hooksWith({ "a.example.com": [PUBLIC_ADDRESS] });
    const production = hooks.serviceFor({ tenant: "default", environment: "production" });
    await expect(production.createSubscription({ url: "http://a.example.com/", events: ["*"] })).rejects.toEqual(
      refused("url must be https in production"),
    );
    await expect(production.createSubscription({ url: "https://127.0.0.1/", events: ["*"] })).rejects.toEqual(
      refused(/loopback/),
    );
    expect((await production.createSubscription({ url: "https://a.example.com/", events: ["*"] })).url).toBe(
      "https://a.example.com/",
    );
    expect((await hooks.service.createSubscription({ url: "http://127.0.0.1:3000/", events: ["*"] })).url).toBe(
      "http://127.0.0.1:3000/",
    );
  });

  it("is checked again when it is changed, and left alone when something else is", async () => {
    const names: Record<string, string[]> = { "a.example.com": [PUBLIC_ADDRESS] };
    const { service, asked } = await hooksWith(names);
    const { id } = await service.createSubscription({ url: "https://a.example.com/", events: ["*"] });
    names["a.example.com"] = ["10.0.0.1"];
    asked.length = 0;
    expect(await service.updateSubscription(id, { name: "shop" })).toMatchObject({ name: "shop" });
    expect(asked).toEqual([]);
    const url = "https://a.example.com/";
    await expect(service.updateSubscription(id, { url })).rejects.toEqual(refused(/not public/));
    await expect(service.replaceSubscription(id, { url, events: ["a"] })).rejects.toEqual(refused(/not public/));
    await expect(service.updateSubscription(id, { url: "http://192.168.1.1/" })).rejects.toEqual(refused(/private/));
    expect(await service.getSubscription(id)).toMatchObject({ url, events: ["*"] });
    const moved = await service.updateSubscription(id, { url: "https://b.example.com/" });
    expect(moved).toMatchObject({
      url: "https://b.example.com/",
      warnings: [expect.stringContaining("b.example.com")],
    });
  });
});

describe("a subscription's lists", () => {
  it("are kept in their canonical form, and go back to none", async () => {
    const { service } = await hooksWith({ "a.example.com": [PUBLIC_ADDRESS] });
    const url = "https://a.example.com/";
    const lists = { allow_net: ["93.184.216.0/24", "[2606:4700::]:443"], deny_net: ["Evil.Example.ORG."] };
    const made = await service.createSubscription({ url, events: ["*"], ...lists });
    expect(made).toMatchObject({
      allow_net: ["93.184.216.0/24", "[2606:4700::]:443"],
      deny_net: ["evil.example.org"],
    });
    expect(await service.updateSubscription(made.id, { allow_net: null, deny_net: [] })).toMatchObject({
      allow_net: [],
      deny_net: [],
    });
  });

  it("refuse a receiver that they leave out", async () => {
    const { service } = await hooksWith({ "a.example.com": [PUBLIC_ADDRESS] });
    const input = { url: "https://a.example.com/", events: ["*"] };
    await expect(service.createSubscription({ ...input, allow_net: ["8.8.8.0/24"] })).rejects.toEqual(
      refused("url may not be sent to: it is not in allow_net"),
    );
    await expect(service.createSubscription({ ...input, deny_net: ["example.com"] })).rejects.toEqual(
      refused("url may not be sent to: it is in deny_net"),
    );
    const { id } = await service.createSubscription({ ...input, allow_net: ["a.example.com"] });
    await expect(service.updateSubscription(id, { deny_net: [`${PUBLIC_ADDRESS}/32`] })).rejects.toEqual(
      refused("url may not be sent to: it is in deny_net"),
    );
    expect(await service.getSubscription(id)).toMatchObject({ deny_net: [] });
  });

  it("open nothing", async () => {
    const { service } = await hooksWith();
    const input = { url: "http://10.1.2.3/", events: ["*"], allow_net: ["10.1.2.3"] };
    await expect(service.createSubscription(input)).rejects.toEqual(refused(/private network/));
    const allowed = await hooksWith({}, { allow: ["10.0.0.0/8"], deny: ["10.1.2.4"] });
    expect((await allowed.service.createSubscription(input)).allow_net).toEqual(["10.1.2.3"]);
    const denied = { ...input, url: "http://10.1.2.4/", allow_net: ["10.1.2.4"] };
    await expect(allowed.service.createSubscription(denied)).rejects.toEqual(refused(/this server denies it/));
  });

  it.each([
    ["allow_net", ["0.0.0.0/0"]],
    ["allow_net", "10.0.0.0/8"],
    ["allow_net", [7]],
    ["deny_net", ["10.0.0.1/8"]],
    ["deny_net", ["a b"]],
  ])("are refused when they are none: %s %j", async (field, value) => {
    const { service } = await hooksWith({ "a.example.com": [PUBLIC_ADDRESS] });
    const input = { url: "https://a.example.com/", events: ["*"], [field]: value };
    await expect(service.createSubscription(input as never)).rejects.toMatchObject({ code: "invalid_request", field });
  });

  it("go with every request that is sent for it", async () => {
    const sent: unknown[] = [];
    const hooks = await openTestHooks({
      send: async ({ rules }) => {
        sent.push(rules);
        return { kind: "not_sent" };
      },
    });
    const input = { url: "https://a.example.com/", events: ["*"], deny_net: ["10.0.0.0/8"] };
    const { id } = await hooks.service.createSubscription(input);
    await hooks.service.testSubscription(id).catch(() => {});
    expect(sent).toMatchObject([{ environment: "development", allow: [], deny: [{ text: "10.0.0.0/8" }] }]);
  });
});
