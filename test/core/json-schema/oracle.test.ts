import { Validator } from "@cfworker/json-schema";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { isHooksError } from "../../../src/core/errors.ts";
import { JsonSchema } from "../../../src/core/json-schema/json-schema.ts";
import { drawFrom, makeSchema, makeValue } from "./made-schemas.ts";

const SCHEMAS = 400;
const VALUES = 6;

/** Undefined: it refers to itself in a circle, which others never come back from. */
function ourSchema(document: object): JsonSchema | undefined {
  try {
    return new JsonSchema(document, "schema");
  } catch (error) {
    if (isHooksError(error) && error.message.includes("in a circle")) return undefined;
    throw error;
  }
}

/** The code that one of them makes breaks on some schemas. */
function orUndefined<T>(judge: () => T): T | undefined {
  try {
    return judge();
  } catch {
    return undefined;
  }
}

it("judges as two other validators do, wherever these agree", { timeout: 120_000 }, () => {
  const counts = { fits: 0, misfits: 0, disputed: 0, circles: 0 };
  for (let seed = 0; seed < SCHEMAS; seed++) {
    const draw = drawFrom(seed);
    const document = makeSchema(draw);
    const ours = ourSchema(document);
    if (ours === undefined) {
      counts.circles += 1;
      continue;
    }
    const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false, ownProperties: true });
    const judge = ajv.compile(document);
    const second = new Validator(document, "2020-12");
    for (let n = 0; n < VALUES; n++) {
      const value = makeValue(draw);
      const misfit = ours.misfitOf(value, "data", 10_000);
      counts[misfit === undefined ? "fits" : "misfits"] += 1;
      if (misfit !== undefined) {
        expect(misfit.sentences.length, JSON.stringify(document)).toBeGreaterThan(0);
        for (const sentence of misfit.sentences) expect(sentence).toMatch(/^data[ .[]/);
      }
      const isTaken = orUndefined(() => judge(value));
      if (second.validate(value).valid !== isTaken) counts.disputed += 1;
      else expect([seed, document, value, misfit === undefined]).toEqual([seed, document, value, isTaken]);
    }
  }
  expect(counts.fits).toBeGreaterThan(SCHEMAS);
  expect(counts.misfits).toBeGreaterThan(SCHEMAS);
  expect(counts.disputed).toBeLessThan((SCHEMAS * VALUES) / 20);
  expect(counts.circles).toBeLessThan(SCHEMAS / 4);
});
