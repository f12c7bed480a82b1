import { SETUP_MAX_BYTES } from "../../core/setup/setup.ts";
import { parseJson } from "../body.ts";
import { type Route, route } from "../route.ts";
import { SETUP_EXPORT, SETUP_REQUEST, SETUP_RESULT } from "../schemas/setup.ts";
import { refTo } from "../schemas/words.ts";

const tag = "set-up";

export const SETUP_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/apply",
    access: "admin",
    id: "applySetup",
    summary:
      "Make an environment what a document says: settings, event types, subscriptions, sources, alert rules and keys, all of it in one step, or nothing. The same once more changes nothing.",
    tag,
    body: { schema: refTo(SETUP_REQUEST), parse: parseJson, maxBytes: SETUP_MAX_BYTES, sizeField: "setup" },
    answer: { status: 200, description: "what was changed, or would be", schema: refTo(SETUP_RESULT) },
    async handle({ body, service }) {
      const { tenant, environment, ...request } = body;
      return service({ tenant, environment }).applySetup(request);
    },
  }),

  route({
    method: "GET",
    path: "/v1/export",
    access: "admin",
    id: "exportSetup",
    summary: "The environment as a document that can be applied. What is secret stands in it as a reference.",
    tag,
    answer: { status: 200, description: "the document", schema: refTo(SETUP_EXPORT) },
    async handle({ service }) {
      return service().exportSetup();
    },
  }),
];
