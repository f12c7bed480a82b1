import { Agent, request } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

const PUBLISHES = 1_000;
const CONNECTIONS = 50;

// reliability.md R66
describe("an id that is published again and again", () => {
  it(`is one event, ${PUBLISHES} times at once, and every answer is the same`, async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await home.serve();
    await home.ok("sub", "create", ...daemon.asked, "--url", receiver.url, "--event", "order.*");
    const key = await home.token();
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    onTestFinished(() => agent.destroy());
    const publish = (body: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> =>
      new Promise((resolve, reject) => {
        const asked = request(`${daemon.url}/v1/events`, {
          agent,
          method: "POST",
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        });
        asked.on("error", reject);
        asked.on("response", (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        });
        asked.end(body);
      });

    const first = '{"id":"ord_1","type":"order.paid","data":{"amount":1999}}';
    const answers = await Promise.all(Array.from({ length: PUBLISHES }, () => publish(first)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set(['202 {"id":"ord_1","deliveries":1}']),
    );

    // By the header it is the same event.
    const byHeader = '{"type":"order.paid","data":{"amount":1999}}';
    expect(await publish(byHeader, { "idempotency-key": "ord_1" })).toEqual(answers[0]);

    // The bytes count, not what they mean: other ones are another event, at whatever time they come.
    const others = ['{"amount":1999.0}', '{ "amount":1999}', '{"amount":2000}', "null"].map((data) =>
      byHeader.replace('{"amount":1999}', data),
    );
    const refused = await Promise.all(
      Array.from({ length: PUBLISHES / 10 }, (_, n) =>
        publish(others[n % others.length]!, { "idempotency-key": "ord_1" }),
      ),
    );
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([409]));
    expect(refused[0]!.text).toContain('"conflict"');

    // A new id that many bring at once with different contents: one of them is it, for all.
    const race = await Promise.all(
      Array.from({ length: PUBLISHES / 10 }, (_, n) => publish(`{"id":"ord_2","type":"order.paid","data":${n % 2}}`)),
    );
    const kept = race.findIndex(({ status }) => status === 202) % 2;
    for (const [n, { status }] of race.entries()) expect(status).toBe(n % 2 === kept ? 202 : 409);

    expect(await home.ok("event", "list", "--quiet")).toBe("ord_2\nord_1");
    await receiver.request(2);
    await home.ok("publish", "order.last", "--data", "1", "--id", "ord_3");
    await receiver.request(3);
    expect(receiver.requests.map(({ headers }) => String(headers["webhook-id"])).sort()).toEqual([
      "ord_1",
      "ord_2",
      "ord_3",
    ]);
  });
});
