import { randomBytes } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { AwsSecretStore, parseSecretStore, type SecretStoreNews } from "../../src/service/aws-secret-store.ts";
import { Vault } from "../../src/service/vault.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { hasAwsSdk, type SecretsManager, startSecretsManager } from "../support/secrets-manager.ts";
import { secretStoreContract } from "./secret-store-contract.ts";

const PLACE = { region: "eu-central-1", prefix: "hooks/test" };
const GONE = { code: "store_unusable" };
const LATER = {
  code: "unavailable",
  message: expect.stringMatching(/^the secret store aws:eu-central-1 does not answer/),
};

const isInstalled = hasAwsSdk("its secret store is not tested");

let vaultFolder: Record<string, string> = {};
const embedded = (): Vault =>
  new Vault(
    { env: vaultFolder, dataDirectory: "/nowhere", random: randomBytes },
    { readMasterKeys: async () => ({ sealing: undefined, change: undefined }) },
  );
secretStoreContract("embedded", {
  open: async () => {
    vaultFolder = { HOOKS_MASTER_KEY: randomBytes(32).toString("hex") };
    return embedded();
  },
  openAgain: async () => embedded(),
});

/** What the SDK reads of its surroundings, for one test. */
function setEnv(variables: Record<string, string>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  onTestFinished(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

async function openManager(): Promise<SecretsManager> {
  const manager = await startSecretsManager();
  onTestFinished(() => manager.close());
  setEnv({
    AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.url,
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_CONFIG_FILE: "/nowhere",
    AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
  });
  return manager;
}

async function openAws(onNews?: (news: SecretStoreNews) => void): Promise<AwsSecretStore> {
  const store = await AwsSecretStore.open(PLACE, { random: randomBytes, onNews, maxAttempts: 1 });
  onTestFinished(() => store.close());
  return store;
}

describe.skipIf(!isInstalled)("with the AWS SDK", () => {
  secretStoreContract("AWS Secrets Manager", {
    open: async () => {
      await openManager();
      return openAws();
    },
    openAgain: () => openAws(),
  });

  it("keeps each text under a name of its own below the prefix, and names the place in the row", async () => {
    const manager = await openManager();
    const store = await openAws();
    const sealed = await store.put("whsec_a", "sec_1");
    await store.put("whsec_b", "sec_1");
    const names = [...manager.secrets.keys()];
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toMatch(/^hooks\/test\/sec_1\/[0-9a-f]{16}$/);
    expect(sealed.keyId).toBe("aws:eu-central-1/hooks/test");
    await store.drop(sealed);
    expect(manager.secrets.size).toBe(1);
    await expect((await openAws()).get(sealed, "sec_1")).rejects.toMatchObject(GONE);
  });

  it("asks once for what it has, and once for many who ask at the same time", async () => {
    const manager = await openManager();
    const sealed = await (await openAws()).put("whsec_a", "sec_1");
    const store = await openAws();
    expect(store.peek(sealed, "sec_1")).toBeUndefined();
    const texts = await Promise.all(Array.from({ length: 50 }, () => store.get(sealed, "sec_1")));
    expect(new Set(texts)).toEqual(new Set(["whsec_a"]));
    await store.get(sealed, "sec_1");
    expect(manager.actions.filter((action) => action === "GetSecretValue")).toHaveLength(1);
  });

  it.each([
    ["answers 500", { status: 500, type: "InternalServiceError" }],
    ["throttles", { status: 400, type: "ThrottlingException" }],
    ["refuses the credentials", { status: 400, type: "AccessDeniedException" }],
    ["breaks the connection", "reset"],
  ] as const)("while it %s, what was had goes on, the rest is for later, and it says so once", async (_, trouble) => {
    const manager = await openManager();
    const news: SecretStoreNews[] = [];
    const store = await openAws((one) => news.push(one));
    const had = await store.put("had", "sec_1");
    const other = await (await openAws()).put("other", "sec_2");
    manager.trouble = trouble;
    expect(await store.get(had, "sec_1")).toBe("had");
    await expect(store.get(other, "sec_2")).rejects.toMatchObject(LATER);
    await expect(store.put("new", "sec_3")).rejects.toMatchObject(LATER);
    await expect(store.drop(had)).rejects.toMatchObject(LATER);
    expect(news).toMatchObject([{ state: "failing" }]);
    expect(store.isFailing).toBe(true);
    manager.trouble = undefined;
    expect(await store.get(other, "sec_2")).toBe("other");
    expect(news.map(({ state }) => state)).toEqual(["failing", "ok"]);
    expect(store.isFailing).toBe(false);
  });

  it("gives up on one that does not answer", { timeout: 60_000 }, async () => {
    const manager = await openManager();
    const sealed = await (await openAws()).put("a", "sec_1");
    manager.trouble = "hang";
    await expect((await openAws()).get(sealed, "sec_1")).rejects.toMatchObject(LATER);
  });

  it("does not take for a secret what somebody else wrote there", async () => {
    const manager = await openManager();
    const sealed = await (await openAws()).put("a", "sec_1");
    for (const text of ["", "{}", "not json", '{"owner":"sec_2","value":"a"}', '{"owner":"sec_1"}', "null"]) {
      manager.set(Buffer.from(sealed.bytes).toString(), text);
      await expect((await openAws()).get(sealed, "sec_1"), text).rejects.toMatchObject(GONE);
    }
  });

  it("loses what a deleted tenant had, and nothing of another", async () => {
    const manager = await openManager();
    const { adminFor, serviceFor } = await openTestHooks({
      env: { HOOKS_SECRET_STORE: "aws:eu-central-1/hooks/test" },
    });
    const input = { url: "https://example.com/hooks?token=t", events: ["a.b"], headers: { "x-key": "k" } };
    const source = { scheme: "github", secret: "a-secret-of-the-sender" };
    await serviceFor({ tenant: "other", environment: "a" }).createSubscription(input);
    const ofSubscription = manager.secrets.size;
    await serviceFor({ tenant: "other", environment: "a" }).createSource({ ...source, name: "others" });
    const kept = [...manager.secrets.keys()];
    await serviceFor({ tenant: "acme", environment: "a" }).createSubscription(input);
    await serviceFor({ tenant: "acme", environment: "b" }).createSubscription(input);
    await serviceFor({ tenant: "acme", environment: "a" }).createSource({ ...source, name: "one" });
    await serviceFor({ tenant: "acme", environment: "sources-only" }).createSource({ ...source, name: "two" });
    expect(manager.secrets.size).toBe(kept.length + 2 * ofSubscription + 2);
    await adminFor().deleteTenant("acme", { force: true });
    expect([...manager.secrets.keys()]).toEqual(kept);
  });
});

describe("HOOKS_SECRET_STORE", () => {
  it.each([
    ["aws:eu-central-1", "eu-central-1", "hooks"],
    ["aws:us-gov-west-1/hooks/production", "us-gov-west-1", "hooks/production"],
  ])("takes %s", (text, region, prefix) => {
    expect(parseSecretStore(text)).toEqual({ region, prefix });
  });

  it.each([
    "",
    "aws",
    "aws:",
    "aws:/x",
    "aws:eu-central-1/",
    "aws:eu-central-1//x",
    "vault:x",
    "aws:EU/x",
    "aws:eu-central-1/a b",
  ])("refuses %j, naming the variable", (text) => {
    expect(() => parseSecretStore(text)).toThrow(
      expect.objectContaining({ code: "usage", field: "HOOKS_SECRET_STORE" }),
    );
  });
});
