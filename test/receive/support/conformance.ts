import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

/** An OpenAPI document, as far as these tests look into it. */
export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

export interface Operation {
  operationId: string;
  summary: string;
  security: object[];
  parameters?: { name: string; in: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

/** Holds answers to what the document promises of them, and to nothing more: an undocumented member is an error. */
export class Conformance {
  readonly #document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, formats: { "date-time": isInstant } });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: OpenApi) {
    this.#document = document;
    this.#ajv.addSchema({ $id: "document", ...(closed(document) as object) });
  }

  /** @throws Error naming what does not conform. */
  check(method: string, target: string, status: number, json: unknown): void {
    const found = this.#operation(method, target);
    // Nothing is promised of what does not exist, but the form of the error.
    const pointer = found === undefined ? undefined : responsePointer(found, status);
    if (found !== undefined && pointer === undefined) {
      throw new Error(`${method} ${target} answered ${status}, which the document does not name`);
    }
    const reference = pointer ?? "#/components/schemas/Error";
    if (pointer === null || (status === 204 && json === undefined)) return;
    const validate = this.#compiled.get(reference) ?? this.#ajv.compile({ $ref: `document${reference}` });
    this.#compiled.set(reference, validate);
    if (!validate(json)) {
      const errors = this.#ajv.errorsText(validate.errors, { dataVar: "answer" });
      throw new Error(`${method} ${target} ${status} is not as documented: ${errors}\n${JSON.stringify(json)}`);
    }
  }

  #operation(method: string, target: string): { path: string; method: string; operation: Operation } | undefined {
    const path = target.split("?", 1)[0]!;
    const lower = method.toLowerCase();
    // `/v1/events/batch` stands before `/v1/events/{id}`.
    const paths = Object.keys(this.#document.paths).toSorted((one, other) => count(one) - count(other));
    for (const template of paths) {
      const operation = this.#document.paths[template]![lower];
      if (operation !== undefined && new RegExp(`^${template.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path)) {
        return { path: template, method: lower, operation };
      }
    }
    return undefined;
  }
}

function count(template: string): number {
  return template.split("{").length;
}

/** Null: an answer without content. Undefined: not documented. */
function responsePointer(
  { path, method, operation }: { path: string; method: string; operation: Operation },
  status: number,
): string | null | undefined {
  const key = [String(status), `${Math.floor(status / 100)}XX`].find((one) => operation.responses[one] !== undefined);
  if (key === undefined) return undefined;
  if (operation.responses[key]!.content?.["application/json"] === undefined) return null;
  const escaped = path.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
  return `#/paths/${escaped}/${method}/responses/${key}/content/application~1json/schema`;
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const isObjectSchema = copy["type"] === "object" && copy["properties"] !== undefined;
  return isObjectSchema && copy["additionalProperties"] === undefined ? { ...copy, additionalProperties: false } : copy;
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));
}
