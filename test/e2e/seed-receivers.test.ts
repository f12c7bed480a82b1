import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished, type TestContext } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";

const FOLDER = path.join(import.meta.dirname, "../fixtures/receivers");
const LIMIT_MS = 120_000;
const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const WHOLE_SECONDS = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const MILLISECONDS = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const DATA = { invoice_id: "inv_12345", amount: 250, status: "issued", note: "é" };

interface Case {
  profile: string;
  /** Of test/fixtures/receivers. */
  receiver: string;
  secret: string;
  /** What of the request the receiver read. */
  reads: unknown;
}

const CASES: Case[] = [
  {
    profile: "foresight",
    receiver: "foresight.ts",
    secret: "foresight-signing-key",
    reads: {
      keys: ["id", "type", "organization_id", "environment", "timestamp", "data", "user_id"],
      organization_id: "default",
      environment: "development",
      data: DATA,
      user_id: "user_9",
    },
  },
  {
    profile: "aegisx",
    receiver: "aegisx.ts",
    secret: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    reads: {
      keys: ["id", "type", "created_at", "data", "webhook"],
      id: UUID,
      created_at: MILLISECONDS,
      data: DATA,
      webhook: { id: expect.stringMatching(/^sub_/), name: "shop" },
      headers: {
        delivery: UUID,
        at: MILLISECONDS,
        contentType: "application/json",
        agent: "AegisX-Webhooks/1.0",
      },
    },
  },
  {
    profile: "arsmedica",
    receiver: "arsmedica.py",
    secret: "your-secret-key",
    reads: {
      keys: ["event", "timestamp", "delivery_id", "data"],
      timestamp: WHOLE_SECONDS,
      delivery_id: UUID,
      data: DATA,
      headers: {
        "Content-Type": "application/json",
        "X-Delivery-Id": UUID,
        "User-Agent": "ArsMedicaTech-Webhooks/1.0",
      },
    },
  },
  {
    profile: "dotmac",
    receiver: "dotmac.py",
    secret: "Zq0pV7oXf6v1mJcT2yK9bN4sR8uW3eH5dL0gA1iQ_xE",
    reads: {
      keys: ["id", "type", "timestamp", "tenant_id", "data", "metadata"],
      tenant_id: "default",
      timestamp: WHOLE_SECONDS,
      data: DATA,
      metadata: { user_id: "user_9" },
      headers: { "Content-Type": "application/json", "X-Webhook-Timestamp": WHOLE_SECONDS },
    },
  },
  ...["securebase.py", "securebase.cjs"].map((receiver) => ({
    profile: "securebase",
    receiver,
    secret: "whsec_xxxxxxxxxxxxx",
    reads: { keys: ["event", "timestamp", "data"], timestamp: WHOLE_SECONDS, data: DATA },
  })),
];

describe("a receiver that nobody changed", () => {
  it.for(CASES)(
    "takes what $profile sends, and nothing that was tampered with ($receiver)",
    { timeout: LIMIT_MS },
    async (one, context) => {
      skipWithout(one.receiver, context);
      const receiver = await startReceiverProgram(one);
      const home = new HooksHome();
      await home.serve();
      const url = `http://127.0.0.1:${receiver.port}/webhook`;
      const type = "invoice.created";
      const create = ["sub", "create", "--url", url, "-e", type, "--name", "shop", "--profile", one.profile];
      await home.ok(...create, "--secret", one.secret);
      await home.ok("trigger", type, "--data", JSON.stringify(DATA), "--set", "metadata.user_id=user_9", "--wait");

      expect(await receiver.line()).toMatchObject(one.reads as object);

      const { id } = JSON.parse(await home.ok("delivery", "list", "--json")) as { id: string };
      const detail = JSON.parse(await home.ok("delivery", "get", id, "--json")) as {
        status: string;
        payload: string;
        attempts: { request_headers: [string, string][] }[];
      };
      expect(detail.status).toBe("succeeded");
      const headers = detail.attempts[0]!.request_headers;
      const post = async (body: string, change: Record<string, string> = {}): Promise<number> => {
        const answer = await fetch(url, {
          method: "POST",
          body,
          headers: { ...Object.fromEntries(headers), ...change },
        });
        await answer.text();
        return answer.status;
      };
      // The same request again is taken; with other bytes, or with another's signature, it is not.
      expect(await post(detail.payload)).toBe(200);
      expect(await post(detail.payload.replace("250", "251"))).not.toBe(200);
      expect(await post(`${detail.payload} `)).not.toBe(200);
      const [name, signature] = headers.find(([header]) => /signature/i.test(header))!;
      const last = signature.at(-1) === "0" ? "1" : "0";
      expect(await post(detail.payload, { [name]: signature.slice(0, -1) + last })).not.toBe(200);
      await home.ok("sub", "rotate-secret", "shop", "--secret", "another-secret", "--grace", "0s", "--yes");
      const tested = await home.run(["sub", "test", "shop", "--json"]);
      expect(JSON.parse(tested.stdout)).toMatchObject({
        success: false,
        status: expect.toSatisfy((status: number) => 400 <= status),
      });
    },
  );

  it.for(CASES.filter(({ receiver }) => receiver !== "securebase.cjs"))(
    "goes on while the secret of $profile is rotated, and takes the test event ($receiver)",
    { timeout: LIMIT_MS },
    async (one, context) => {
      skipWithout(one.receiver, context);
      const receiver = await startReceiverProgram(one);
      const home = new HooksHome();
      const url = `http://127.0.0.1:${receiver.port}/webhook`;
      const create = ["sub", "create", "--url", url, "-e", "*", "--name", "shop", "--profile", one.profile];
      await home.ok(...create, "--secret", one.secret);
      await home.ok("sub", "rotate-secret", "shop", "--grace", "24h", "--yes");

      const tested = JSON.parse(await home.ok("sub", "test", "shop", "--json"));

      expect(tested).toMatchObject({ success: true, status: 200 });
      const test = (await receiver.line()) as Record<string, unknown>;
      expect(test["type"] ?? test["event"]).toBe(one.profile === "foresight" ? "test.event" : "webhook.test");
      if (one.profile === "aegisx") {
        expect(test).toMatchObject({ keys: ["type", "data", "webhook"], headers: { type: "webhook.test" } });
        expect(test["headers"]).not.toHaveProperty("delivery");
      }
    },
  );
});

interface ReceiverProgram {
  port: string;
  /** What it printed of the next request that it accepted. */
  line(): Promise<unknown>;
}

async function startReceiverProgram({ receiver, secret }: Case): Promise<ReceiverProgram> {
  const file = path.join(FOLDER, receiver);
  const command = receiver.endsWith(".py") ? "python3" : process.execPath;
  const child = spawn(command, [file], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", WEBHOOK_SECRET: secret },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${receiver} ended`);
    return value as string;
  };
  const port = await next();
  return { port, line: async () => JSON.parse(await next()) };
}

/** Loud: whoever runs the tests should know that these did not run. */
function skipWithout(receiver: string, context: TestContext): void {
  const [command, test, what] = receiver.endsWith("securebase.py")
    ? ["python3", "import flask", "python3-flask"]
    : ["python3", "", "python3"];
  if (!receiver.endsWith(".py") || spawnSync(command, ["-c", test]).status === 0) return;
  const reason = `${receiver} needs ${what}: apt-get install ${what}`;
  if (process.env["CI"]) throw new Error(reason);
  console.warn(`SKIPPED: ${reason}`);
  context.skip(reason);
}
