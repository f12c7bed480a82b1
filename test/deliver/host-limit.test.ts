import { expect, it } from "vitest";
import { openReceiver } from "../support/open-receiver.ts";
import { quickRetries, startSending } from "../support/sending.ts";

it("a retry that finds its host's limit used up is sent when the limit has a token again, without any other news", async () => {
  const tried = new Set<string>();
  const receiver = await openReceiver({
    reply: ({ path }) => {
      if (tried.has(path)) return 204;
      tried.add(path);
      return 500;
    },
  });
  const hostRetries = { count: 1, perMs: 1_500 };
  const sending = await startSending({ rates: { process: undefined, tenant: undefined, hostRetries } });
  const quick = await sending.subscribe(`${receiver.url}/quick`, { retry: quickRetries(10) });
  const slow = await sending.subscribe(`${receiver.url}/slow`, { retry: quickRetries(300) });
  await sending.publish(quick);
  await sending.publish(slow);
  const records = await sending.recorded(4);
  const retries = records.filter(({ attempt }) => attempt === 2);
  expect(retries.map(({ verdict }) => verdict)).toEqual(["succeeded", "succeeded"]);
  expect(retries[1]!.startedAt - retries[0]!.startedAt).toBeGreaterThanOrEqual(hostRetries.perMs - 5);
});
