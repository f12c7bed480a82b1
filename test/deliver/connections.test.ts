import { expect, it, onTestFinished } from "vitest";
import { Connections, connectionKey } from "../../src/deliver/connections.ts";

function connections(): Connections {
  const made = new Connections({});
  onTestFinished(() => made.close());
  return made;
}

const ORIGIN = "http://receiver.example";

it("a connection that is free serves its own origin, and only under the policy that it was opened under", () => {
  const all = connections();
  const take = (origin: string, policy: string) => all.take(origin, policy, connectionKey(origin, policy));
  const first = take(ORIGIN, "");
  all.giveBack(first);
  const strict = take(ORIGIN, "strict");
  expect(strict).not.toBe(first);
  expect(strict.policy).toBe("strict");
  all.giveBack(strict);
  expect(take("http://other.example", "")).not.toBe(first);
  expect(take(ORIGIN, "")).toBe(first);
  expect(take(ORIGIN, "")).not.toBe(first);
  expect(take(ORIGIN, "strict")).toBe(strict);
});

it("at most 512 wait; the one that has waited longest goes first", () => {
  const all = connections();
  const taken = Array.from({ length: 600 }, (_, n) => all.take(`http://r${n}.example`, "", `r${n}`));
  for (const connection of taken) all.giveBack(connection);
  expect(all.size).toBe(512);
  expect(all.take("http://r599.example", "", "r599")).toBe(taken[599]);
  expect(all.take("http://r88.example", "", "r88")).toBe(taken[88]);
  expect(all.take("http://r87.example", "", "r87")).not.toBe(taken[87]);
});
