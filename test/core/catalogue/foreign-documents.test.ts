import { describe, expect, it } from "vitest";
import { readDocuments } from "../../../src/core/catalogue/documents/document-format.ts";
import { bareType, type TypeDefinition } from "../../../src/core/catalogue/type-definition.ts";
import { HooksError } from "../../../src/core/errors.ts";

function read(value: unknown, name = "file.json"): TypeDefinition[] {
  return readDocuments([{ name, value }]);
}

function refusal(value: unknown, name = "file.json"): HooksError {
  try {
    read(value, name);
  } catch (error) {
    if (error instanceof HooksError) return error;
    throw error;
  }
  throw new Error("was taken");
}

describe("a JSON Schema of somebody else's", () => {
  it.each([
    [{ $id: "https://example.com/schemas/invoice.paid.schema.json", title: "x" }, "a.json", "invoice.paid"],
    [{ $id: "urn:example:invoice.paid" }, "a.json", "invoice.paid"],
    [{ $id: "https://example.com/invoice%20paid", title: "invoice.paid" }, "a.json", "invoice.paid"],
    [{ title: "Invoice paid" }, "schemas/invoice.paid.schema.json", "invoice.paid"],
    [{}, "C:\\schemas\\invoice.paid.yaml", "invoice.paid"],
    [true, "invoice.paid.json", "invoice.paid"],
  ])("%j in %s is %s", (schema, file, name) => {
    expect(read(schema, file)).toMatchObject([{ name, version: null }]);
  });

  it("gives description, example and state, and stays as it is", () => {
    const schema = { title: "a.b", description: "What.", examples: [{ n: 1 }, 2], deprecated: true, type: "object" };
    expect(read(schema)).toEqual([
      { ...bareType("a.b"), description: "What.", example: { n: 1 }, deprecated: true, schema },
    ]);
  });

  it("of draft 7 comes out as 2020-12", () => {
    const [type] = read({
      $schema: "http://json-schema.org/draft-07/schema#",
      title: "a.b",
      items: [{ type: "string" }, { $ref: "#/definitions/x" }],
      additionalItems: false,
      dependencies: { a: ["b"], c: { required: ["d"] } },
      definitions: { x: { $id: "#named" } },
    });
    expect(type?.schema).toEqual({
      title: "a.b",
      prefixItems: [{ type: "string" }, { $ref: "#/definitions/x" }],
      items: false,
      dependentRequired: { a: ["b"] },
      dependentSchemas: { c: { required: ["d"] } },
      definitions: { x: { $anchor: "named" } },
    });
  });
});

const PAID = { type: "object", properties: { id: { type: "string" }, lines: { $ref: "#/components/schemas/Lines" } } };
const OPENAPI = {
  openapi: "3.1.0",
  info: { title: "Shop", version: "1" },
  webhooks: {
    "invoice.paid": {
      post: {
        summary: "An invoice was paid",
        tags: ["invoices"],
        deprecated: true,
        requestBody: {
          content: {
            "application/json": {
              schema: { $ref: "#/components/schemas/Paid" },
              examples: { one: { $ref: "#/components/examples/one" } },
            },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      Paid: PAID,
      Lines: { type: "array", items: { $ref: "#/components/schemas/Line" } },
      Line: { properties: { of: { $ref: "#/components/schemas/Lines" }, id: { $ref: "#/components/schemas/Paid" } } },
    },
    examples: { one: { value: { id: "in_1" } } },
  },
};

describe("an OpenAPI document of somebody else's", () => {
  it("gives each webhook with what it refers to, also in circles", () => {
    expect(read(OPENAPI)).toEqual([
      {
        ...bareType("invoice.paid"),
        description: "An invoice was paid",
        tags: ["invoices"],
        deprecated: true,
        example: { id: "in_1" },
        schema: {
          type: "object",
          properties: { id: { type: "string" }, lines: { $ref: "#/$defs/Lines" } },
          $defs: {
            Lines: { type: "array", items: { $ref: "#/$defs/Line" } },
            Line: { properties: { of: { $ref: "#/$defs/Lines" }, id: { $ref: "#" } } },
          },
        },
      },
    ]);
  });

  it("takes the data out of an envelope, whose type names the event", () => {
    const envelope = {
      allOf: [
        { $ref: "#/components/schemas/Base" },
        { properties: { type: { const: "invoice.paid" }, data: { $ref: "#/components/schemas/Paid" } } },
      ],
    };
    const document = {
      ...OPENAPI,
      webhooks: {
        postInvoicePaid: {
          $ref: "#/components/pathItems/hook",
        },
      },
      components: {
        schemas: { ...OPENAPI.components.schemas, Base: { properties: { type: { type: "string" } } } },
        pathItems: {
          hook: {
            post: {
              requestBody: {
                content: {
                  "application/json; charset=utf-8": {
                    schema: envelope,
                    example: { type: "invoice.paid", data: { id: "in_2" } },
                  },
                },
              },
            },
          },
        },
      },
    };
    expect(read(document)).toMatchObject([
      { name: "invoice.paid", example: { id: "in_2" }, schema: { type: "object" } },
    ]);
    const { properties } = read(document)[0]!.schema as { properties: object };
    expect(Object.keys(properties)).toEqual(["id", "lines"]);
  });

  it("a webhook without a body is a type without a schema", () => {
    expect(read({ openapi: "3.1.0", webhooks: { ping: { post: { description: "Nothing." } } } })).toMatchObject([
      { name: "ping", schema: null, description: "Nothing." },
    ]);
  });
});

const MESSAGE = { name: "user.created", summary: "New", payload: { type: "object" }, tags: [{ name: "user" }] };

describe("an AsyncAPI document of somebody else's", () => {
  it.each([
    ["2.x", { asyncapi: "2.6.0", channels: { "user/created": { subscribe: { message: MESSAGE } } } }],
    [
      "2.x with alternatives",
      {
        asyncapi: "2.0.0",
        channels: { users: { publish: { message: { oneOf: [{ $ref: "#/components/messages/u" }] } } } },
        components: { messages: { u: MESSAGE } },
      },
    ],
    ["2.x, components only", { asyncapi: "2.6.0", channels: {}, components: { messages: { any: MESSAGE } } }],
    [
      "3.x",
      {
        asyncapi: "3.0.0",
        channels: { u: { address: "users", messages: { m: { $ref: "#/components/messages/m" } } } },
        components: { messages: { m: MESSAGE } },
      },
    ],
    [
      "3.x in a named format",
      {
        asyncapi: "3.0.0",
        channels: {
          u: {
            messages: {
              m: {
                ...MESSAGE,
                payload: { schemaFormat: "application/vnd.aai.asyncapi;version=3.0.0", schema: { type: "object" } },
              },
            },
          },
        },
      },
    ],
  ])("%s", (_, document) => {
    expect(read(document)).toEqual([
      {
        ...bareType("user.created"),
        description: "New",
        schema: { type: "object" },
        tags: ["user"],
      },
    ]);
  });

  it("names a message by its channel where it has no name, and reads one in two channels once", () => {
    const unnamed = { payload: { items: [{ type: "string" }] }, examples: [{ payload: ["a"] }] };
    const document = {
      asyncapi: "2.6.0",
      channels: {
        "user.created": { subscribe: { message: unnamed } },
        again: { subscribe: { message: { $ref: "#/channels/user.created/subscribe/message" } } },
      },
    };
    expect(read(document)).toMatchObject([
      { name: "user.created", schema: { prefixItems: [{ type: "string" }] }, example: ["a"] },
    ]);
  });
});

describe("a document that cannot be taken", () => {
  const webhook = (schema: unknown) => ({
    openapi: "3.1.0",
    webhooks: { "a/b": { post: { requestBody: { content: { "application/json": { schema } } } } } },
  });
  const at = "file.json#/webhooks/a~1b/post/requestBody/content/application~1json/schema";

  it.each<[unknown, string, RegExp]>([
    [[], "file.json#", /must be an object/],
    ["text", "file.json#", /must be an object/],
    [{ title: "Invoice paid!" }, "bad name.json#", /no event type is named/],
    [{ swagger: "2.0" }, "file.json#/swagger", /OpenAPI 3\.1/],
    [{ openapi: "3.0.3", webhooks: {} }, "file.json#/openapi", /3\.1 or later/],
    [{ openapi: "3.1.0", paths: {} }, "file.json#", /has no webhooks/],
    [{ openapi: "3.1.0", webhooks: { x: {} } }, "file.json#/webhooks/x", /no operation/],
    [{ openapi: "3.1.0", webhooks: { x: 7 } }, "file.json#/webhooks/x", /must be an object/],
    [{ openapi: "3.1.0", webhooks: { x: { get: {}, put: {} } } }, "file.json#/webhooks/x", /several operations/],
    [
      { openapi: "3.1.0", webhooks: { x: { post: { requestBody: { content: { "text/xml": {} } } } } } },
      "file.json#/webhooks/x/post/requestBody/content",
      /application\/json is missing/,
    ],
    [{ openapi: "3.1.0", webhooks: { x: { $ref: "#/nowhere" } } }, "file.json#/webhooks/x/$ref", /leads to nothing/],
    [{ openapi: "3.1.0", webhooks: { x: { $ref: "#/webhooks/x" } } }, "file.json#/webhooks/x", /in a circle/],
    [webhook({ $ref: "https://evil.example/x.json" }), `${at}/$ref`, /nothing is fetched/],
    [webhook({ items: { $ref: "other.json#/x" } }), `${at}/items/$ref`, /nothing is fetched/],
    [webhook({ properties: { x: { $ref: "file:///etc/passwd" } } }), `${at}/properties/x/$ref`, /nothing is fetched/],
    [webhook({ items: { $ref: "#/components/schemas/X" } }), `${at}/items/$ref`, /leads to no schema/],
    [webhook({ items: { $ref: "#nothing" } }), `${at}/items/$ref`, /nothing is fetched/],
    [webhook({ items: { $ref: "#/%zz" } }), `${at}/items/$ref`, /nothing is fetched/],
    [
      webhook({ $id: "https://a.example/s", items: { $ref: "https://b.example/t" } }),
      `${at}/items/$ref`,
      /nothing is fetched/,
    ],
    [webhook("string"), at, /must be a schema/],
    [{ asyncapi: "1.2.0" }, "file.json#/asyncapi", /2\.x\.x or 3\.x\.x/],
    [{ asyncapi: "3.0.0", channels: {} }, "file.json#/channels", /no message/],
    [
      {
        asyncapi: "2.6.0",
        channels: {
          x: { publish: { message: { schemaFormat: "application/vnd.apache.avro;version=1.9.0", payload: {} } } },
        },
      },
      "file.json#/channels/x/publish/message/schemaFormat",
      /other formats/,
    ],
    [{ event_types: [], format: "hooks-event-types/9" }, "file.json#/format", /hooks-event-types\/1/],
    [{ event_types: {}, format: "hooks-event-types/1" }, "file.json#/event_types", /must be a list/],
    [
      { event_types: [{ name: 7 }], format: "hooks-event-types/1" },
      "file.json#/event_types/0/name",
      /name of an event/,
    ],
    [
      { event_types: [{ name: "a", schema: 7 }], format: "hooks-event-types/1" },
      "file.json#/event_types/0/schema",
      /JSON Schema or null/,
    ],
    [
      { event_types: [{ name: "a", tags: "x" }], format: "hooks-event-types/1" },
      "file.json#/event_types/0/tags",
      /list of texts/,
    ],
  ])("%j: %s", (document, place, message) => {
    const error = refusal(document, place.split("#")[0]);
    expect(error).toMatchObject({ code: "invalid_request", field: place, hint: "nothing was imported" });
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${place}: `)).toBe(true);
  });

  it("tells all that is wrong at once, ten of them in words", () => {
    const bad = Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`x${at}`, {}]));
    const error = refusal({ openapi: "3.1.0", webhooks: { good: { post: {} }, ...bad } });
    expect(error.message.split("; ")).toHaveLength(11);
    expect(error.message).toMatch(/x9: has no operation: post, for example; and 3 more$/);
  });

  it("that describes nothing, or one type twice", () => {
    expect(refusal({ openapi: "3.1.0", webhooks: {} })).toMatchObject({ field: "documents" });
    const twice = () =>
      readDocuments([
        { name: "a.json", value: { title: "x.y" } },
        { name: "b.json", value: { title: "x.y" } },
      ]);
    expect(twice).toThrow(/described twice: "x\.y"/);
    const many = Array.from({ length: 1_001 }, (_, at) => ({ name: `t${at}` }));
    expect(refusal({ format: "hooks-event-types/1", event_types: many }).message).toMatch(/at most 1000 event types/);
  });
});
