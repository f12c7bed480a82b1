import { expect, it } from "vitest";
import { HooksHome, type Ran } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

/**
 * The same commands on the local store and over HTTP: what they print differs in nothing but ids, times, durations and
 * secrets. A command never knows which of the two it talks to.
 */
it("prints the same on the local store as over HTTP", async () => {
  const receiver = await openReceiver({
    reply: (request) => (request.text.includes("fail") ? { status: 500, body: "no" } : { status: 200, body: "ok" }),
  });
  const runs = await Promise.all(
    [0, 1].map(async () => {
      const home = new HooksHome();
      const daemon = await home.serve();
      return { home, remote: ["--server", daemon.url, "--api-key", await home.token()] };
    }),
  );
  const [local, far] = [runs[0]!, runs[1]!];
  const caller = new HooksHome();

  for (const args of STORY(receiver.url)) {
    const here = await local.home.run(args);
    const there = await caller.run([...args, ...far.remote]);
    expect.soft(blurred(there), args.join(" ")).toEqual(blurred(here));
  }
});

function STORY(url: string): string[][] {
  const read = (...args: string[]): string[][] => [args, [...args, "--json"], [...args, "--quiet"]];
  return [
    ...read("sub", "list"),
    [
      "sub",
      "create",
      "--url",
      `${url}/a`,
      "--event",
      "order.*",
      "--name",
      "shop",
      "--header",
      "x-team: a",
      "--retry",
      "5s,1m",
      "--timeout",
      "5s",
      "--metadata",
      "k=v",
    ],
    ["sub", "create", "--url", `${url}/b`, "--event", "invoice.paid", "--name", "billing", "--json"],
    ["sub", "create", "--url", "ftp://example.com", "--event", "a"],
    ["sub", "create", "--url", url, "--event", "a..b", "--json"],
    ["sub", "create", "--url", url, "--event", "a", "--timeout", "5w"],
    ...read("sub", "list"),
    ...read("sub", "get", "shop"),
    ["sub", "get", "nobody"],
    ["sub", "get", "nobody", "--json"],
    ["sub", "update", "shop", "--event", "order.created", "--event", "order.paid"],
    ["sub", "pause", "billing"],
    ["sub", "resume", "billing"],
    ["sub", "disable", "billing"],
    ["sub", "list", "--json"],
    ["sub", "enable", "billing"],
    ["sub", "test", "shop"],
    ["sub", "test", "shop", "--type", "order.paid", "--data", '{"fail":1}'],
    ["sub", "rotate-secret", "billing", "--grace", "1h"],
    ["sub", "health", "shop"],
    ["trigger", "order.created", "--data", '{"n":9007199254740993}', "--wait"],
    ["trigger", "order.paid", "--data", '{"fail":true}', "--wait"],
    ["trigger", "order.piad"],
    ["publish", "order.created", "--data", "{}", "--id", "one"],
    ["publish", "order.created", "--data", "{}", "--id", "one"],
    ["publish", "order.created", "--data", "[]", "--id", "one"],
    ["publish", "no good", "--data", "{}"],
    ["event", "get", "one", "--json"],
    ["event", "list", "--type", "invoice.*"],
    ["event", "list", "--limit", "0"],
    ["event", "get", "evt_nope"],
    ["delivery", "list", "--status", "retrying"],
    ["delivery", "list", "--status", "lost"],
    ["delivery", "get", "dlv_nope"],
    ["delivery", "retry", "dlv_nope", "--json"],
    ["replay", "--failed", "--since", "1h", "--dry-run"],
    ["replay", "--failed", "--since", "soon"],
    ["sub", "delete", "billing"],
    ["sub", "delete", "billing", "--yes"],
    ["sub", "delete", "billing", "--yes"],
    ...read("sub", "list"),
  ];
}

/** Without what differs between any two runs, and what only a local command has to say. */
function blurred({ code, stdout, stderr }: Ran): Ran {
  const blur = (text: string): string =>
    text
      .replace("sending from this process\n", "")
      .replace(/(?<=note: the secret was not printed).*/g, "") // only the owner of a file can have it again
      .replace(/\bhooks --server \S+ /g, "hooks ") // commands to paste say where they work
      .replace(/\b(sub|evt|dlv|sec|req|ses)_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g, "$1_…")
      .replace(/whsec_[A-Za-z0-9+/=…]+/g, "whsec_…")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replace(/"duration_ms":\d+/g, '"duration_ms":0')
      .replace(/\b\d+ ms\b/g, "N ms")
      .replace(/\t\d+$/gm, "\tN")
      .replace(/"webhook-signature","v1,[^"]+"/g, '"webhook-signature","…"')
      .replace(/"webhook-timestamp","\d+"/g, '"webhook-timestamp","…"');
  return { code, stdout: blur(stdout), stderr: blur(stderr) };
}
