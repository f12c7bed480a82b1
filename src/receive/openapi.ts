import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { publicUrlText } from "../core/door-settings.ts";

/** The OpenAPI document is made from the schemas that validate; only what no schema says is written here. */
export function openApiOptions(version: string, publicUrl: URL | undefined): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "hooks",
        version,
        description:
          'Subscribe, publish, deliver signed webhooks with retries. Tenant and environment come from the key; a key for any of them names one by the headers `Hooks-Tenant` and `Hooks-Environment`. Times are ISO 8601 in UTC, durations are ms with the suffix `_ms` or texts such as "5m".',
        license: { name: "MIT", identifier: "MIT" },
      },
      ...(publicUrl === undefined ? {} : { servers: [{ url: publicUrlText(publicUrl) }] }),
      components: {
        securitySchemes: {
          key: {
            type: "http",
            scheme: "bearer",
            description: "An API key, or the local token of a daemon on loopback.",
          },
        },
      },
    },
    // Without it, named schemas become def-0, def-1 …
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json["$id"] === "string" ? json["$id"] : `def-${index}`,
    },
  };
}
