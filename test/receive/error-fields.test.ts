import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "./support/test-server.ts";

let server: TestServer;
/** What the ids of two rows have in common. */
const beginnings = { sub: "", evt: "" };
beforeAll(async () => {
  server = await startTestServer({ defaultEnvironment: "development" });
  const ids: Record<"sub" | "evt", string[]> = { sub: [], evt: [] };
  for (const name of ["good", "off"]) {
    const subscription = { name, url: "https://hooks.example.com/in", events: ["order.*"] };
    ids.sub.push((await server.ask("POST", "/v1/subscriptions", { json: subscription })).json.id);
    ids.evt.push((await server.ask("POST", "/v1/events", { json: { type: "order.paid", data: {} } })).json.id);
  }
  await server.ask("POST", "/v1/events", { json: { id: "one", type: "order.paid", data: {} } });
  await server.ask("POST", "/v1/subscriptions/off/disable");
  // Made within seconds of each other: the first characters of an id are its time.
  beginnings.sub = ids.sub[0]!.slice(0, 8);
  beginnings.evt = ids.evt[0]!.slice(0, 8);
});
afterAll(() => server.close());

const NOT_THERE: [method: string, target: string, json: object | undefined, field: string][] = [
  ["GET", "/v1/deliveries?subscription=nope", undefined, "subscription"],
  ["GET", "/v1/deliveries?order=attempted&subscription=nope", undefined, "subscription"],
  ["GET", "/v1/deliveries?event=nope", undefined, "event"],
  ["GET", "/v1/subscriptions/nope/deliveries", undefined, "id"],
  ["GET", "/v1/dead-letters?subscription=nope", undefined, "subscription"],
  ["DELETE", "/v1/dead-letters?subscription=nope", undefined, "subscription"],
  ["POST", "/v1/dead-letters/replay", { filter: { subscription: "nope" } }, "filter.subscription"],
  ["POST", "/v1/replays", { filter: { subscription: "nope" } }, "filter.subscription"],
  ["POST", "/v1/subscriptions/nope/replay", undefined, "id"],
  ["POST", "/v1/events/one/replay", { subscriptions: ["good", "nope"] }, "subscriptions[1]"],
  ["POST", "/v1/events/nope/replay", { subscriptions: ["good"] }, "id"],
  ["POST", "/v1/secrets/rotate", { subscriptions: ["good", "nope"] }, "subscriptions[1]"],
  ["POST", "/v1/filters/test", { subscription: "nope" }, "subscription"],
  ["POST", "/v1/filters/test", { filter: "true", event: "nope" }, "event"],
  ["GET", "/v1/tail?subscription=nope", undefined, "subscription"],
  ["GET", "/v1/why?event=one&subscription=nope", undefined, "subscription"],
];

describe("an error about a reference names the field that the request has", () => {
  it.each(NOT_THERE)("%s %s %j", async (method, target, json, field) => {
    const options = json === undefined ? {} : { json };
    const answer = await server.ask(method, target, options);
    expect([answer.status, answer.json.error.field]).toEqual([404, field]);
    // The beginning of several.
    const shared = (text: string) =>
      text
        .replace(/event(=|":")nope/, `event$1${beginnings.evt}`)
        .replace("events/nope", `events/${beginnings.evt}`)
        .replace("nope", beginnings.sub);
    const many = json === undefined ? {} : { json: JSON.parse(shared(JSON.stringify(json))) };
    const vague = await server.ask(method, shared(target), many);
    expect([vague.status, vague.json.error.field]).toEqual([400, field]);
  });

  it.each([
    ["POST", "/v1/replays", { filter: { types: ["a", "no good"] } }, "filter.types[1]"],
    ["POST", "/v1/replays", { filter: { since: "soon" } }, "filter.since"],
    ["POST", "/v1/replays", { filter: {}, rate: "fast" }, "rate"],
    ["POST", "/v1/purges", { filter: { types: ["no good"] }, dry_run: true }, "filter.types[0]"],
    ["POST", "/v1/purges", { filter: { where: "data.(" }, dry_run: true }, "filter.where"],
    ["POST", "/v1/purges", { filter: {}, dry_run: true }, "filter"],
  ])("%s %s %j names %s, where it stands", async (method, target, json, field) => {
    const { status, json: answer } = await server.ask(method, target, { json });
    expect([status, answer.error.field]).toEqual([400, field]);
    expect(answer.error.message).not.toMatch(/^(types|since|where)/);
  });

  it("also where the subscription is there, and cannot be sent to", async () => {
    const replay = { subscriptions: ["good", "off"] };
    const refused = await server.ask("POST", "/v1/events/one/replay", { json: replay });
    expect(refused).toMatchObject({ status: 409, json: { error: { field: "subscriptions[1]" } } });
    const { data } = (await server.ask("GET", "/v1/deliveries?subscription=off")).json;
    const retried = await server.ask("POST", `/v1/deliveries/${data[0].id}/retry`);
    expect(retried).toMatchObject({ status: 409, json: { error: { field: "id" } } });
  });
});
