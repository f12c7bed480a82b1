import { inFilter } from "../../core/renaming-fields.ts";
import { parseJson } from "../body.ts";
import { type Route, route } from "../route.ts";
import { ID_PARAMS, numbered } from "../schemas/query.ts";
import {
  DEAD_LETTER_QUERY,
  DEAD_LETTER_REPLAY,
  PURGE_QUERY,
  PURGE_RECEIPT,
  REPLAY,
  REPLAY_QUERY,
  REPLAY_REQUEST,
  REPLAY_STARTED,
} from "../schemas/replay.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "replays";
const STARTED = { status: 202, description: "the job, and what it found", schema: refTo(REPLAY_STARTED) };

export const REPLAY_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/replays",
    access: "admin",
    id: "replay",
    summary:
      "Send all deliveries again that match `filter` and ended (default: those that failed). Done in steps; each is " +
      "sent again once, whatever happens to the server meanwhile.",
    tag,
    body: { schema: refTo(REPLAY_REQUEST), parse: parseJson },
    answer: STARTED,
    async handle({ body: { filter, ...options }, service }) {
      return inFilter(filter, () => service().replay({ ...filter, ...options }));
    },
  }),

  route({
    method: "GET",
    path: "/v1/replays",
    access: "reader",
    id: "listReplays",
    summary: "List replays, newest first.",
    tag,
    query: REPLAY_QUERY,
    answer: { status: 200, description: "a page of replays", schema: pageOfRefs("Replay") },
    async handle({ query, service }) {
      return service().listReplays(numbered(query));
    },
  }),

  route({
    method: "GET",
    path: "/v1/replays/:id",
    access: "reader",
    id: "getReplay",
    summary: "How far a replay has come.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the replay", schema: refTo(REPLAY) },
    async handle({ params, service }) {
      return service().getReplay(params.id);
    },
  }),

  route({
    method: "POST",
    path: "/v1/replays/:id/cancel",
    access: "admin",
    id: "cancelReplay",
    summary: "Send nothing more of it again; what it re-opened goes out.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the replay, cancelled", schema: refTo(REPLAY) },
    async handle({ params, service }) {
      return service().cancelReplay(params.id);
    },
  }),

  route({
    method: "GET",
    path: "/v1/dead-letters",
    access: "reader",
    id: "listDeadLetters",
    summary: "List deliveries that failed, newest first. `since` and `until`: when they failed.",
    tag,
    query: DEAD_LETTER_QUERY,
    answer: { status: 200, description: "a page of deliveries", schema: pageOfRefs("Delivery") },
    async handle({ query, service }) {
      return service().listDeadLetters(numbered(query));
    },
  }),

  route({
    method: "POST",
    path: "/v1/dead-letters/replay",
    access: "admin",
    id: "replayDeadLetters",
    summary: "Send those that failed again: a replay.",
    tag,
    body: { schema: refTo(DEAD_LETTER_REPLAY), parse: parseJson, optional: true },
    answer: STARTED,
    async handle({ body, service }) {
      const { filter, ...options } = body ?? {};
      return inFilter(filter, () => service().replay({ ...filter, ...options, status: "failed" }));
    },
  }),

  route({
    method: "DELETE",
    path: "/v1/dead-letters",
    access: "admin",
    id: "purgeDeadLetters",
    summary: "Delete those that failed, with their attempts. What was counted of them stays.",
    tag,
    query: PURGE_QUERY,
    answer: { status: 200, description: "how many were deleted", schema: refTo(PURGE_RECEIPT) },
    async handle({ query: { dry_run, ...filter }, service }) {
      return service().purgeDeadLetters({ ...filter, dry_run: dry_run === "true" });
    },
  }),
];
