import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { verify } from "../../src/index.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { ReceivedRequest } from "../support/receiver.ts";

const PROFILE = {
  name: "acme",
  envelope: { kind: "{type}", payload: "{data}" },
  headers: { "X-Acme-Delivery": "{delivery.uuid}" },
  scheme: "github",
  secret: { prefix: "acme_" },
};

function isSigned({ headers, body }: ReceivedRequest, secret: string): boolean {
  return verify("github", { headers, body }, secret).valid;
}

it("a profile from a file is what the daemon sends, and what trigger --to sends", { timeout: 120_000 }, async () => {
  const home = new HooksHome();
  const receiver = await openReceiver();
  const file = path.join(home.folder, "acme.json");
  writeFileSync(file, JSON.stringify(PROFILE));
  await home.serve("--profiles", file);
  const env = { HOOKS_PROFILES: file };
  const create = [
    "sub",
    "create",
    "--url",
    receiver.url,
    "-e",
    "order.*",
    "--name",
    "shop",
    "--profile",
    "acme",
    "--json",
  ];

  const unknown = await home.run(create);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("profile must be one of")]);
  const created = await home.run(create, { env });
  const { secret } = JSON.parse(created.stdout) as { secret: string };
  expect(secret).toMatch(/^acme_/);
  await home.ok("trigger", "order.paid", "--data", "[1, 2]");
  const delivered = await receiver.request(1);
  expect(delivered.text).toBe('{"kind":"order.paid","payload":[1, 2]}');
  expect(isSigned(delivered, secret)).toBe(true);
  expect(isSigned(delivered, "acme_other")).toBe(false);
  // The UUID that was sent finds the delivery, also for a command that knows nothing of the profile.
  const [, uuid] = delivered.rawHeaders.find(([name]) => name === "X-Acme-Delivery")!;
  const { status } = JSON.parse(await home.ok("delivery", "get", uuid, "--json")) as { status: string };
  expect(["sending", "succeeded"]).toContain(status);

  await home.ok("trigger", "order.paid", "--to", receiver.url, "--secret", "acme_x", "--profile", "./acme.json");
  expect(isSigned(await receiver.request(2), "acme_x")).toBe(true);
});

it("a daemon without the file says so, and keeps what waits", { timeout: 120_000 }, async () => {
  const home = new HooksHome();
  const receiver = await openReceiver();
  const file = path.join(home.folder, "acme.json");
  writeFileSync(file, JSON.stringify(PROFILE));
  const create = ["sub", "create", "--url", receiver.url, "-e", "*", "--name", "shop", "--profile", "acme", "--quiet"];
  const { stdout } = await home.run(create, { env: { HOOKS_PROFILES: file } });
  const without = await home.serve();
  await without.program.sees(new RegExp(`profile .{0,4}acme.{0,4} of ${stdout.trim()} is not defined here`));
  await home.ok("trigger", "order.paid", "--data", "{}");
  expect(await without.program.kill("SIGTERM")).toMatchObject({ code: 0 });
  expect(receiver.requests).toEqual([]);
  await home.serve("--profiles", file);
  expect((await receiver.request(1)).text).toBe('{"kind":"order.paid","payload":{}}');
});

it("a file that is wrong is told with its name and field, and nothing runs", { timeout: 60_000 }, async () => {
  const home = new HooksHome();
  writeFileSync(path.join(home.folder, "acme.json"), JSON.stringify({ ...PROFILE, enveloppe: 1 }));
  const trigger = ["trigger", "a.b", "--to", "localhost:9", "--secret", "x", "--profile"];
  const runs = [
    [
      ["serve", "--port", "0", "--profiles", "acme.json"],
      /--profiles: .*acme\.json: enveloppe is unknown; did you mean "envelope"/,
    ],
    [["serve", "--port", "0", "--profiles", "none.json"], /--profiles: cannot read .*none\.json/],
    [[...trigger, "./acme.json"], /--profile: \.\/acme\.json: enveloppe is unknown/],
    [[...trigger, "./none.json"], /--profile: cannot read/],
    [[...trigger, "secure-base"], /--profile must be one of: .*did you mean "securebase"\?/s],
  ] as const;
  for (const [args, message] of runs) {
    const { code, stderr } = await home.run(args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  }
});
