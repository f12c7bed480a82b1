import type { BodyStyle } from "./provider.ts";

/** The text of a body as a provider writes it. */
export function writeBody(body: unknown, style: BodyStyle): string {
  switch (style) {
    case "compact":
      return JSON.stringify(body);
    case "pretty":
      return JSON.stringify(body, undefined, 2);
    case "php":
      return phpJson(body);
    case "html":
      return JSON.stringify(body).replace(/[<>&\u2028\u2029]/g, escaped);
    case "lines":
      return `[${(body as unknown[]).map((entry) => JSON.stringify(entry)).join(",\r\n")}]\r\n`;
    case "form":
      return formText(body as object, JSON.stringify);
    case "php-form":
      return formText(body as object, phpJson);
  }
}

function phpJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("/", "\\/")
    .replace(/[^\0-\x7f]/g, escaped);
}

/** One UTF-16 unit: what is outside of the first plane becomes two. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function formText(fields: object, write: (value: unknown) => string): string {
  const written = Object.entries(fields).flatMap(([name, value]: [string, unknown]): [string, string][] =>
    value === undefined ? [] : [[name, typeof value === "string" ? value : write(value)]],
  );
  return new URLSearchParams(written).toString();
}
