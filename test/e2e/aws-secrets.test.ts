import { describe, expect, it, onTestFinished } from "vitest";
import { verify } from "../../src/index.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { hasAwsSdk, startSecretsManager } from "../support/secrets-manager.ts";

const isInstalled = hasAwsSdk("a daemon with its secret store is not tested");

describe.skipIf(!isInstalled)("a daemon whose secrets are in AWS Secrets Manager", () => {
  it("goes on with what it has while AWS does not answer, and delays what it has not", {
    timeout: 180_000,
  }, async () => {
    const manager = await startSecretsManager();
    onTestFinished(() => manager.close());
    const env = {
      HOOKS_SECRET_STORE: "aws:eu-central-1/hooks/test",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.url,
      AWS_ACCESS_KEY_ID: "AKIATEST",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_MAX_ATTEMPTS: "1",
    };
    const home = new HooksHome();
    const receiver = await openReceiver();
    const url = `${receiver.url}/in?token=canary`;
    const create = ["sub", "create", "--url", url, "-e", "*", "--name", "shop", "--header", "x-key: v", "--json"];
    const created = await home.run(create, { env });
    expect(created.code, created.stderr).toBe(0);
    const { secret } = JSON.parse(created.stdout) as { secret: string };
    expect([...manager.secrets.values()].join()).toContain(secret);
    // Nothing of it is sealed here, so there is no key.
    expect((await home.run(["doctor"], { env })).stdout).toMatch(
      /^secrets\tok\t1 can be opened; new ones are kept in aws:/m,
    );

    const serve = ["serve", "--port", "0", "--log-format", "json"];
    const trigger = (n: number) => home.run(["trigger", "a.b", "--data", `{"n":${n}}`], { env });
    const ready = async (at: string) => (await fetch(`${at}/readyz`)).status;
    const first = home.start(serve, { env });
    const [firstUrl] = await first.sees(/http:\/\/127[\d.:]+/);
    await trigger(1);
    const request = await receiver.request(1);
    expect(request).toMatchObject({ path: "/in?token=canary", headers: { "x-key": "v" } });
    expect(verify("standard-webhooks", request, secret).valid).toBe(true);

    manager.trouble = { status: 500, type: "InternalServiceError" };
    await trigger(2);
    expect(verify("standard-webhooks", await receiver.request(2), secret).valid).toBe(true);
    expect(await ready(firstUrl)).toBe(200);
    const refused = await home.run(["sub", "rotate-secret", "shop"], { env });
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining("does not answer") });
    await first.kill("SIGKILL");

    // It starts without them, takes events, and says what it lacks.
    const second = home.start(serve, { env });
    const [secondUrl] = await second.sees(/http:\/\/127[\d.:]+/);
    await second.sees(/"msg":"secret_store"/);
    expect(await ready(secondUrl)).toBe(503);
    expect((await trigger(3)).code).toBe(0);
    expect(receiver.requests).toHaveLength(2);
    manager.trouble = undefined;
    expect(verify("standard-webhooks", await receiver.request(3), secret).valid).toBe(true);
    expect(await ready(secondUrl)).toBe(200);
    expect(first.output.stderr + second.output.stderr).not.toContain("canary");
  });

  it("is not served by a program that is not told of it", { timeout: 60_000 }, async () => {
    const manager = await startSecretsManager();
    onTestFinished(() => manager.close());
    const home = new HooksHome();
    const wrong = await home.run(["sub", "list"], { env: { HOOKS_SECRET_STORE: "azure:x" } });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("HOOKS_SECRET_STORE") });
  });
});
