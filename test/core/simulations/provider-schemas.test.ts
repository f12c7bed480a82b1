import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { simulateAll } from "./support/simulated.ts";

// Bodies against schemas that are there at run time: GitHub's events as JSON Schema, Square's as its library reads them.

const require = createRequire(import.meta.url);

describe("bodies of github, against the schemas of its webhooks", () => {
  const file = require.resolve("@octokit/webhooks-schemas/schema.json");
  const schema = JSON.parse(readFileSync(file, "utf8")) as { definitions: Record<string, unknown> };
  const ajv = new Ajv({ strict: false, allErrors: true });
  (addFormats as unknown as (of: Ajv) => void)(ajv);
  ajv.addSchema(schema, "github");

  it.each(simulateAll("github").map((made) => [made.name, made] as const))("%s", (_, made) => {
    const event = made.lower["x-github-event"]!;
    const { action } = made.json as { action?: string };
    const names = [`${event}$${action}`, `${event}$event`, event];
    const name = names.find((one) => schema.definitions[one] !== undefined);
    expect(name, `a schema of ${names.join(", ")}`).toBeDefined();
    const validate = ajv.compile({ $ref: `github#/definitions/${name!.replaceAll("$", "%24")}` });
    const faults = validate(made.json) ? [] : (validate.errors ?? []);
    expect(faults.map(({ instancePath, message }) => `${instancePath} ${message}`)).toEqual([]);
  });

  it("notices what is missing and what is of another kind", () => {
    const validate = ajv.compile({ $ref: "github#/definitions/push%24event" });
    const { json } = simulateAll("github").find(({ name }) => name === "github:push")!;
    expect(validate(json)).toBe(true);
    expect(validate({ ...(json as object), ref: 5 })).toBe(false);
    expect(validate({ ...(json as object), commits: undefined })).toBe(false);
  });
});

interface SquareSchema {
  parse(raw: unknown, options: object): { ok: boolean; errors?: { path: string[]; message: string }[] };
}

describe("bodies of square, as its library reads them", () => {
  const folder = path.join(path.dirname(require.resolve("square")), "serialization/types");
  const OPTIONS = {
    unrecognizedObjectKeys: "fail",
    allowUnrecognizedUnionMembers: false,
    allowUnrecognizedEnumValues: false,
  };

  function schemaOf(type: string): SquareSchema {
    const name = `${type.replace(/(^|[._])([a-z])/g, (_, __, letter: string) => letter.toUpperCase())}Event`;
    return (require(path.join(folder, `${name}.js`)) as Record<string, SquareSchema>)[name]!;
  }

  it.each(simulateAll("square").map((made) => [made.name, made] as const))("%s", (_, made) => {
    // The library calls it `object`; Square's pages and its senders call it by its name.
    const json: unknown = JSON.parse(JSON.stringify(made.json).replace('"object":{"dispute":', '"object":{"object":'));
    const read = schemaOf(made.simulation.type).parse(json, OPTIONS);
    expect(read.ok ? [] : read.errors).toEqual([]);
  });

  it("notices a field that there is not, and one of another kind", () => {
    const { json } = simulateAll("square").find(({ name }) => name === "square:payment.created")!;
    const schema = schemaOf("payment.created");
    expect(schema.parse({ ...(json as object), colour: "red" }, OPTIONS).ok).toBe(false);
    expect(schema.parse({ ...(json as object), event_id: 5 }, OPTIONS).ok).toBe(false);
  });
});
