import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";

// The addresses that a receiver sees, on real sockets. All of 127.0.0.0/8 is this machine's on Linux.

const [v4, v6] = ["127.0.0.2", "::1"] as const;
const hasBoth =
  process.platform === "linux" &&
  Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === v6));
if (!hasBoth) console.warn(`SKIPPED: addresses to send from: this machine does not have ${v4} and ${v6} (Linux has)`);
if (process.env["CI"] !== undefined && !hasBoth) throw new Error("nothing is shown here of addresses to send from");

/** Listens on both loopback addresses, and notes who connects. */
async function openDoor() {
  const callers: string[] = [];
  const server = http.createServer((request, response) => {
    request.resume();
    callers.push(request.socket.remoteAddress!.replace(/^::ffff:/, ""));
    response.writeHead(204).end();
  });
  server.listen(0, "::");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, callers };
}

async function metaOf({ url, token }: { url: string; token: string }) {
  const answer = await fetch(`${url}/v1/meta`, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()) as Record<string, unknown>;
}

it.skipIf(!hasBoth)(
  "every request comes from the address that is set, and the server says which; without it the system chooses",
  async () => {
    const home = new HooksHome();
    const door = await openDoor();
    const at = (host: string) => `http://${host}:${door.port}/`;
    for (const [name, host] of [
      ["four", "127.0.0.1"],
      ["six", "[::1]"],
      ["both", "localhost"],
    ] as const) {
      await home.ok("sub", "create", "--url", at(host), "--event", `${name}.*`, "--name", name);
    }
    const sendAll = async () => {
      door.callers.length = 0;
      const sent: Record<string, unknown> = {};
      for (const name of ["four", "six", "both"]) {
        const { code } = await home.run(["trigger", `${name}.sent`, "--data", "{}", "--wait"]);
        sent[name] = code === 0 ? door.callers.at(-1) : "failed";
      }
      return sent;
    };

    const bare = await home.serve();
    expect(await metaOf({ url: bare.url, token: await home.token() })).toMatchObject({
      egress_addresses: null,
      limits: { event_bytes: 1_048_576 },
    });
    const chosen = await sendAll();
    expect(chosen).toMatchObject({ four: "127.0.0.1", six: "::1" });
    expect(["127.0.0.1", "::1"]).toContain(chosen["both"]);
    await bare.program.kill("SIGTERM");

    const both = await home.serve("--local-address", v4, "--local-address", v6);
    expect(await metaOf({ url: both.url, token: await home.token() })).toMatchObject({ egress_addresses: [v4, v6] });
    expect(await sendAll()).toMatchObject({ four: v4, six: v6 });
    // A command that sends by itself does as its daemon.
    await home.ok("sub", "test", "four");
    expect(door.callers.at(-1)).toBe(v4);
    await both.program.kill("SIGTERM");

    // A receiver of the other family is not reached from an address that nobody named.
    const four = await home.serve("--local-address", v4);
    expect(await sendAll()).toMatchObject({ four: v4, both: v4 });
    const test = await home.run(["sub", "test", "six"]);
    expect(test.stdout + test.stderr).toMatch(/the host has only addresses of a family/);
    expect(door.callers).not.toContain("::1");
    await four.program.kill("SIGTERM");
  },
);

it.skipIf(!hasBoth)("a command without a daemon sends from it, too", async () => {
  const home = new HooksHome();
  const door = await openDoor();
  const env = { HOOKS_LOCAL_ADDRESS: v4 };
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const direct = ["trigger", "a.b", "--data", "{}", "--to", `http://127.0.0.1:${door.port}/`, "--secret", secret];
  expect(await home.run(direct, { env })).toMatchObject({ code: 0 });
  expect(await home.run(direct)).toMatchObject({ code: 0 });
  await home.ok("sub", "create", "--url", `http://127.0.0.1:${door.port}/`, "--event", "a.*");
  expect(await home.run(["trigger", "a.b", "--data", "{}", "--wait"], { env })).toMatchObject({ code: 0 });
  expect(door.callers).toEqual([v4, "127.0.0.1", v4]);
});

it("an address that this machine does not have, or that is none, is refused before anything starts", async () => {
  const home = new HooksHome();
  // RFC 5737 and 3849: nobody has them.
  for (const address of ["192.0.2.77", "2001:db8::77"]) {
    const ran = await home.run(["serve", "--port", "0", "--local-address", address]);
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(`--local-address: this machine does not have the address ${address}`);
  }
  for (const [text, message] of [
    ["example.com", "--local-address must be an address of this machine, without a port"],
    ["127.0.0.1:80", "--local-address must be an address of this machine, without a port"],
    ["0.0.0.0", "--local-address must be one address"],
    ["::ffff:127.0.0.1", "--local-address must be one address"],
    ["224.0.0.1", "--local-address must be one address"],
    ["127.0.0.1,127.0.0.2", "--local-address takes one address of each family, got 127.0.0.1 and 127.0.0.2"],
  ] as const) {
    const ran = await home.run(["serve", "--port", "0", "--local-address", text]);
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(message);
  }
});
