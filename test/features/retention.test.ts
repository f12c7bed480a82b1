import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { openReceiver } from "../support/open-receiver.ts";
import { type Json, Relay } from "./support/relay.ts";

const MARK = "PERSONU1";

it("row 28: what is over is deleted by itself once it is old, and an environment says for how long it is kept", async () => {
  const relay = await Relay.start("--retention", "events=30d");
  const receiver = await openReceiver();
  const { id } = await relay.subscribe(receiver.url, { events: ["order.*"] });
  await relay.publish("order.paid", { n: 1 });
  await relay.until("/v1/deliveries", (body) => body.data.some((row: Json) => row.status === "succeeded"));
  await relay.ok("POST", `/v1/subscriptions/${id}/pause`);
  await relay.publish("order.waits", { n: 2 });
  expect(await relay.ok("GET", "/v1/environment")).toMatchObject({
    retention: { events: null },
    retention_in_force: { events: "30d", dead_letters: "90d" },
  });
  expect((await relay.ok("GET", "/v1/events")).data).toHaveLength(2);
  await relay.hooks("env", "update", "--retention", "events=1s");
  const events = await relay.until("/v1/events", (body) => body.data.length === 1);
  // What waits is kept, and what was counted stays.
  expect(events.data).toMatchObject([{ type: "order.waits" }]);
  expect((await relay.ok("GET", `/v1/subscriptions/${id}`)).counts).toEqual({ succeeded: 1, failed: 0 });
  expect((await relay.ok("GET", "/v1/audit?action=environment.update")).data).toMatchObject([
    { before: { retention: { events: null } }, after: { retention: { events: "1s" } } },
  ]);
  expect(await relay.home.ok("env", "get", "--fields", "retention.events")).toBe("1s");
});

it("row 28: hooks purge erases by age, type and condition, from the files too, and tells of it afterwards", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  await relay.subscribe(receiver.url);
  const { id } = await relay.publish("order.paid", { user_id: MARK });
  await relay.publish("order.paid", { user_id: "u_2" });
  await relay.until("/v1/deliveries?status=succeeded", (body) => body.data.length === 2);
  const where = ["purge", "--where", `data.user_id = "${MARK}"`];
  const asked = await relay.home.run(where);
  expect(asked).toMatchObject({ code: 2, stdout: "" });
  expect(asked.stderr).toContain("--yes");
  expect(await relay.hooks(...where, "--dry-run")).toBe("1");
  expect((await relay.ok("GET", "/v1/events")).data).toHaveLength(2);
  expect(await relay.hooks(...where, "--reason", "request 17", "--yes")).toBe("1");
  const gone = await relay.home.run(["event", "get", id, ...relay.daemon.asked]);
  expect(gone.code).toBe(3);
  expect(gone.stderr).toMatch(/erased at .*request 17/);
  expect((await relay.home.run(["why", id])).stderr).toContain("request 17");
  expect(await relay.call("POST", "/v1/events", { id, type: "order.paid", data: {} })).toMatchObject({ status: 409 });
  expect((await relay.ok("GET", "/v1/events")).data).toHaveLength(1);
  expect(JSON.stringify(await relay.ok("GET", "/v1/stats?period=1h"))).toMatch(/"attempts":2/);
  expect(filesWith(relay, MARK)).toEqual([]);
  expect((await relay.ok("GET", "/v1/audit?action=event.purge")).data).toMatchObject([
    { after: { where: 'data.user_id == "***"', reason: "request 17" } },
  ]);
  const reader = await relay.key("dash", { role: "reader", environment: "development" });
  expect(await relay.call("POST", "/v1/purges", { filter: { all: true } }, { key: reader })).toMatchObject({
    status: 403,
  });
  expect((await relay.ok("GET", "/v1/purges", undefined, { key: reader })).data).toHaveLength(1);
});

it("row 28: a purge that a kill interrupts goes on at the next start, and takes nothing else", async () => {
  const relay = await Relay.start();
  const count = 900;
  const events = Array.from({ length: count }, (_, n) => ({
    id: `evt_${n}`,
    type: "order.paid",
    data: { user_id: n % 3 === 0 ? "u_kept" : MARK },
  }));
  await relay.ok("POST", "/v1/events/batch", { events });
  const { id, status } = await relay.ok("POST", "/v1/purges", { filter: { where: `data.user_id == "${MARK}"` } });
  expect(status).toBe("running");
  // Somewhere between its first step and its last.
  await relay.until(`/v1/purges/${id}`, (body) => 100 < body.erased.events);
  await relay.daemon.program.kill("SIGKILL");
  const again = await Relay.startIn(relay.home);
  const purge = await again.until(`/v1/purges/${id}`, (body) => body.status !== "running");
  expect(purge).toMatchObject({ status: "completed", erased: { events: (count / 3) * 2 }, kept: 0 });
  const left: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Json = await again.ok("GET", `/v1/events?limit=200${cursor === "" ? "" : `&cursor=${cursor}`}`);
    left.push(...page.data.map((row: Json) => row.id));
    cursor = page.next_cursor;
  }
  expect(left.toSorted()).toEqual(
    events
      .filter(({ data }) => data.user_id === "u_kept")
      .map((event) => event.id)
      .toSorted(),
  );
  expect(filesWith(again, MARK)).toEqual([]);
  // It can be run again, and finds nothing.
  expect(await again.hooks("purge", "--where", `data.user_id = '${MARK}'`, "--yes")).toBe("0");
});

/** Files of the store that hold the text. */
function filesWith({ home: { folder } }: Relay, text: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith("hooks.db"))
    .filter((name) => readFileSync(path.join(folder, name)).includes(text));
}
