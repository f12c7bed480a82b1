/** What types can be written down in. `asyncapi-2` is read as `asyncapi`, which knows both. */
export const DOCUMENT_FORMATS = ["pack", "json-schema", "openapi", "asyncapi", "asyncapi-2"] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];
