import { Type } from "typebox";
import { setupFields } from "./setup.ts";
import { closed, SCOPE_NAME } from "./words.ts";

/** By which editors know the form of a file for `hooks apply`. JSON Schema 2020-12. */
export function setupFileSchema(): object {
  const reference = {
    type: "string",
    pattern: "^(env:|file:).+",
    description: "env:NAME or file:PATH, whose value whoever applies the file has",
  };
  const text = { type: "string", description: "the text itself, or a reference to it: env:NAME, file:PATH" };
  const { version, set, ...sections } = setupFields({ secret: reference, text });
  const file = closed({
    $schema: Type.Optional(Type.String()),
    version,
    set,
    tenant: Type.Optional(SCOPE_NAME),
    environment: Type.Optional(SCOPE_NAME),
    ...sections,
  });
  const plain = JSON.parse(JSON.stringify(file)) as object;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A set-up for hooks apply",
    ...plain,
  };
}
