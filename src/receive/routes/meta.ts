import { HooksError } from "../../core/errors.ts";
import type { Whoami } from "../../core/whoami.ts";
import { type Route, route } from "../route.ts";
import { META, WHOAMI } from "../schemas/other.ts";
import { refTo } from "../schemas/words.ts";

export const META_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/meta",
    access: "any",
    id: "getMeta",
    summary: "Version of this server, the addresses that it sends from, and its limits.",
    tag: "server",
    answer: { status: 200, description: "version, addresses and limits", schema: refTo(META) },
    async handle({ service }) {
      return service().meta();
    },
  }),

  route({
    method: "GET",
    path: "/v1/whoami",
    access: "any",
    id: "whoami",
    summary: 'Who the key is: its name, role, tenant and environment ("*": any, named by each request).',
    tag: "server",
    answer: { status: 200, description: "who the key is", schema: refTo(WHOAMI) },
    async handle({ caller, service }) {
      const { name, role, tenant, environment } = caller();
      // Names in the headers that are not the key's own are refused here as anywhere.
      service();
      return { name, role, tenant, environment } satisfies Whoami;
    },
  }),

  route({
    method: "GET",
    path: "/v1/listen",
    access: "listener",
    id: "listen",
    summary: "The WebSocket of `hooks listen` (subprotocol hooks.listen.v1). Answers 426 to a plain request.",
    tag: "listen",
    answer: { status: 101, description: "the protocol is switched" },
    async handle() {
      throw new HooksError("upgrade_required", "this is a WebSocket: connect with subprotocol hooks.listen.v1", {
        hint: "hooks listen",
      });
    },
  }),
];
