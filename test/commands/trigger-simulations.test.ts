import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { verify } from "../../src/index.ts";
import { type Receiver, type ReceiverOptions, startReceiver } from "../support/receiver.ts";
import { runOnTerminal, runSource, testHome } from "../support/source-program.ts";

async function receiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const started = await startReceiver(options);
  onTestFinished(() => started.close());
  return started;
}

const SECRET = "whsec_of_a_test";

interface StripeEvent {
  id: string;
  created: number;
  data: { object: { id: string; amount_paid: number; lines: { data: { amount: number; note?: string }[] } } };
}

describe("trigger PROVIDER:EVENT --to", () => {
  it("sends the event as the provider does, signed, and prints the result", async () => {
    const target = await receiver();
    const line = ["trigger", "stripe:invoice.paid", "--to", `${target.url}/in`, "--secret", SECRET];
    const { code, stdout, stderr } = await runSource(line, testHome());
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { path, rawHeaders, headers, body, text } = await target.request(1);
    const event = JSON.parse(text) as StripeEvent;
    expect(stdout).toMatch(new RegExp(`^${event.id}\tstripe:invoice\\.paid\t204\t\\d+\n$`));
    expect(path).toBe("/in");
    expect(rawHeaders.map(([name]) => name)).toEqual(expect.arrayContaining(["Stripe-Signature", "User-Agent"]));
    expect(headers["user-agent"]).toBe("Stripe/1.0 (+https://stripe.com/docs/webhooks)");
    expect(verify("stripe", { headers, body }, SECRET)).toMatchObject({ valid: true });
    expect(verify("stripe", { headers, body }, `${SECRET}x`)).toMatchObject({ valid: false });
    expect(Math.abs(event.created - Date.now() / 1000)).toBeLessThan(60);
  });

  it("exits 1 when the answer is no 2xx, and says what it was", async () => {
    const target = await receiver({ reply: () => ({ status: 500, body: "no\x1b[2J" }) });
    const { code, stdout, stderr } = await runSource(
      ["trigger", "github:push", "--to", target.url, "--secret", SECRET, "--json"],
      testHome(),
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      type: "github:push",
      success: false,
      status: 500,
      error: null,
      response: "no\x1b[2J",
    });
    expect(stderr).toContain("the request failed: 500");
  });

  it("sets values in the body before it is signed: nested, in lists, new ones, and in forms", async () => {
    const target = await receiver();
    const home = testHome();
    const send = (...args: string[]) => runSource(["trigger", ...args, "--to", target.url, "--secret", SECRET], home);
    const first = await send(
      "stripe:invoice.paid",
      ...["--set", "data.object.amount_paid=5", "--set", "data.object.lines.data[0].amount=7"],
      ...["--set", "data.object.lines.data[0].note=x", "--set", 'data.object.id="in_1"'],
    );
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toBe('"data.object.lines.data[0].note" is a field that this event did not have\n');
    const stripe = await target.request(1);
    const { object } = (JSON.parse(stripe.text) as StripeEvent).data;
    expect(object).toMatchObject({ id: "in_1", amount_paid: 5, lines: { data: [{ amount: 7, note: "x" }] } });
    expect(verify("stripe", stripe, SECRET)).toMatchObject({ valid: true });

    await send("slack:block_actions", "--set", "payload.actions[0].value=ord_7");
    const slack = await target.request(2);
    const payload = JSON.parse(new URLSearchParams(slack.text).get("payload")!) as { actions: { value: string }[] };
    expect(payload.actions[0]!.value).toBe("ord_7");
    expect(slack.text).toContain("%5C%2F"); // slashes as Slack writes them
    expect(verify("slack", slack, SECRET)).toMatchObject({ valid: true });

    await send("twilio:sms", "--set", "Body=hello there", "--set", "NumMedia=0");
    const twilio = await target.request(3);
    const fields = new URLSearchParams(twilio.text);
    expect([fields.get("Body"), fields.get("NumMedia")]).toEqual(["hello there", "0"]);
    expect(verify("twilio", { ...twilio, url: `${target.url}/` }, SECRET)).toMatchObject({ valid: true });

    expect(await send("github:push", "--set", "commits.x=1")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('names "x" in a list') as string,
    });
    expect(target.requests).toHaveLength(3);
  });

  it("replaces the object with --data, or the whole body where that is what is given", async () => {
    const target = await receiver();
    const home = testHome();
    const send = (type: string, data: string) =>
      runSource(["trigger", type, "--to", target.url, "--secret", SECRET, "--data", data], home);
    await send("stripe:invoice.paid", '{"id":"in_7","amount_paid":12345678901234567890}');
    const one = await target.request(1);
    expect(one.text).toContain('"amount_paid": 12345678901234567890');
    const event = JSON.parse(one.text) as { type: string; data: object };
    expect(event).toMatchObject({ type: "invoice.paid", data: { object: { id: "in_7" } } });
    expect(verify("stripe", one, SECRET)).toMatchObject({ valid: true });

    await send("stripe:invoice.paid", JSON.stringify({ ...event, id: "evt_captured" }));
    const two = await target.request(2);
    expect(JSON.parse(two.text)).toEqual({ ...event, id: "evt_captured" });

    await send("github:push", '{"ref":"refs/heads/x"}');
    expect((await target.request(3)).text).toBe('{"ref":"refs/heads/x"}');
    expect(await send("twilio:sms", "[1]")).toMatchObject({ code: 2, stderr: /--data must be a JSON object/ as never });
  });

  it("has own headers in place of the provider's, but for the signature", async () => {
    const target = await receiver();
    const line = ["trigger", "github:push", "--to", target.url, "--secret", SECRET];
    const home = testHome();
    await runSource([...line, "--header", "user-agent: mine", "--header", "x-team: a"], home);
    const { rawHeaders } = await target.request(1);
    const agents = rawHeaders.filter(([name]) => name.toLowerCase() === "user-agent");
    expect(agents).toEqual([["user-agent", "mine"]]);
    expect(rawHeaders).toContainEqual(["x-team", "a"]);
    const refused = await runSource([...line, "--header", "X-Hub-Signature-256: sha256=00"], home);
    expect(refused).toMatchObject({ code: 2, stderr: /--header X-Hub-Signature-256 may not be set/ as never });
  });

  it("sends several, each new", async () => {
    const target = await receiver();
    const line = ["trigger", "linear:issue", "--to", target.url, "--secret", SECRET, "--count", "3", "--quiet"];
    const { code, stdout } = await runSource(line, testHome());
    expect(code).toBe(0);
    const ids = stdout.trim().split("\n");
    expect(new Set(ids).size).toBe(3);
    expect(target.requests.map(({ headers }) => headers["linear-delivery"])).toEqual(ids);
  });

  it("makes the same event again from --seed and --timestamp", async () => {
    const line = ["trigger", "shopify:orders/create", "--secret", SECRET, "--dry-run"];
    const home = testHome();
    const fixed = [...line, "--seed", "1", "--timestamp", "1760000000"];
    const [one, same, other, later] = await Promise.all([
      runSource(fixed, home),
      runSource(fixed, home),
      runSource([...line, "--seed", "2", "--timestamp", "1760000000"], home),
      runSource([...line, "--seed", "1", "--timestamp", "1760000001"], home),
    ]);
    expect(one.code).toBe(0);
    expect(same.stdout).toBe(one.stdout);
    expect(other.stdout).not.toBe(one.stdout);
    expect(later.stdout).not.toBe(one.stdout);
  });
});

describe("handshakes", () => {
  const send = async (type: string, answer: (request: { text: string }) => string) => {
    const target = await receiver({ reply: ({ text }) => ({ status: 200, body: answer({ text }) }) });
    return runSource(["trigger", type, "--to", target.url, "--secret", SECRET, "--json"], testHome());
  };
  const challengeOf = ({ text }: { text: string }) => (JSON.parse(text) as { challenge: string }).challenge;

  it("succeed only with the answer that the provider wants", async () => {
    expect(await send("slack:url_verification", challengeOf)).toMatchObject({ code: 0 });
    expect(await send("twitch:verification", challengeOf)).toMatchObject({ code: 0 });
    const wrong = await send("slack:url_verification", () => "ok");
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      success: false,
      status: 200,
      error: "the answer has not the challenge in it",
    });
    expect(await send("twitch:verification", (request) => `"${challengeOf(request)}"`)).toMatchObject({ code: 1 });
  });

  it("of Zoom wants the token's HMAC", async () => {
    const answer =
      (key: string) =>
      ({ text }: { text: string }) => {
        const { plainToken } = (JSON.parse(text) as { payload: { plainToken: string } }).payload;
        const encryptedToken = createHmac("sha256", key).update(plainToken).digest("hex");
        return JSON.stringify({ plainToken, encryptedToken });
      };
    expect(await send("zoom:url_validation", answer(SECRET))).toMatchObject({ code: 0 });
    expect(await send("zoom:url_validation", answer("other"))).toMatchObject({ code: 1 });
    expect(await send("zoom:url_validation", () => "ok")).toMatchObject({ code: 1 });
  });

  it("of Discord wants a PONG, and takes no secret at all", async () => {
    const target = await receiver({ reply: [{ status: 200, body: '{"type":1}' }, 204] });
    const line = ["trigger", "discord:ping", "--to", target.url];
    const { code, stderr, stdout } = await runSource([...line, "--json"], testHome());
    expect(code).toBe(0);
    const { public_key } = JSON.parse(stdout) as { public_key: string };
    expect(stderr).toContain(`the receiver checks with its public key: ${public_key}`);
    const request = await target.request(1);
    expect(verify("discord", request, public_key)).toMatchObject({ valid: true });
    expect(await runSource(line, testHome())).toMatchObject({ code: 1 });
  });
});

describe("keys that are made", () => {
  it("can be kept and used again, and give the same public key", async () => {
    const target = await receiver();
    const home = testHome();
    const line = ["trigger", "sendgrid:delivered", "--to", target.url];
    const first = await runSource([...line, "--secret-out", "my key.pem"], home);
    expect(first.code).toBe(0);
    const [, publicKey = ""] = /its public key: (\S+)\n/.exec(first.stderr) ?? [];
    expect(first.stderr).toContain("again: --secret '@my key.pem'\n");
    const file = path.join(home, "my key.pem");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const secret = readFileSync(file, "utf8").trim();
    expect(first.stderr + first.stdout).not.toContain(secret);
    expect(secret).not.toBe("");
    const again = await runSource([...line, "--secret", "@my key.pem"], home);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    for (const number of [1, 2]) {
      expect(verify("sendgrid", await target.request(number), publicKey)).toMatchObject({ valid: true });
    }
    const wrong = await runSource([...line, "--secret", publicKey], home);
    expect(wrong).toMatchObject({ code: 2, stderr: /--secret must be a private key/ as never });
    expect(wrong.stderr).not.toContain(publicKey);
    // A key that is there stays, and nothing is sent with one that nobody would have.
    const twice = await runSource([...line, "--secret-out", "my key.pem"], home);
    expect(twice).toMatchObject({ code: 2, stderr: /a key is not overwritten/ as never });
    expect(readFileSync(file, "utf8").trim()).toBe(secret);
    expect(target.requests).toHaveLength(2);
  });

  it("are not printed, nor is a command with one", async () => {
    const target = await receiver();
    const line = ["trigger", "sendgrid:delivered", "--to", target.url, "--seed", "7"];
    const home = testHome();
    const { stderr, stdout } = await runSource(line, home);
    // The same seed makes the same key: so the test can know it.
    await runSource([...line, "--secret-out", "key"], home);
    const secret = readFileSync(path.join(home, "key"), "utf8").trim();
    expect(stderr).toContain("hint: to sign with it again: --secret-out FILE");
    for (const part of secret.split(/\s+/).filter((one) => 20 < one.length)) {
      expect(stderr + stdout).not.toContain(part);
    }
  });

  it.each([
    [["stripe:invoice.paid", "--secret", SECRET], "Stripe tells you its secret"],
    [["sendgrid:delivered", "--secret", "env:KEY"], "none is made"],
    [["order.paid", "--secret", SECRET], "--secret-out is for events of providers"],
  ])("and %j makes none to keep", async (words, says) => {
    const ran = await runSource(["trigger", ...words, "--to", "1", "--secret-out", "key"], testHome());
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(says) as never });
  });
});

describe("trigger --dry-run", () => {
  it("prints a request that hooks verify takes, and sends nothing", async () => {
    const home = testHome();
    const target = await receiver();
    const { code, stdout } = await runSource(
      ["trigger", "slack:app_mention", "--to", `${target.url}/slack?x=1`, "--secret", SECRET, "--dry-run"],
      home,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^POST \/slack\?x=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
    const flags = ["verify", "--scheme", "slack", "--request", "-", "--secret", SECRET];
    expect(await runSource(flags, home, { input: stdout })).toMatchObject({ code: 0 });
    expect(await runSource(flags, home, { input: `${stdout} ` })).toMatchObject({ code: 1 });
    expect(target.requests).toHaveLength(0);
  });

  it("prints a curl command that sends the same", async () => {
    const target = await receiver();
    const home = testHome();
    const line = ["trigger", "typeform:form_response", "--to", `${target.url}/in`, "--secret", SECRET];
    const { stdout } = await runSource([...line, "--dry-run", "--as", "curl"], home);
    await promisify(execFile)("bash", ["-c", stdout.replace(/^curl/, "curl --silent")]);
    expect(verify("typeform", await target.request(1), SECRET)).toMatchObject({ valid: true });
  });

  it("works for types of one's own, with --to", async () => {
    const home = testHome();
    const line = ["trigger", "order.paid", "--secret", `whsec_${Buffer.alloc(32, 5).toString("base64")}`];
    const { code, stdout } = await runSource([...line, "--to", "3000", "--dry-run", "--as", "body"], home);
    expect({ code, type: (JSON.parse(stdout) as { type: string }).type }).toEqual({ code: 0, type: "order.paid" });
    expect(await runSource([...line, "--dry-run"], home)).toMatchObject({ code: 2 });
    expect(await runSource([...line, "--as", "body"], home)).toMatchObject({
      code: 2,
      stderr: /--as needs --dry-run/ as never,
    });
  });
});

describe("what is wrong with a command line", () => {
  it.each([
    ["no target", ["stripe:invoice.paid", "--secret", "x"], /^error: --to is missing: .*\nhint: hooks trigger stripe/],
    ["no secret", ["stripe:invoice.paid", "--to", "1"], /^error: --secret is missing: the endpoint's signing secret/],
    ["an empty secret", ["stripe:invoice.paid", "--to", "1", "--secret", ""], /^error: --secret is empty/],
    [
      "a slip",
      ["stripe:invoice.payed"],
      /^error: unknown event .*\n {2}did you mean "stripe:invoice.paid"\?\nhint: list/,
    ],
    ["an unknown provider", ["acme:a.b"], /^error: unknown provider "acme"\nhint: .*stripe, github/],
    ["a provider alone", ["stripe:"], /^error: which event of Stripe\?\nhint: list them: hooks trigger --list stripe/],
    ["a provider without its colon", ["stripe"], /^error: which event of stripe\?/],
    ["--wait", ["stripe:invoice.paid", "--wait"], /^error: --wait is for event types of your own/],
    ["--profile", ["github:push", "--profile", "standard"], /^error: --profile is for event types of your own/],
    ["--url of one's own type", ["order.paid", "--url", "http://a"], /^error: --url is for events of providers/],
    ["a time that is none", ["github:push", "--to", "1", "--secret", "x", "--timestamp", "now"], /^error: --timestamp/],
    ["a URL that is signed", ["twilio:sms", "--secret", "x", "--dry-run"], /^error: --to is missing: Twilio signs/],
    ["an unusable secret", ["gitlab:push", "--to", "1", "--secret", "whsec_???"], /^error: --secret .*base64/],
    ["a list of nothing", ["--list", "acme"], /^error: nothing that can be triggered begins with "acme"/],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await runSource(["trigger", ...args], testHome());
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("nothing is sent past the guard", async () => {
    const line = ["trigger", "stripe:invoice.paid", "--to", "http://10.1.2.3/", "--secret", SECRET];
    const { code, stderr } = await runSource(line, testHome());
    expect(code).toBe(2);
    expect(stderr).toMatch(/10\.1\.2\.3/);
  });
});

describe("trigger --list", () => {
  it("names one's own types, then the events of providers", async () => {
    const home = testHome();
    await runSource(["trigger", "order.paid", "--data", "{}"], home);
    const { stdout } = await runSource(["trigger", "--list"], home);
    const names = stdout.trim().split("\n");
    expect(names.slice(0, 2)).toEqual(["order.paid", "stripe:customer.created"]);
    expect(names.length).toBeGreaterThan(300);
    const json = (await runSource(["trigger", "--list", "twilio", "--json"], home)).stdout.trim().split("\n");
    expect(JSON.parse(json[0]!)).toEqual({
      name: "twilio:message.received",
      aliases: ["twilio:sms", "twilio:message"],
      title: "An SMS came in",
      provider: "twilio",
    });
    expect(json.length).toBe(18);
    const invoices = (await runSource(["trigger", "--list", "stripe:invoice."], home)).stdout.trim().split("\n");
    expect(invoices.every((name) => name.startsWith("stripe:invoice."))).toBe(true);
    expect((await runSource(["trigger", "--list", "order."], home)).stdout).toBe("order.paid\n");
  });

  it("is a table of providers on a terminal, and of events for one", async () => {
    const home = testHome();
    const all = await runOnTerminal(["trigger", "--list", "--no-color"], home);
    expect(all.output).toMatch(/stripe +\d+ +stripe:customer\.created +Stripe/);
    const one = await runOnTerminal(["trigger", "--list", "zoom", "--no-color"], home);
    expect(one.output).toMatch(/zoom:meeting\.started +.*A meeting began/);
  });
});

it("says when the provider would not have waited so long", async () => {
  // Answers when it is told to: later than Slack waits, by the clock that measures it.
  const server = createServer((request, response) => {
    request.resume().on("end", () => setTimeout(() => response.end("ok"), 3_100));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const line = ["trigger", "slack:message", "--to", String(port), "--secret", SECRET];
  const { code, stderr } = await runSource(line, testHome());
  expect(code).toBe(0);
  expect(stderr).toMatch(/the provider waits 3 s, and would have sent it again/);
});
