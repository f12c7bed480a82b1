import { HooksError } from "../../core/errors.ts";
import type { Readiness } from "../readiness.ts";
import { type Route, route } from "../route.ts";
import { HEALTH, READINESS } from "../schemas/other.ts";
import { refTo } from "../schemas/words.ts";

const tag = "server";

/** @param readiness asked at each request. @param document the OpenAPI document as JSON. */
export function healthRoutes(readiness: () => Promise<Readiness>, document: () => Buffer): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/healthz",
      access: "open",
      id: "getHealth",
      summary: "The process is alive.",
      tag,
      answer: { status: 200, description: "alive", schema: refTo(HEALTH) },
      async handle() {
        return { status: "ok" };
      },
    }),

    route({
      method: "GET",
      path: "/readyz",
      access: "open",
      id: "getReadiness",
      summary: "Events can be taken and delivered; 503 when not.",
      tag,
      answer: { status: 200, description: "ready", schema: refTo(READINESS) },
      async handle() {
        const { ready, checks } = await readiness();
        if (ready) return { status: "ready", checks };
        const reasons = Object.entries(checks).filter(([, state]) => state !== "ok");
        throw new HooksError(
          "unavailable",
          `not ready: ${reasons.map(([part, state]) => `${part} ${state}`).join(", ") || "starting"}`,
        );
      },
    }),

    route({
      method: "GET",
      path: "/openapi.json",
      access: "open",
      id: "getOpenApi",
      summary: "This document.",
      tag,
      answer: { status: 200, description: "OpenAPI 3.1" },
      async handle() {
        return document();
      },
    }),
  ];
}
