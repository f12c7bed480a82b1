// `node bench/load/rough-clients.ts PORT`: requests that must be refused, and cost most until they are: as large, as deep
// and as many-membered as the limits allow, each sent as soon as the one before it was answered. Sends { ready: true } when
// each was refused once; at the message "end" it sends { refused } and ends.

import { request } from "undici";

const MIB = 1024 * 1024;
const port = Number(process.argv[2]);
const token = process.env["HOOKS_TOKEN"] ?? "";
const event = (data: string): string => `{"type":"bench.event","data":${data}}`;
const badEvent = `{"type":"not a type","data":{}}`;

/** Path and body; each is answered with a 4xx, or 202 with an error for each event. */
const ROUGH: readonly (readonly [route: string, body: string, type?: string])[] = [
  ["/v1/events", event("[".repeat(500_000))],
  ["/v1/events", event(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)],
  ["/v1/events", event(`"${"\\u00e9".repeat(170_000)}`)],
  ["/v1/events", `{${Array.from({ length: 50_000 }, (_, n) => `"a${n}":${n}`).join()}}`],
  ["/v1/events", event(`[${"1,".repeat(500_000)}`)],
  ["/v1/events", event(`"${"x".repeat(MIB)}"`)],
  ["/v1/events/batch", `{"events":[${`${badEvent},`.repeat(999)}${badEvent}]}`],
  ["/v1/events/batch", `${badEvent}\n`.repeat(1_000), "application/x-ndjson"],
  ["/v1/events/batch", `{"events":[${"{},".repeat(5_000)}{}]}`],
  ["/v1/subscriptions", JSON.stringify({ url: `https://${"a.".repeat(1_000)}example`, events: ["a"] })],
  ["/v1/subscriptions", JSON.stringify({ url: "https://a.example", events: Array(10_000).fill("*.*") })],
  ["/v1/events/batch", `{"events":[${event(`[${"0,".repeat(4_700_000)}`)}`],
];

let refused = 0;

async function send(route: string, body: string, type = "application/json"): Promise<void> {
  const { statusCode, body: answer } = await request(`http://127.0.0.1:${port}${route}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": type },
    body,
  });
  const text = await answer.text();
  const isRefused = statusCode === 202 ? !text.includes('"id"') : 400 <= statusCode && statusCode < 500;
  // 503: no room for so many large bodies at once.
  if (!isRefused && statusCode !== 503) throw new Error(`${route} was answered ${statusCode} ${text.slice(0, 200)}`);
  refused += 1;
}

process.on("message", () => process.send?.({ refused }, () => process.exit()));
process.on("disconnect", () => process.exit());
for (const one of ROUGH) await send(...one);
process.send?.({ ready: true });
for (let n = 0; ; n++) await send(...ROUGH[n % ROUGH.length]!);
