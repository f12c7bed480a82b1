import { describe, expect, it } from "vitest";
import { definitionsOf } from "../../src/core/catalogue/catalogued-type.ts";
import { writeDocument } from "../../src/core/catalogue/documents/document-format.ts";
import { DOCUMENT_FORMATS } from "../../src/core/catalogue/documents/format-names.ts";
import { PACK_NAMES } from "../../src/core/catalogue/packs/pack-names.ts";
import { packNamed } from "../../src/core/catalogue/packs/registry.ts";
import { HooksError } from "../../src/core/errors.ts";
import type { EventTypeImport } from "../../src/core/event-type-import.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import { openTestHooks } from "../support/local-hooks.ts";

async function refusal(promise: Promise<unknown>): Promise<HooksError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HooksError);
  return error as HooksError;
}

async function catalogueOf(service: HooksService): Promise<string[]> {
  const { data } = await service.listEventTypes({ catalogued: true, limit: 200 });
  return data.map(({ name, versions }) => `${name} ${versions.join(",")}`);
}

function file(name: string, content: unknown): EventTypeImport {
  return { documents: [{ name, content: typeof content === "string" ? content : JSON.stringify(content) }] };
}

const SCHEMA = { type: "object", properties: { id: { type: "string" } } };

describe("a pack", () => {
  it.each(PACK_NAMES)("%s is taken whole, once, and its examples may be published in strict mode", async (pack) => {
    const { service } = await openTestHooks();
    await service.updateEnvironment({ strict_types: true });
    const { results } = await service.importEventTypes({ pack });
    expect(results.map(({ name, version, outcome }) => [name, version, outcome])).toEqual(
      packNamed(pack).map(({ name }) => [name, "1", "created"]),
    );
    expect(results.flatMap(({ warnings }) => warnings)).toEqual([]);
    const again = await service.importEventTypes({ pack });
    expect(new Set(again.results.map(({ outcome }) => outcome))).toEqual(new Set(["unchanged"]));
    for (const { name, example } of packNamed(pack)) {
      await service.publish({ type: name, data: Buffer.from(JSON.stringify(example)) });
    }
    expect(await refusal(service.publish({ type: packNamed(pack)[0]!.name, data: Buffer.from("{}") }))).toMatchObject({
      code: "invalid_request",
    });
  });

  it("that meets types of another one names each of them, and nothing is changed", async () => {
    const { service } = await openTestHooks();
    await service.importEventTypes({ pack: "securebase" });
    const before = await catalogueOf(service);
    const error = await refusal(service.importEventTypes({ pack: "dotmac" }));
    expect(error.code).toBe("conflict");
    for (const name of ["invoice.created", "invoice.paid", "ticket.created", "ticket.updated"]) {
      expect(error.message).toContain(`event type ${name} exists with another schema in version 1`);
    }
    expect(await catalogueOf(service)).toEqual(before);
    expect(await refusal(service.importEventTypes({ pack: "dotmac", dry_run: true }))).toMatchObject({
      code: "conflict",
    });

    const replaced = await service.importEventTypes({ pack: "dotmac", replace: true, dry_run: true });
    expect(replaced).toMatchObject({ dry_run: true });
    expect(replaced.results.filter(({ outcome }) => outcome === "replaced")).toHaveLength(4);
    expect(await catalogueOf(service)).toEqual(before);

    const { results } = await service.importEventTypes({ pack: "dotmac", as_new_version: true });
    expect(
      results.filter(({ outcome }) => outcome === "version_added").map(({ name, version }) => [name, version]),
    ).toEqual(["invoice.created", "invoice.paid", "ticket.created", "ticket.updated"].map((name) => [name, "2"]));
    const paid = await service.getEventType("invoice.paid");
    expect(paid).toMatchObject({ default_version: "1", description: "An invoice was marked as paid." });
    // Once more: it finds its own versions.
    const again = await service.importEventTypes({ pack: "dotmac", as_new_version: true });
    expect(new Set(again.results.map(({ outcome }) => outcome))).toEqual(new Set(["unchanged"]));
    await service.importEventTypes({ pack: "dotmac", replace: true });
    // Of all five at once some have the same schema and say something else of it: what is there stays.
    for (const pack of PACK_NAMES) await service.importEventTypes({ pack, as_new_version: true });
    expect((await service.getEventType("invoice.paid")).description).toBe("An invoice was paid in full.");
  });
});

describe("documents", () => {
  it.each(DOCUMENT_FORMATS)("exported as %s and imported elsewhere are the same catalogue", async (format) => {
    const { service: here } = await openTestHooks();
    const { service: there } = await openTestHooks();
    await here.importEventTypes({ pack: "dotmac" });
    await here.importEventTypes({ pack: "securebase", as_new_version: true });
    await here.createEventType({ name: "bare.type", deprecated: true, tags: ["x"] });
    await here.createEventType({ name: "two.versions", schema: SCHEMA, example: { id: "a" } });
    await here.createEventType({
      name: "two.versions",
      version: "v2",
      schema: { type: "object", properties: { key: { $ref: "#/$defs/key" } }, $defs: { key: { type: "string" } } },
      example: { key: "a" },
      down: { to: "1", steps: [{ rename: "/key", to: "id" }] },
      make_default: true,
    });
    const names = (await here.listEventTypes({ catalogued: true, limit: 200 })).data.map(({ name }) => name);
    const types = await Promise.all(names.map((name) => here.getEventType(name)));
    const text = JSON.stringify(writeDocument(format, types.flatMap(definitionsOf)));
    await there.importEventTypes(file("catalogue.json", text));
    for (const type of types) {
      const { created_at: _c, updated_at: _u, versions, ...rest } = type;
      const {
        created_at: _tc,
        updated_at: _tu,
        versions: thereVersions,
        ...thereRest
      } = await there.getEventType(type.name);
      expect(thereRest).toEqual(rest);
      const dateless = (all: typeof versions) => all.map(({ created_at: _at, ...version }) => version);
      expect(dateless(thereVersions)).toEqual(dateless(versions));
    }
    const again = await there.importEventTypes(file("catalogue.json", text));
    expect(new Set(again.results.map(({ outcome }) => outcome))).toEqual(new Set(["unchanged"]));
  });

  it("are JSON, YAML, or JSON in the request itself", async () => {
    const { service } = await openTestHooks();
    await service.importEventTypes({
      documents: [
        { name: "one.a.json", content: JSON.stringify(SCHEMA) },
        {
          name: "one.b.yaml",
          content: "type: object\nproperties: &p\n  id: {type: string}\n$defs:\n  x: {properties: *p}\n",
        },
        { name: "one.c", content: SCHEMA },
        { name: "one.d.yml", content: '{"type": "object"}' },
        {
          name: "stdin",
          content: "# a comment\nopenapi: 3.1.0\nwebhooks:\n  one.e: {post: {responses: {200: {description: ok}}}}\n",
        },
      ],
    });
    expect(await catalogueOf(service)).toEqual(["one.a 1", "one.b 1", "one.c 1", "one.d 1", "one.e 1"]);
    expect((await service.getEventType("one.b")).versions[0]?.schema).toEqual({
      ...SCHEMA,
      $defs: { x: { properties: SCHEMA.properties } },
    });
  });

  it.each<[string, string, RegExp]>([
    ["x.json", '{"a":', /x\.json#: .*the text ends/],
    ["x.json", `${"[".repeat(70)}${"]".repeat(70)}`, /nested deeper than 64/],
    ["x.yaml", "a: [1", /x\.yaml#: is no YAML: /],
    ["x.yaml", "a: 1\na: 2", /is no YAML: Map keys must be unique/],
    ["x.yaml", "a: *b", /is no YAML/],
    ["x.yaml", "a: 1\n---\nb: 2", /is no YAML: .*multiple documents/],
    ["x.yaml", "a: !!js/function 'x'", /is no YAML: Unresolved tag/],
    ["x.yaml", "a: .nan", /a number that JSON has not/],
    ["x.yaml", "a: &a [*a]", /x\.yaml#: /],
    [
      "x.yaml",
      `a0: &a0 [x, x]\n${Array.from({ length: 40 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`).join("\n")}`,
      /is no YAML that is taken: Excessive alias count/,
    ],
    ["x.yaml", `${"a: {".repeat(70)}${"}".repeat(70)}`, /nested deeper than 64|is no YAML/],
    ["x.json", `"${"x".repeat(4 * 1024 * 1024)}"`, /must be at most 4194304 bytes/],
  ])("%s: %.30s is refused", async (name, content, message) => {
    const { service } = await openTestHooks();
    const error = await refusal(service.importEventTypes(file(name, content)));
    expect(error).toMatchObject({ code: "invalid_request", field: expect.stringContaining(name) });
    expect(error.message).toMatch(message);
  });

  it("with something wrong anywhere are not taken at all, and all that is wrong is told", async () => {
    const { service } = await openTestHooks();
    const error = await refusal(
      service.importEventTypes({
        documents: [
          { name: "good.type.json", content: SCHEMA },
          { name: "broken.json", content: "{" },
          { name: "remote.json", content: { items: { $ref: "https://example.com/x" } } },
        ],
      }),
    );
    expect(error.message).toMatch(/^broken\.json#: .*; remote\.json#\/items\/\$ref: /);
    const inside = await refusal(
      service.importEventTypes({
        documents: [
          { name: "good.type.json", content: SCHEMA },
          { name: "bad.schema-type.json", content: { type: "objekt" } },
          { name: "bad.example.json", content: { type: "object", examples: ["text"] } },
          { name: "hooks.mine.json", content: {} },
        ].slice(0, 3),
      }),
    );
    expect(inside.code).toBe("invalid_request");
    expect(inside.message).toMatch(/bad\.schema-type: .*type.*; bad\.example: example must be an object/);
    expect(await refusal(service.importEventTypes(file("hooks.mine.json", {})))).toMatchObject({ field: "name" });
    expect(await catalogueOf(service)).toEqual([]);
  });

  it("or a pack: one of them, and one way with what exists", async () => {
    const { service } = await openTestHooks();
    for (const input of [{}, { pack: "aegisx", documents: [] }]) {
      expect(await refusal(service.importEventTypes(input))).toMatchObject({ field: "documents" });
    }
    expect(await refusal(service.importEventTypes({ documents: [] }))).toMatchObject({ field: "documents" });
    expect(await refusal(service.importEventTypes({ pack: "nope" }))).toMatchObject({ field: "pack" });
    expect(
      await refusal(service.importEventTypes({ pack: "aegisx", replace: true, as_new_version: true })),
    ).toMatchObject({ field: "as_new_version" });
  });
});
