import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCHEMES } from "../../src/core/signing/registry.ts";
import { verify } from "../../src/core/signing/verify.ts";
import { bodyFor, keysOf, SAMPLE_REQUEST } from "../core/signing/support/scheme-samples.ts";
import { type Ends, type Run, runInProcess } from "../support/run-in-process.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const GOLDEN = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const MESSAGE = ["--id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "--timestamp", "1614265330"];
const BODY = '{"test": 2432232314}';

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hooks-sign-"));
  await writeFile(path.join(folder, "body.json"), BODY);
});
afterAll(() => rm(folder, { recursive: true }));

function run(argv: readonly string[], ends: Ends = {}): Promise<Run> {
  return runInProcess(["sign", ...argv], {
    cwd: folder,
    stdin: "",
    ...ends,
    env: { HOOK_SECRET: SECRET, ...ends.env },
  });
}

describe("hooks sign", () => {
  it.each([
    [[], `webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\nwebhook-signature: ${GOLDEN}\n`],
    [["--output", "value"], `${GOLDEN}\n`],
    [
      ["--output", "json"],
      `{"webhook-id":"msg_p5jXN8AQM9LWM0D4loKWxJek","webhook-timestamp":"1614265330","webhook-signature":"${GOLDEN}"}\n`,
    ],
  ])("prints the published example with %j", async (flags, stdout) => {
    const argv = ["--secret", "env:HOOK_SECRET", ...MESSAGE, ...flags, "body.json"];

    expect(await run(argv)).toEqual({ code: 0, stdout, stderr: "" });
  });

  it("signs standard input as it is, line break and all", async () => {
    const argv = ["--secret", "env:HOOK_SECRET", ...MESSAGE, "--output", "value"];

    expect((await run(argv, { stdin: BODY })).stdout).toBe(`${GOLDEN}\n`);
    expect((await run(argv, { stdin: `${BODY}\n` })).stdout).not.toBe(`${GOLDEN}\n`);
    expect((await run([...argv, "-"], { stdin: BODY })).stdout).toBe(`${GOLDEN}\n`);
  });

  it("makes a new id and takes the clock's time where none is given; --json is JSON", async () => {
    const now = 1_760_000_000;
    const argv = ["--secret", "env:HOOK_SECRET", "--json", "body.json"];

    const headers = JSON.parse((await run(argv, { now: () => now * 1000 + 999 })).stdout) as Record<string, string>;

    expect(headers["webhook-id"]).toMatch(/^msg_[0-9a-z]{26}$/);
    expect(verify("standard-webhooks", { headers, body: BODY }, SECRET, { now, tolerance: 0 }).valid).toBe(true);
  });

  it("what it prints is what hooks verify reads", async () => {
    const signed = await run(["--secret", "env:HOOK_SECRET", "body.json"]);
    await writeFile(path.join(folder, "headers.txt"), signed.stdout);

    const argv = ["verify", "--secret", SECRET, "--headers", "headers.txt", "body.json"];
    expect(await runInProcess(argv, { cwd: folder, stdin: "" })).toMatchObject({ code: 0 });
  });

  it.each(SCHEMES)("signs by $name, and hooks verify accepts it", async (scheme) => {
    const { signing, verifying } = keysOf(scheme);
    const now = 1_760_000_000;
    const ends = { cwd: folder, now: () => now * 1000 };
    const { method, url } = SAMPLE_REQUEST;
    const flags = ["--scheme", scheme.name, "--method", method, "--url", url];
    const stdin = bodyFor(scheme, "abc", now);
    await writeFile(path.join(folder, "signing"), signing);
    await writeFile(path.join(folder, "verifying"), verifying);

    const signed = await run([...flags, "--secret-file", "signing", "--id", "msg_1"], { ...ends, stdin });

    expect(signed).toMatchObject({ code: 0, stderr: "" });
    const inBody = "json" in scheme.signature;
    await writeFile(path.join(folder, "signed.json"), inBody ? signed.stdout : stdin);
    await writeFile(path.join(folder, "signed.txt"), inBody ? "a: b\n" : signed.stdout);
    const argv = ["verify", ...flags, "--secret-file", "verifying", "--headers", "signed.txt", "signed.json"];
    expect(await runInProcess(argv, { ...ends, stdin: "" })).toMatchObject({ code: 0 });
  });

  it("prints where the signature is: in headers, or in the body", async () => {
    const mailgun = ["--scheme", "mailgun", "--secret", "s", "--id", "tok", "--timestamp", "1760000000"];

    const body = await run(mailgun, { stdin: "{}" });
    expect(JSON.parse(body.stdout)).toEqual({
      signature: { timestamp: "1760000000", token: "tok", signature: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect((await run([...mailgun, "--json"], { stdin: "{}" })).stdout).toBe(
      `${JSON.stringify({ headers: {}, body: body.stdout })}\n`,
    );
    expect(await run([...mailgun, "--output", "headers"], { stdin: "{}" })).toMatchObject({ code: 2, stdout: "" });
    expect(await run(mailgun, { stdin: "no json" })).toMatchObject({ code: 2, stdout: "" });
    const inHeaders = ["--secret", "env:HOOK_SECRET", "--output", "body", "body.json"];
    expect(await run(inHeaders)).toMatchObject({ code: 2, stdout: "" });
  });

  it.each([
    [["body.json"], /no secret is given/],
    [["--secret", "whsec_!!!", "body.json"], /secret #1 is not valid base64 after "whsec_"$/m],
    [["--secret", "abc", "body.json"], /secret #1 is not valid base64$/m],
    [["--secret", "env:HOOK_SECRET", "--id", "a.b", "body.json"], /id may not contain "\."/],
    [["--secret", "env:HOOK_SECRET", "--id", "", "body.json"], /id must be/],
    [["--secret", "env:HOOK_SECRET", "--timestamp", "now", "body.json"], /--timestamp must be/],
    [["--secret", "env:HOOK_SECRET", "--timestamp", "999999999999", "body.json"], /timestamp must be/],
    [["--secret", "env:HOOK_SECRET", "--output", "xml", "body.json"], /--output must be one of/],
    [["--secret", "env:HOOK_SECRET", "nowhere"], /cannot read nowhere/],
    [["--secret", "env:HOOK_SECRET", "--scheme", "md5", "body.json"], /there is no scheme "md5"/],
  ])("cannot sign with %j: exit 2, stdout empty", async (argv, message) => {
    const result = await run(argv);

    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(message);
  });

  it("does not wait for a body that nobody types", async () => {
    const result = await run(["--secret", "env:HOOK_SECRET"], { stdin: undefined });

    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain("the body reads standard input, and that is a terminal");
  });
});
