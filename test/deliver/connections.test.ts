import { expect, it, onTestFinished } from "vitest";
import { type Connection, Connections, connectionKey } from "../../src/deliver/connections.ts";

function connections(): Connections {
  const made = new Connections({});
  onTestFinished(() => made.close());
  return made;
}

const ORIGIN = "http://receiver.example";

function take(all: Connections, origin: string, policyKey = "open"): Connection {
  const policy = { key: policyKey, refusalOf: () => undefined };
  return all.take({ origin, host: origin.slice(7), port: 80, policy, key: connectionKey(origin, policy) });
}

it("a connection that is free serves its own origin, and only under the policy that it was opened under", () => {
  const all = connections();
  const first = take(all, ORIGIN);
  all.giveBack(first);
  const strict = take(all, ORIGIN, "strict");
  expect(strict).not.toBe(first);
  expect(strict.policy.key).toBe("strict");
  all.giveBack(strict);
  expect(take(all, "http://other.example")).not.toBe(first);
  expect(take(all, ORIGIN)).toBe(first);
  expect(take(all, ORIGIN)).not.toBe(first);
  expect(take(all, ORIGIN, "strict")).toBe(strict);
});

it("at most 512 wait; the one that has waited longest goes first", () => {
  const all = connections();
  const taken = Array.from({ length: 600 }, (_, n) => take(all, `http://r${n}.example`));
  for (const connection of taken) all.giveBack(connection);
  expect(all.size).toBe(512);
  expect(take(all, "http://r599.example")).toBe(taken[599]);
  expect(take(all, "http://r88.example")).toBe(taken[88]);
  expect(take(all, "http://r87.example")).not.toBe(taken[87]);
});
