import { expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { ReceivedRequest, Reply } from "../support/receiver.ts";

const ORIGIN = "eventemitter.example.com";

/** CloudEvents' own rules for receivers: permission is in the headers of the answer, never in its status. */
function wants({ method, headers }: ReceivedRequest, permitted: boolean): Reply {
  if (method !== "OPTIONS") return 204;
  const rate = headers["webhook-request-rate"] ?? "*";
  const allowed = { "WebHook-Allowed-Origin": headers["webhook-request-origin"] ?? "", "WebHook-Allowed-Rate": rate };
  return { status: 200, headers: permitted ? { Allow: "POST", ...allowed } : {} };
}

it("nothing is delivered before the receiver allows it, and nothing is lost", { timeout: 120_000 }, async () => {
  const home = new HooksHome();
  const receiver = await openReceiver({ reply: (request) => wants(request, false) });
  const daemon = await home.serve();
  const create = ["sub", "create", "--url", receiver.url, "-e", "*", "--name", "shop", "--profile", "cloudevents"];
  await home.ok(...create, "--handshake", `${ORIGIN},1200`);
  const first = await receiver.request(1);
  expect([first.method, first.headers["webhook-request-origin"], first.headers["webhook-request-rate"]]).toEqual([
    "OPTIONS",
    ORIGIN,
    "1200",
  ]);
  await daemon.program.sees(/refused.*subscription\.handshake/);
  expect(await home.ok("sub", "health", "shop")).toContain("refused: it answered 200, and no WebHook-Allowed-Origin");
  await home.ok("publish", "order.paid", "--data", '{"n":1}');
  const tested = await home.run(["sub", "test", "shop"]);
  expect([tested.code, tested.stderr]).toEqual([1, expect.stringContaining("WebHook-Allowed-Origin")]);
  expect(receiver.requests.filter(({ method }) => method === "POST")).toEqual([]);
  expect(JSON.parse(await home.ok("delivery", "list", "--json"))).toMatchObject({ status: "pending" });

  receiver.reply((request) => wants(request, true));
  await home.ok("sub", "update", "shop", "--handshake", `${ORIGIN},1200`);
  const seen = receiver.requests.length;
  let post: ReceivedRequest | undefined;
  for (let n = seen; post === undefined; n++) {
    const request = await receiver.request(Math.max(n, 1));
    if (request.method === "POST") post = request;
  }
  expect(post.headers["webhook-request-origin"]).toBe(ORIGIN);
  expect(JSON.parse(post.text)).toMatchObject({ specversion: "1.0", type: "order.paid", data: { n: 1 } });
  expect(await home.ok("sub", "get", "shop")).toMatch(/allowed for eventemitter\.example\.com, 1200\/m/);
});

it("a forbidden address is asked nothing: the question goes through the same guard", { timeout: 60_000 }, async () => {
  const home = new HooksHome();
  const receiver = await openReceiver({ reply: (request) => wants(request, true) });
  const create = ["sub", "create", "--url", receiver.url, "-e", "*", "--name", "shop", "--profile", "cloudevents"];
  await home.ok(...create, "--handshake", ORIGIN);
  const daemon = await home.serve("--deny-net", "127.0.0.0/8");
  await daemon.program.sees(/egress_blocked.*subscription\.handshake/);
  expect(receiver.requests).toEqual([]);
});
