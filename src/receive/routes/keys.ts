import { parseJson } from "../body.ts";
import { type Route, route } from "../route.ts";
import { KEY, KEY_INPUT, KEY_QUERY, KEY_WITH_SECRET } from "../schemas/admin.ts";
import { ID_PARAMS, numbered } from "../schemas/query.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "keys";

export const KEY_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/keys",
    access: "admin",
    id: "createKey",
    summary:
      "Make a key, at most as large as the one it is made with. The whole key is in this answer and never again.",
    tag,
    body: { schema: refTo(KEY_INPUT), parse: parseJson },
    answer: { status: 201, description: "made", schema: refTo(KEY_WITH_SECRET) },
    async handle({ body, admin, named }) {
      return admin().createKey({ ...body, ...named(body) });
    },
  }),

  route({
    method: "GET",
    path: "/v1/keys",
    access: "admin",
    id: "listKeys",
    summary: "List keys, newest first, those that ended too.",
    tag,
    query: KEY_QUERY,
    answer: { status: 200, description: "a page of keys", schema: pageOfRefs("Key") },
    async handle({ query, admin, named }) {
      return admin().listKeys({ ...numbered(query), ...named(query) });
    },
  }),

  route({
    method: "GET",
    path: "/v1/keys/:id",
    access: "admin",
    id: "getKey",
    summary: "A key, without the key itself.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the key", schema: refTo(KEY) },
    async handle({ params, admin, named }) {
      return admin().getKey(params.id, named({}));
    },
  }),

  route({
    method: "DELETE",
    path: "/v1/keys/:id",
    access: "admin",
    id: "revokeKey",
    summary: "Revoke a key: within a second nobody gets in with it. It stays in the list.",
    tag,
    params: ID_PARAMS,
    answer: { status: 204, description: "revoked" },
    async handle({ params, admin, named }) {
      await admin().revokeKey(params.id, named({}));
    },
  }),
];
