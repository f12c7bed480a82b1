import { type Route, route } from "../route.ts";
import { ALERT_QUERY } from "../schemas/alert.ts";
import { numbered } from "../schemas/query.ts";
import { pageOfRefs } from "../schemas/words.ts";

export const ALERT_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/alerts",
    access: "reader",
    id: "listAlerts",
    summary: "List alerts that fire and those of the last 30 days, newest first.",
    tag: "alerts",
    query: ALERT_QUERY,
    answer: { status: 200, description: "a page of alerts", schema: pageOfRefs("Alert") },
    async handle({ query, service }) {
      return service().listAlerts(numbered(query));
    },
  }),
];
