import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { PACK_NAMES } from "../../src/core/catalogue/packs/pack-names.ts";
import { StrictCompiler } from "../support/strict-compiler.ts";
import { type Json, Relay } from "./support/relay.ts";

/** How many types each of the five systems' documents names. */
const DOCUMENTED = { foresight: 25, aegisx: 4, arsmedica: 5, dotmac: 41, securebase: 11 };

it("row 21: the types of five systems are built in, and each example is taken where only what fits is", async () => {
  const relay = await Relay.start();
  const counts: Record<string, number> = {};
  for (const pack of PACK_NAMES) {
    const headers = { "hooks-environment": pack };
    await relay.hooks("event-type", "import", pack, "--env", pack);
    await relay.hooks("env", "update", "--strict-types", "on", "--env", pack);
    const { data: listed } = await relay.ok("GET", "/v1/event-types?limit=200", undefined, { headers });
    counts[pack] = listed.length;
    const types = await Promise.all(
      listed.map(({ name }: Json) => relay.ok("GET", `/v1/event-types/${name}`, undefined, { headers })),
    );
    const events = types.map(({ name, versions: [{ example }] }: Json) => ({ type: name, data: example }));
    const { results } = await relay.ok("POST", "/v1/events/batch", { events }, { headers });
    expect(results.filter((result: Json) => result.error !== undefined)).toEqual([]);
    const wrong = await relay.call("POST", "/v1/events", { type: events[0]!.type, data: "no object" }, { headers });
    expect(wrong).toMatchObject({ status: 400, body: { error: { field: expect.stringMatching(/^data/) as string } } });
  }
  expect(counts).toEqual(DOCUMENTED);
  // Two of them name user.created, each with data of its own.
  const again = ["event-type", "import", "aegisx", "--env", "foresight", ...relay.daemon.asked];
  const conflict = await relay.home.run(again);
  expect([conflict.code, conflict.stdout]).toEqual([6, ""]);
  expect(conflict.stderr).toContain("user.created");
  expect(await relay.home.run([...again, "--as-new-version"])).toMatchObject({ code: 0 });
  const { versions } = await relay.ok("GET", "/v1/event-types/user.created", undefined, {
    headers: { "hooks-environment": "foresight" },
  });
  expect(versions).toHaveLength(2);
});

it("row 21: types come from events that were seen, and from documents, and go there again", async () => {
  const relay = await Relay.start();
  for (const n of [1, 2, 3]) await relay.publish("order.placed", { id: `ord_${n}`, total: n });
  await relay.hooks("event-type", "infer", "order.placed", "--save");
  const { versions } = await relay.ok("GET", "/v1/event-types/order.placed");
  expect(versions[0].schema).toMatchObject({ properties: { total: { type: "integer" } } });
  for (const format of ["pack", "json-schema", "openapi", "asyncapi"]) {
    const file = path.join(relay.home.folder, `${format}.json`);
    await relay.hooks("event-type", "export", "--format", format, "--out", file);
    await relay.hooks("event-type", "import", file, "--env", format);
    const headers = { "hooks-environment": format };
    const type = await relay.ok("GET", "/v1/event-types/order.placed", undefined, { headers });
    expect([format, type.versions[0].schema]).toEqual([format, versions[0].schema]);
  }
});

it("row 22: publishing is checked by the compiler, with types of the catalogue", { timeout: 120_000 }, async () => {
  const relay = await Relay.start();
  await relay.hooks("event-type", "import", "foresight");
  const compiler = new StrictCompiler();
  onTestFinished(() => compiler.remove());
  const file = path.join(compiler.folder, "hooks-events.d.ts");
  await relay.hooks("event-type", "generate-types", "--out", file);
  await relay.hooks("event-type", "generate-types", "--out", file, "--check");
  const types = await readFile(file, "utf8");
  const { versions } = await relay.ok("GET", "/v1/event-types/claim.approved");
  const program = (type: string, data: unknown) => ({
    "hooks-events.d.ts": types,
    "publish.ts": `import { createPublisher } from "hooks-relay";
import type { HooksEvents, HooksEventVersions } from "./hooks-events.js";
const publisher = createPublisher<HooksEvents, HooksEventVersions>();
await publisher.publish(${JSON.stringify(type)}, ${JSON.stringify(data)});
`,
  });
  await compiler.compile(program("claim.approved", versions[0].example));
  await expect(compiler.compile(program("claim.aproved", versions[0].example))).rejects.toThrow(/claim\.aproved/);
  const { claim_id: _, ...lacking } = versions[0].example;
  await expect(compiler.compile(program("claim.approved", lacking))).rejects.toThrow(/claim_id/);
});
