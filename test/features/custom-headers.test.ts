import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openReceiver } from "../support/open-receiver.ts";
import { type Json, Relay } from "./support/relay.ts";

// Headers that somebody else chose, as bytes on the wire: exactly the lines that were allowed, and none that they make.

interface HeaderInput {
  id: string;
  name: string;
  headers: Record<string, unknown>;
  profile?: string;
  /** The field that the answer names. */
  refused?: string;
  /** A character for each byte. */
  lines?: string[];
}

const { entries: INPUTS } = JSON.parse(
  readFileSync(new URL("../fixtures/header-inputs.json", import.meta.url), "utf8"),
) as { entries: HeaderInput[] };

/** What each profile sends besides, in its order. */
const OWN_NAMES: Record<string, string[]> = {
  standard: [
    "host",
    "connection",
    "content-type",
    "user-agent",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "content-length",
  ],
  arsmedica: [
    "host",
    "connection",
    "Content-Type",
    "User-Agent",
    "X-Event-Type",
    "X-Delivery-Id",
    "X-Signature",
    "content-length",
  ],
};

it("are refused by name, or arrive as the bytes that were given and as nothing else", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  const accepted = new Map<string, HeaderInput>();

  for (const input of INPUTS) {
    const { id, headers, profile = "standard", refused } = input;
    const url = `${receiver.url}/${id}`;
    const answer = await relay.call("POST", "/v1/subscriptions", { url, events: ["*"], profile, headers });
    if (refused === undefined) {
      expect([id, answer.status]).toEqual([id, 201]);
      accepted.set(`/${id}`, input);
    } else {
      expect([id, answer.status === 400 || answer.status === 422]).toEqual([id, true]);
      expect([id, answer.body.error.field]).toEqual([id, refused]);
    }
  }
  const { data } = await relay.ok("GET", "/v1/subscriptions?limit=100");
  expect(data.map(({ url }: Json) => new URL(url).pathname).toSorted()).toEqual([...accepted.keys()].toSorted());
  expect(INPUTS.length - accepted.size).toBeGreaterThanOrEqual(27);
  expect(accepted.size).toBeGreaterThanOrEqual(15);

  await relay.publish("order.paid", { n: 1 });
  await receiver.request(accepted.size);

  const heads = headsOf(receiver.connections);
  expect([...heads.keys()].toSorted()).toEqual([...accepted.keys()].toSorted());
  for (const [target, { id, profile = "standard", lines = [] }] of accepted) {
    const own = OWN_NAMES[profile]!;
    const [others, received] = partition(heads.get(target)!, (line) => !own.includes(line.split(":")[0]!));
    expect([id, received.toSorted()]).toEqual([id, lines.toSorted()]);
    expect([id, others.map((line) => line.split(":")[0])]).toEqual([id, own]);
  }
}, 120_000);

/** By target, the lines of each request's head, as bytes: a character each. */
function headsOf(connections: readonly Buffer[][]): Map<string, string[]> {
  const heads = new Map<string, string[]>();
  for (const chunks of connections) {
    let rest = Buffer.concat(chunks).toString("latin1");
    while (rest !== "") {
      const end = rest.indexOf("\r\n\r\n");
      const [first = "", ...lines] = rest.slice(0, end).split("\r\n");
      const [, target = ""] = /^POST (\S+) HTTP\/1\.1$/.exec(first) ?? [];
      expect([first, heads.has(target)]).toEqual([`POST ${target} HTTP/1.1`, false]);
      heads.set(target, lines);
      const length = Number(
        lines.find((line) => line.startsWith("content-length: "))?.slice("content-length: ".length),
      );
      rest = rest.slice(end + "\r\n\r\n".length + length);
    }
  }
  return heads;
}

function partition(lines: readonly string[], isOther: (line: string) => boolean): [string[], string[]] {
  return [lines.filter((line) => !isOther(line)), lines.filter(isOther)];
}
