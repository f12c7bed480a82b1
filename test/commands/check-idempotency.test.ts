import { describe, expect, it } from "vitest";
import { verify } from "../../src/index.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { closedPort, type ReceivedRequest } from "../support/receiver.ts";
import { runSource, testHome } from "../support/source-program.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

function check(...args: string[]) {
  return runSource(["check", "idempotency", "order.paid", "--secret", SECRET, ...args], testHome());
}

function idOf({ headers }: ReceivedRequest): string {
  return headers["webhook-id"]!;
}

describe("hooks check idempotency", () => {
  it("sends each event twice, signed each time, and is content with a program that knows it again", async () => {
    const app = await openReceiver();
    const ran = await check("--to", `${app.url}/hook`, "--count", "2", "--json");
    expect(ran.code, ran.stderr).toBe(0);
    const ids = app.requests.map(idOf);
    expect(ids).toHaveLength(4);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[2]);
    for (const { headers, body } of app.requests) {
      expect(verify("standard-webhooks", { headers, body }, SECRET)).toMatchObject({ valid: true });
    }
    expect(
      ran.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toEqual(
      [ids[0], ids[2]].map((id) => ({ id, type: "order.paid", first: "204", second: "204", same: true, ok: true })),
    );
  });

  it("fails for one that refuses what it knows, and says what to do", async () => {
    const known = new Set<string>();
    const app = await openReceiver({
      reply: (request) => {
        if (known.has(idOf(request))) return 409;
        known.add(idOf(request));
        return 200;
      },
    });
    const ran = await check("--to", app.url);
    expect(ran.code).toBe(1);
    expect(ran.stdout.trim().split("\n")).toHaveLength(3);
    expect(ran.stdout).toMatch(/^evt_\w+\t200\t409\tdiffer\tfails$/m);
    expect(ran.stderr).toContain("3 of 3 events were not taken twice: 200, then 409");
    expect(ran.stderr).toContain("answer an event that you know already with 2xx");
  });

  it("tells answers that differ and are both well", async () => {
    let count = 0;
    const app = await openReceiver({ reply: () => ({ status: 200, body: String(count++) }) });
    const ran = await check("--to", app.url, "--count", "1");
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/\t200\t200\tdiffer\tok\n$/);
  });

  it.each([
    [["--to", "nowhere:x"], 2, "--to"],
    [[], 2, "--to"],
    [["--to", "1", "--count", "0"], 2, "--count"],
    [["--to", "1", "--data", "{"], 2, "--data"],
    [["--to", "http://10.0.0.1/"], 2, "--allow-net"],
  ])("%j is refused and sends nothing", async (args, code, says) => {
    const ran = await check(...args);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toContain(says);
  });

  it("fails when nothing listens", async () => {
    const ran = await check("--to", `127.0.0.1:${await closedPort()}`, "--count", "1");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("does something listen");
  });
});
