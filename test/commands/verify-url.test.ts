import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sign } from "../../src/core/signing/sign.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";

// Schemes that sign the URL, and requests that were saved with their path alone.

const BODY = '{"id": "evt_1"}';
const NOW = 1_760_000_000;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hooks-verify-url-"));
});
afterAll(() => rm(folder, { recursive: true }));

function run(argv: readonly string[]): Promise<Run> {
  return runInProcess(["verify", ...(argv.includes("--secret") ? [] : ["--secret", "a secret"]), ...argv], {
    cwd: folder,
    now: () => NOW * 1000,
    stdin: "",
    env: { HOOKS_HOME: folder },
  });
}

/** A request to `target`, signed by Square for `url`. */
async function saved(url: string, target: string, headers: Record<string, string>): Promise<string> {
  const signed = sign("square", { body: BODY, url }, "a secret", { id: "msg_1", timestamp: NOW }).headers;
  const lines = Object.entries({ ...headers, ...signed }).map(([name, value]) => `${name}: ${value}`);
  await writeFile(path.join(folder, "request.http"), [`POST ${target} HTTP/1.1`, ...lines, "", BODY].join("\r\n"));
  return "request.http";
}

describe("hooks verify of a scheme that signs the URL", () => {
  it.each([
    ["the host", "https://shop.example/in?a=1", "/in?a=1", { Host: "shop.example" }],
    ["the host of this machine", "http://localhost:3000/in", "/in", { Host: "localhost:3000" }],
    [
      "what a proxy added",
      "https://shop.example/in",
      "/in",
      { Host: "10.0.0.1:8080", "X-Forwarded-Host": "shop.example", "X-Forwarded-Proto": "https" },
    ],
  ])("puts it together from %s, and says so", async (_, url, target, headers) => {
    const file = await saved(url, target, headers);
    const flags = ["--scheme", "square", "--request", file];

    const result = await run(flags);

    expect(result).toMatchObject({ code: 0, stdout: "valid  scheme=square secret=#1\n" });
    expect(result.stderr).toContain(
      `note: checked for the URL ${url}, by the request's own headers; --url names another`,
    );
    expect(JSON.parse((await run([...flags, "--json"])).stdout)).toMatchObject({ valid: true, assumed_url: url });
  });

  it("takes the one that is named, and does not speak of another", async () => {
    const file = await saved("https://shop.example/in", "/in", { Host: "internal" });
    const named = await run(["--scheme", "square", "--request", file, "--url", "https://shop.example/in"]);
    const other = await run(["--scheme", "square", "--request", file, "--url", "https://other.example/in"]);

    expect(named).toMatchObject({ code: 0, stderr: expect.not.stringContaining("note:") });
    expect(other).toMatchObject({ code: 1, stderr: expect.not.stringContaining("note:") });
  });

  it("names the URL with which it would match", async () => {
    const file = await saved("http://shop.example/in", "/in", { Host: "shop.example" });

    const result = await run(["--scheme", "square", "--request", file]);

    expect(result).toMatchObject({ code: 1, stdout: "invalid  reason=signature_mismatch scheme=square\n" });
    expect(result.stderr).toContain("It matches with the URL http://shop.example/in");
  });

  it.each([
    ["without a host", {}],
    ["with two hosts", { Host: "a.example", host: "b.example" }],
  ])("says which flag it needs for a request %s", async (_, headers) => {
    const file = await saved("https://shop.example/in", "/in", headers);

    const result = await run(["--scheme", "square", "--request", file]);

    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain("error: square signs the url: give it with --url\n");
    expect(result.stderr).toContain("hint: the whole URL as the sender called it, behind a proxy the public one");
  });

  it("says which flag it needs when it is the message that says what is signed: that is its verdict", async () => {
    const url = "https://shop.example/in";
    const secret = Buffer.alloc(32, 7).toString("base64");
    const signed = sign("rfc9421", { body: BODY, url }, secret, { id: "msg_1", timestamp: NOW }).headers;
    const lines = Object.entries(signed).map(([name, value]) => `${name}: ${value}`);
    await writeFile(path.join(folder, "signed.http"), ["POST /in HTTP/1.1", ...lines, "", BODY].join("\r\n"));
    await writeFile(path.join(folder, "body.json"), BODY);
    await writeFile(path.join(folder, "headers.txt"), lines.join("\n"));
    const flags = ["--scheme", "rfc9421", "--secret", secret];

    const noUrl = await run([...flags, "--request", "signed.http"]);
    const noMethod = await run([...flags, "--headers", "headers.txt", "--url", url, "body.json"]);

    expect(noUrl).toMatchObject({ code: 1, stdout: "invalid  reason=unsupported_version scheme=rfc9421\n" });
    expect(noUrl.stderr).toContain("hint: give it with --url: the whole URL as the sender called it");
    expect(noMethod).toMatchObject({ code: 1, stdout: "invalid  reason=unsupported_version scheme=rfc9421\n" });
    expect(noMethod.stderr).toContain("hint: give it with --method: POST, mostly");
    expect(await run([...flags, "--request", "signed.http", "--url", url])).toMatchObject({ code: 0 });
  });

  it("does not speak of a URL that nothing signs", async () => {
    const { headers } = sign("github", { body: BODY }, "a secret", { id: "msg_1", timestamp: NOW });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    await writeFile(path.join(folder, "github.http"), ["POST /in HTTP/1.1", "Host: a", ...lines, "", BODY].join("\n"));

    expect(await run(["--scheme", "github", "--request", "github.http"])).toMatchObject({ code: 0, stderr: "" });
  });

  it("annotates the request's file for GitHub", async () => {
    const file = await saved("https://shop.example/in", "/in", { Host: "shop.example" });

    const { stdout } = await run(["--scheme", "github", "--request", file, "--format", "github"]);

    expect(stdout).toMatch(/^::error file=request\.http,title=Webhook not valid::missing_header: /m);
  });
});
