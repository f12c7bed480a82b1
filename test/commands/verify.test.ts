import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCHEME_NAMES } from "../../src/core/signing/scheme-names.ts";
import { sign } from "../../src/core/signing/sign.ts";
import { badInputsOf } from "../support/bad-inputs.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { type Ends, type Run, runInProcess } from "../support/run-in-process.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NOW = 1_760_000_000;
const BODY = '{"id": "evt_1", "amount": 1999}';

let folder = "";
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hooks-verify-"));
  await writeFile(inFolder("body.json"), BODY);
  await writeFile(inFolder("headers.txt"), lines(headersOf(BODY)));
  await writeFile(inFolder("secret.txt"), `${SECRET}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs in the folder, 12 s after the message was signed, with the secret in HOOK_SECRET. */
function run(argv: readonly string[], ends: Ends = {}): Promise<Run> {
  const env = { HOOK_SECRET: SECRET, HOOKS_HOME: folder, ...ends.env };
  return runInProcess(["verify", ...argv], { cwd: folder, now: () => (NOW + 12) * 1000, stdin: "", ...ends, env });
}

function headersOf(body: Uint8Array | string, secret = SECRET): Record<string, string> {
  return sign("standard-webhooks", { body }, secret, { id: "msg_1", timestamp: NOW }).headers;
}

function lines(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

const OWN_SCHEME = JSON.stringify({
  name: "acme",
  signature: { headers: ["x-acme"] },
  content: "{body}",
  algorithm: "hmac-sha256",
  encoding: "base64",
});

const FROM_FILES = ["--secret", "env:HOOK_SECRET", "--headers", "headers.txt"];

describe("hooks verify", () => {
  it("says valid on one line and exits 0", async () => {
    expect(await run([...FROM_FILES, "body.json"])).toEqual({
      code: 0,
      stdout: "valid  scheme=standard-webhooks secret=#1 age=12s\n",
      stderr: "",
    });
  });

  it("takes what hooks sign made a fraction of a second before, of a scheme that takes nothing dated ahead", async () => {
    const scheme = ["--scheme", "box", "--secret", "env:HOOK_SECRET"];
    const env = { HOOK_SECRET: SECRET, HOOKS_HOME: folder };
    const at = (ms: number) => ({ cwd: folder, env, stdin: "", now: () => NOW * 1000 + ms });
    const signed = await runInProcess(["sign", ...scheme, "body.json"], at(500));
    await writeFile(inFolder("box.txt"), signed.stdout);

    const result = await run([...scheme, "--headers", "box.txt", "--explain", "body.json"], at(900));

    expect(signed.stdout).toContain("box-delivery-timestamp: 2025-10-09T08:53:20.500Z\n");
    expect(result).toMatchObject({ code: 0, stdout: "valid  scheme=box secret=#1 age=0s\n" });
    expect(result.stderr).toMatch(/timestamp +2025-10-09T08:53:20.500Z {3}0 ms ago, inside ±600 s\n/);
  });

  it("exits 1 with the reason, and shows what was received without the signatures in full", async () => {
    const result = await run([...FROM_FILES, "-"], { stdin: `${BODY}x` });

    expect(result).toMatchObject({ code: 1, stdout: "invalid  reason=signature_mismatch scheme=standard-webhooks\n" });
    expect(result.stderr).toContain("2025-10-09T08:53:20Z   12 s ago, inside ±300 s");
    expect(result.stderr).toContain("msg_1");
    expect(result.stderr).toMatch(/received +v1,.{4}….{4}\n/);
    expect(result.stderr).toMatch(/^error: no signature matches/m);
    expectNothingSecret(result, `${BODY}x`);
  });

  it("explains a line break that the file ends with", async () => {
    await writeFile(inFolder("with newline.json"), `${BODY}\n`);

    const result = await run([...FROM_FILES, "with newline.json"]);

    expect(result.code).toBe(1);
    expect(result.stderr).toContain("It matches when the line break at the end of the body is left out");
    expect(result.stderr).toContain(
      "hint: head -c -1 'with newline.json' | hooks verify --secret env:HOOK_SECRET --headers headers.txt -\n",
    );
    // Only the first explanation: that it is compact JSON without the line break follows from it.
    expect(result.stderr.match(/It matches/g)).toHaveLength(1);
  });

  it("repeats the whole command, but no secret of it", async () => {
    await writeFile(inFolder("crlf.json"), `${BODY}\r\n`);
    const flags = Object.entries(headersOf(BODY)).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);

    const result = await run(["--secret", SECRET, "--tolerance", "none", ...flags, "crlf.json"]);

    const headers = flags.map((word) => (word === "--header" ? word : `'${word}'`)).join(" ");
    expect(result.stderr).toContain(
      `hint: head -c -2 crlf.json | hooks verify --secret env:HOOK_SECRET ${headers} --tolerance none -\n`,
    );
    expect(result.stderr).not.toContain(SECRET);
  });

  it("says that it is probably the secret when nothing else explains it", async () => {
    const result = await run(["--secret", OTHER, "--headers", "headers.txt", "body.json"]);

    expect(result.code).toBe(1);
    expect(result.stderr).toContain("hint: probably signed with another secret");
  });

  it("without headers says how to give them, and names the missing one in full", async () => {
    const result = await run(["--secret", "env:HOOK_SECRET", "body.json"]);

    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/received +\(no webhook-signature\)\n/);
    expect(result.stderr).toContain("hint: no headers are given: add --headers FILE");
    expect((await run([...FROM_FILES, "--now", "1", "body.json"])).stderr).not.toContain("no headers are given");
  });

  it("prints one JSON object with --json", async () => {
    const valid = await run([...FROM_FILES, "--json", "body.json"]);
    const invalid = await run([...FROM_FILES, "--json"], { stdin: `${BODY}\n` });

    expect(JSON.parse(valid.stdout)).toEqual({
      valid: true,
      scheme: "standard-webhooks",
      secret: 1,
      timestamp: NOW,
      age: 12,
    });
    expect(JSON.parse(invalid.stdout)).toEqual({
      valid: false,
      scheme: "standard-webhooks",
      reason: "signature_mismatch",
      detail: "no signature matches this body with the given secret",
      hints: ["trailing_newline"],
    });
    expect(JSON.parse(invalid.stderr)).toMatchObject({ error: { code: "failed", exit: 1 } });
    expect(invalid.code).toBe(1);
  });

  it("annotates a failure for GitHub, and says nothing more of a success", async () => {
    await writeFile(inFolder("a,b.json"), `${BODY}\n`);

    const failure = await run([...FROM_FILES, "--format", "github", "a,b.json"]);
    const success = await run([...FROM_FILES, "--format", "github", "body.json"]);

    expect(failure.stdout).toMatch(
      /\n::error file=a%2Cb\.json,title=Webhook not valid::signature_mismatch: .*%0AIt matches/,
    );
    expect(success.stdout).not.toContain("::");
  });

  it("annotates for GitHub what could not be checked, with the same exit code", async () => {
    const github = ["--format", "github"];
    const secret = ["--secret", "env:HOOK_SECRET"];
    const hub = `X-Hub-Signature-256: sha256=${"0".repeat(64)}`;
    const cases: [argv: string[], annotation: RegExp][] = [
      [
        ["--secret", "env:UNSET", "--headers", "headers.txt", "body.json"],
        /^::error file=body\.json,title=Webhook not checked::[^\n]*"UNSET" is not set/,
      ],
      [
        [...FROM_FILES, "no%,\nwhere.json"],
        /^::error file=no%25%2C%0Awhere\.json,title=Webhook not checked::[^\n]*cannot read/,
      ],
      [
        ["--scheme", "auto", ...secret, "--header", hub, "body.json"],
        /^::error [^\n]*fit several schemes: github, meta%0Aname the one it is: --scheme github\n$/,
      ],
      [[...FROM_FILES, "--scheme", "standart", "body.json"], /^::error [^\n]*%0A {2}did you mean "standard"/],
      [[...FROM_FILES, "--scheme", "square", "body.json"], /^(::error|invalid)/],
    ];

    for (const [argv, annotation] of cases) {
      const plain = await run(argv);
      const annotated = await run([...argv, ...github]);
      expect(annotated.stdout).toMatch(annotation);
      expect(annotated).toMatchObject({ code: plain.code, stderr: plain.stderr });
      expect(annotated.stdout.split("\n::error")).toHaveLength(annotated.stdout.startsWith("::error") ? 1 : 2);
      expect(plain.stdout).not.toContain("::error");
      expect((await run([...argv, ...github, "--json"])).stdout).not.toContain("::error");
    }
    // Once, as a verdict.
    const unusable = await run(["--secret", "not base64!", "--headers", "headers.txt", ...github, "body.json"]);
    expect(unusable.code).toBe(2);
    expect(unusable.stdout.match(/::error/g)).toHaveLength(1);
  });

  it("of yesterday's request says what is wrong besides its age, and how to check it without", async () => {
    await writeFile(inFolder("kept.json"), `${BODY}\n`);
    const yesterday = { now: () => (NOW + 86_412) * 1000 };

    const newline = await run([...FROM_FILES, "kept.json"], yesterday);
    const secret = await run(["--secret", OTHER, "--headers", "headers.txt", "body.json"], yesterday);
    const right = await run([...FROM_FILES, "body.json"], yesterday);
    const json = await run([...FROM_FILES, "--json", "kept.json"], yesterday);

    expect(newline).toMatchObject({ code: 1, stdout: "invalid  reason=timestamp_too_old scheme=standard-webhooks\n" });
    expect(newline.stderr).toContain("It matches when the line break at the end of the body is left out");
    expect(newline.stderr).toContain("Besides, its time is outside the limits by 86112 s");
    expect(newline.stderr).toContain(
      "hint: head -c -1 kept.json | hooks verify --secret env:HOOK_SECRET --headers headers.txt --tolerance none -\n",
    );
    expect(secret.stderr).toContain("the signature does not match either");
    expect(right.stderr).toContain("The signature itself matches, only its time is outside the limits by 86112 s");
    expect(JSON.parse(json.stdout)).toMatchObject({ hints: ["trailing_newline", "outside_tolerance"] });
    expectNothingSecret(newline, `${BODY}\n`);
  });

  it("names the limit of --tolerance when that is what it was judged by", async () => {
    const { stderr } = await run([...FROM_FILES, "--tolerance", "5", "body.json"]);

    expect(stderr).toContain("outside the limits by 7 s: the message is 12 s old; at most 5 s is accepted.");
    expect(stderr).not.toContain("300 s");
  });

  it("shows received signatures in full, and the body's size, with --explain", async () => {
    const result = await run([...FROM_FILES, "--explain", "body.json"]);

    expect(result.code).toBe(0);
    expect(result.stderr).toContain(headersOf(BODY)["webhook-signature"]);
    expect(result.stderr).toContain(`${BODY.length} bytes`);
    expect(result.stderr).not.toContain(SECRET);
  });

  it.each([
    ["a raw request with CRLF", "\r\n"],
    ["a raw request with LF", "\n"],
  ])("takes headers and body from %s", async (_name, end) => {
    const head = ["POST /in HTTP/1.1", "Host: a", ...lines(headersOf(BODY)).trimEnd().split("\n"), "", ""].join(end);
    const secret = ["--secret-file", "secret.txt"];

    expect(await run([...secret, "--request", "-"], { stdin: head + BODY })).toMatchObject({ code: 0 });
    expect(await run([...secret, "--request", "-"], { stdin: `${head}${BODY}\n` })).toMatchObject({ code: 1 });
    const twice = head.replace("Host: a", "Webhook-Id: msg_2");
    expect((await run([...secret, "--request", "-"], { stdin: twice + BODY })).stdout).toContain("malformed_header");
  });

  it("takes headers from flags, in any case, and as JSON", async () => {
    const headers = headersOf(BODY);
    const flags = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name.toUpperCase()}: ${value}`]);
    await writeFile(inFolder("headers.json"), JSON.stringify(headers));

    expect(await run(["--secret", SECRET, ...flags, "body.json"])).toMatchObject({ code: 0 });
    expect(await run(["--secret", SECRET, "--headers", "headers.json", "body.json"])).toMatchObject({ code: 0 });
  });

  it("takes several secrets and says which one signed", async () => {
    const env = { OLD: OTHER };
    const secrets = ["--secret-env", "OLD", "--secret-file", "secret.txt"];

    expect((await run([...secrets, "--headers", "headers.txt", "body.json"], { env })).stdout).toContain("secret=#2");
    expect(await run(["--secret", "env:OLD", "--headers", "headers.txt", "body.json"], { env })).toMatchObject({
      code: 1,
    });
    const fromStdin = ["--secret", "-", "--secret", "@secret.txt", "--headers", "headers.txt", "body.json"];
    expect((await run(fromStdin, { stdin: `${OTHER}\r\n` })).stdout).toContain("secret=#2");
  });

  it("takes the secrets of a stored subscription", async () => {
    const hooks = await openTestHooks();
    const url = "https://example.com/in";
    const { id, secret } = await hooks.service.createSubscription({ url, events: ["*"] });
    const other = await hooks.service.createSubscription({ url, events: ["*"] });
    await writeFile(inFolder("of-sub.txt"), lines(headersOf(BODY, secret)));
    const env = { HOOKS_HOME: hooks.folder };

    const right = await run(["--sub", id, "--headers", "of-sub.txt", "body.json"], { env });
    const wrong = await run(["--sub", other.id, "--headers", "of-sub.txt", "body.json"], { env });
    const unknown = await run(["--sub", "sub_7zzzzzzzzz", "--headers", "of-sub.txt", "body.json"], { env });

    expect(right).toMatchObject({ code: 0, stderr: "" });
    expect(wrong).toMatchObject({ code: 1 });
    expect(unknown).toMatchObject({ code: 3, stdout: "" });
    expect(right.stdout + wrong.stderr).not.toContain(secret);
  });

  it("lists every scheme, a user's own first, and checks nothing", async () => {
    await writeFile(inFolder("own.json"), OWN_SCHEME);

    const plain = await run(["--list-schemes"]);
    const json = await run(["--list-schemes", "--scheme-file", "own.json", "--json"]);

    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(/^stripe\t\tStripe \(HMAC-SHA256\)\tstripe-signature: t=…,v1=<hex>\t300 s back$/m);
    expect(plain.stdout.trimEnd().split("\n")).toHaveLength(SCHEME_NAMES.length);
    expect(JSON.parse(json.stdout.split("\n")[0] ?? "")).toMatchObject({ name: "acme", content: "{body}" });
    expect((await run(["--list-schemes", "--quiet"])).stdout.trimEnd().split("\n")).toEqual(SCHEME_NAMES);
  });

  it("takes a scheme from the user's file", async () => {
    await writeFile(inFolder("own.json"), OWN_SCHEME);
    const flags = ["--secret", "env:HOOK_SECRET", "--scheme-file", "own.json"];
    const signature = createHmac("sha256", SECRET).update(BODY).digest("base64");

    expect(await run([...flags, "--header", `X-Acme: ${signature}`, "body.json"])).toMatchObject({
      code: 0,
      stdout: "valid  scheme=acme secret=#1\n",
    });
    expect(await run([...flags, "--header", `X-Acme: A${signature.slice(1)}`, "body.json"])).toMatchObject({ code: 1 });
    expect((await run([...flags, "--scheme", "acne", "body.json"])).stderr).toContain('did you mean "acme"?');
    await writeFile(inFolder("own.json"), OWN_SCHEME.replace("base64", "base46"));
    const wrong = await run([...flags, "body.json"]);
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("--scheme-file: own.json: encoding must be one of hex, base64, base64url");
  });

  it("takes the scheme that the headers fit with --scheme auto, and refuses when several do, or none", async () => {
    const github = `sha256=${createHmac("sha256", SECRET).update(BODY).digest("hex")}`;
    const auto = ["--scheme", "auto", "--secret", SECRET];
    const hub = ["--header", `X-Hub-Signature-256: ${github}`];

    expect(await run([...auto, "--headers", "headers.txt", "body.json"])).toMatchObject({ code: 0 });
    expect(await run([...auto, ...hub, "--header", "X-GitHub-Event: push", "body.json"])).toMatchObject({
      code: 0,
      stdout: "valid  scheme=github secret=#1\n",
    });
    const several = await run([...auto, ...hub, "body.json"]);
    expect(several).toMatchObject({ code: 2, stdout: "" });
    expect(several.stderr).toContain("the headers fit several schemes: github, meta\nhint: name the one it is");
    expect(await run([...auto, "--header", "a: b", "body.json"])).toMatchObject({ code: 2, stdout: "" });
  });

  it("chooses with --scheme auto among the user's own schemes too, of which none is passed over", async () => {
    const own = JSON.parse(OWN_SCHEME) as object;
    const hubLike = { name: "acme-hub", extends: "github", signature: undefined };
    await writeFile(inFolder("auto.json"), JSON.stringify([own, hubLike]));
    await writeFile(inFolder("github.json"), JSON.stringify({ ...hubLike, name: "github" }));
    const signature = createHmac("sha256", SECRET).update(BODY).digest();
    const acme = `X-Acme: ${signature.toString("base64")}`;
    const hub = `X-Hub-Signature-256: sha256=${signature.toString("hex")}`;
    const auto = ["--scheme", "auto", "--secret", SECRET, "--scheme-file"];

    expect(await run([...auto, "auto.json", "--header", acme, "body.json"])).toMatchObject({
      code: 0,
      stdout: "valid  scheme=acme secret=#1\n",
    });
    expect(await run(["--scheme", "auto", "--secret", SECRET, "--header", acme, "body.json"])).toMatchObject({
      code: 2,
    });
    const pushed = ["--header", hub, "--header", "X-GitHub-Event: push", "body.json"];
    const both = await run([...auto, "auto.json", ...pushed]);
    expect(both).toMatchObject({ code: 2, stdout: "" });
    expect(both.stderr).toContain("the headers fit several schemes: acme-hub, github\n");
    // The user's own of that name is the one that is meant.
    expect(await run([...auto, "github.json", ...pushed])).toMatchObject({ code: 0 });
    const none = await run([...auto, "auto.json", "--header", "a: b", "body.json"]);
    expect(none.stderr).toContain("the headers fit none of the schemes, of --scheme-file neither");
    expect(await run([...auto, "nowhere.json", "--header", acme, "body.json"])).toMatchObject({ code: 2 });
  });

  it("explains with another subscription's secret, which it compares and does not show", async () => {
    const hooks = await openTestHooks();
    const url = "https://example.com/in";
    const { secret } = await hooks.service.createSubscription({ url, events: ["*"], name: "shop" });
    await writeFile(inFolder("of-shop.txt"), lines(headersOf(BODY, secret)));
    const argv = ["--secret", OTHER, "--headers", "of-shop.txt", "body.json"];

    const explained = await run([...argv, "--explain"], { env: { HOOKS_HOME: hooks.folder } });
    const plain = await run(argv, { env: { HOOKS_HOME: hooks.folder } });

    expect(explained).toMatchObject({ code: 1, stdout: expect.stringContaining("invalid  reason=signature_mismatch") });
    expect(explained.stderr).toContain("It matches the secret of shop");
    expect(explained.stderr).not.toContain(secret);
    expect(plain.stderr).not.toContain("shop");
    expect((await run([...argv, "--explain"])).stderr).toContain("probably signed with another secret");
  });

  it("says where in the body a signature was looked for", async () => {
    const mailgun = await run(["--scheme", "mailgun", "--secret", "k3y", "body.json"]);

    expect(mailgun).toMatchObject({ code: 1, stdout: "invalid  reason=body_malformed scheme=mailgun\n" });
    expect(mailgun.stderr).toMatch(/received +in the body, at signature\.signature\n/);
  });

  it("says of a signature that leaves the body out that it does", async () => {
    const token = await run([
      "--scheme",
      "gitlab",
      "--secret",
      "t0ken",
      "--header",
      "X-Gitlab-Token: t0ken",
      "body.json",
    ]);

    expect(token).toMatchObject({ code: 0, stdout: "valid  scheme=gitlab-token secret=#1\n" });
    expect(token.stderr).toContain("note: this signature does not cover the body");
    expect((await run([...FROM_FILES, "body.json"])).stderr).toBe("");
  });

  it.each([
    [["--tolerance", "11"], 1],
    [["--tolerance", "12"], 0],
    [["--tolerance", "none", "--now", "1"], 0],
    [["--now", String(NOW + 301)], 1],
    [["--now", String(NOW), "--tolerance", "0"], 0],
    [["--now", String(NOW + 1), "--tolerance", "0"], 1],
  ])("judges the age with %j: exit %i", async (flags, code) => {
    expect(await run([...FROM_FILES, ...flags, "body.json"])).toMatchObject({ code });
  });

  it.each([
    [["--headers", "headers.txt", "body.json"], /no secret is given/],
    [["--secret", "env:UNSET", "--headers", "headers.txt", "body.json"], /"UNSET" is not set/],
    [["--secret", "", "--headers", "headers.txt", "body.json"], /--secret is empty/],
    [
      ["--secret", "@nowhere", "--headers", "headers.txt", "body.json"],
      /--secret: cannot read nowhere: there is no such/,
    ],
    [["--secret-file", "empty", "--headers", "headers.txt", "body.json"], /--secret-file: empty is empty/],
    [[...FROM_FILES, "nowhere.json"], /cannot read nowhere.json/],
    [[...FROM_FILES, "."], /it is a folder/],
    [["--secret", "env:HOOK_SECRET", "--headers", "body.json", "body.json"], /all text/],
    [["--secret", "env:HOOK_SECRET", "--header", "junk", "body.json"], /--header/],
    [["--secret", "env:HOOK_SECRET", "--request", "body.json"], /no blank line/],
    [["--secret", "env:HOOK_SECRET", "--request", "headers.txt", "body.json"], /leave the body's file out/],
    [[...FROM_FILES, "--scheme", "standart", "body.json"], /did you mean "standard"/],
    [[...FROM_FILES, "--tolerance", "-1", "body.json"], /--tolerance must be/],
    [[...FROM_FILES, "--tolerance", "1.5", "body.json"], /--tolerance must be/],
    [[...FROM_FILES, "--now", "yesterday", "body.json"], /--now must be/],
    [[...FROM_FILES, "--now", "1", "--now", "2", "body.json"], /given twice/],
    [[...FROM_FILES, "--format", "xml", "body.json"], /text, github/],
    [["--secret", "-", "--headers", "headers.txt"], /cannot both read standard input/],
  ])("cannot check %j: exit 2, stdout empty", async (argv, message) => {
    await writeFile(inFolder("empty"), "\n");

    const result = await run(argv, { stdin: SECRET });

    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain(SECRET);
  });

  it("warns of a secret on the command line only where a person reads it", async () => {
    const argv = ["--secret", SECRET, "--headers", "headers.txt", "body.json"];

    expect((await run(argv, { isTty: true })).stderr).toContain("--secret env:SECRET or @FILE keep it private");
    expect((await run(argv)).stderr).toBe("");
  });
});

interface Change {
  signature?: string | null;
  id?: null;
  timestamp?: string | null;
  body?: string;
  body_hex?: string;
  secret?: string;
  tolerance?: string;
  stdin?: string;
  headers_case?: string;
}

/** Where the corpus and the meaning of our flags differ. */
const OTHERWISE: Record<string, number> = {
  BP276: 0, // --tolerance 0 is zero seconds and no mistake: a message of this very second is valid
};

describe("the attacks on verify", () => {
  it.each(badInputsOf<Change>("verify"))("$id $name: exit $expect.code", async ({ id, input, expect: expected }) => {
    const { body, headers } = messageOf(input);
    const argv = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
    if (input.tolerance !== undefined) argv.push("--tolerance", input.tolerance);

    const result = await run(["--secret", input.secret ?? SECRET, ...argv], {
      stdin: input.stdin === "tty" ? undefined : body,
      now: () => NOW * 1000,
    });

    const code = OTHERWISE[id] ?? expected.code;
    expect(result.code).toBe(code);
    if (code === 0) expect(result.stdout).toMatch(/^valid /);
    if (code === 1) expect(result.stdout).toMatch(/^invalid {2}reason=\w+/);
    if (code === 2) expect(result.stderr).toMatch(/^error: /m);
    expectNothingSecret(result, body);
  });
});

/** The corpus names changes of a good message; they are made here. */
function messageOf(input: Change): { body: Uint8Array; headers: Record<string, string> } {
  const body = input.body_hex === undefined ? Buffer.from(BODY) : Buffer.from(input.body_hex, "hex");
  const shift = /^NOW([+-]\d+)$/.exec(input.timestamp ?? "")?.[1];
  const timestamp = NOW + Number(shift ?? 0);
  const { headers } = sign("standard-webhooks", { body }, SECRET, { id: "msg_1", timestamp });
  const right = (headers["webhook-signature"] ?? "").slice("v1,".length);
  const changes: Record<string, string> = {
    "TRUNCATED:10": `v1,${right.slice(0, 10)}`,
    FLIPPED: `v1,${right.startsWith("A") ? "B" : "A"}${right.slice(1)}`,
    // 32 bytes leave two bits of the last digit unused.
    NONCANONICAL: `v1,${right.slice(0, -2)}${nextDigit(right.at(-2) ?? "")}=`,
    URLSAFE: `v1,${right.replaceAll("+", "-").replaceAll("/", "_").replace("=", "")}`,
    HEX: `v1,${Buffer.from(right, "base64").toString("hex")}`,
    "BAD VALID": `v1,${"A".repeat(43)}= v1,${right}`,
  };
  const given = input.signature;
  if (given !== undefined) replace(headers, "webhook-signature", given === null ? null : (changes[given] ?? given));
  if (input.id !== undefined) replace(headers, "webhook-id", input.id);
  if (input.timestamp !== undefined && shift === undefined) replace(headers, "webhook-timestamp", input.timestamp);
  const cased = Object.entries(headers).map(([name, value]) => [
    input.headers_case === "upper" ? name.toUpperCase() : name,
    value,
  ]);
  const received = { CHANGED: BODY.replace("1999", "9999"), RESERIALISED: JSON.stringify(JSON.parse(BODY)) };
  return {
    body: input.body === undefined ? body : Buffer.from(received[input.body as keyof typeof received]),
    headers: Object.fromEntries(cased),
  };
}

function replace(headers: Record<string, string>, name: string, value: string | null): void {
  if (value === null) delete headers[name];
  else headers[name] = value;
}

function nextDigit(digit: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return digits[digits.indexOf(digit) + 1] ?? "";
}

/** Neither the secret nor the signature that would have been right for what was checked. */
function expectNothingSecret(result: Run, body: Uint8Array | string): void {
  const said = result.stdout + result.stderr;
  expect(said).not.toContain(SECRET.slice("whsec_".length));
  expect(said).not.toContain((headersOf(body)["webhook-signature"] ?? "").slice("v1,".length));
}
