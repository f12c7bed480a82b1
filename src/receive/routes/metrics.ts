import { EXPOSITION_TYPES, type ExpositionFormat, wantedFormat } from "../../core/exposition.ts";
import type { Reach } from "../../core/key.ts";
import { narrowed } from "../../service/narrowed.ts";
import { type Route, route, TextAnswer } from "../route.ts";
import { METRICS_QUERY } from "../schemas/query.ts";

/** The metrics as far as somebody's key reaches. */
export type MetricsPage = (reach: Reach, format: ExpositionFormat) => Promise<string>;

export function metricsRoutes(page: MetricsPage): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/metrics",
      access: "reader",
      id: "getMetrics",
      summary:
        "Metrics for Prometheus, or as OpenMetrics where Accept asks for it. A key of one tenant sees what is labelled " +
        "with its tenant and environment; one of all tenants also the process itself.",
      tag: "server",
      query: METRICS_QUERY,
      answer: { status: 200, description: "the metrics", texts: ["text/plain", "application/openmetrics-text"] },
      async handle({ query, request, caller, named }) {
        const format = wantedFormat(request.headers.accept);
        return new TextAnswer(EXPOSITION_TYPES[format], await page(narrowed(caller(), named(query)), format));
      },
    }),
  ];
}
