import { Type } from "typebox";
import { AUDIT_ACTIONS } from "../../core/audit.ts";
import { ANY, KEY_STATUSES, ROLES } from "../../core/key.ts";
import { SCOPE_NAME_PATTERN } from "../../core/scope.ts";
import { PAGE, RANGE } from "./query.ts";
import { closed, INSTANT, orNull, record, SCOPE_NAME } from "./words.ts";

const ROLE = Type.Enum([...ROLES]);
const STATUS = Type.Enum([...KEY_STATUSES]);
/** Names, and what stands for any of them. */
export const REACH = Type.String({
  pattern: `^(\\*|${SCOPE_NAME_PATTERN.source.slice(1, -1)})$`,
  description: `1 to 32 characters of a-z, 0-9 and "-", or ${ANY} for any`,
});
const RATE_LIMIT = Type.String({
  maxLength: 20,
  description: "requests that may be made with it: 10/s, 600/m, 5000/h",
});

export const KEY_INPUT = closed(
  {
    name: Type.String({ maxLength: 255, description: "what it is for" }),
    role: ROLE,
    tenant: Type.Optional(REACH),
    environment: Type.Optional(REACH),
    expires: Type.Optional(
      orNull(Type.String({ maxLength: 40, description: "a duration from now (30d) or an ISO 8601 time" })),
    ),
    rate_limit: Type.Optional(orNull(RATE_LIMIT)),
  },
  { $id: "KeyInput" },
);

const KEY_FIELDS = {
  id: Type.String(),
  name: Type.String(),
  role: ROLE,
  tenant: REACH,
  environment: REACH,
  status: STATUS,
  hint: Type.String({ description: "what may be shown of the key" }),
  rate_limit: orNull(RATE_LIMIT),
  created_at: INSTANT,
  expires_at: orNull(INSTANT),
  last_used_at: orNull(INSTANT),
  revoked_at: orNull(INSTANT),
};
export const KEY = Type.Object(KEY_FIELDS, { $id: "Key" });
export const KEY_WITH_SECRET = Type.Object(
  { ...KEY_FIELDS, key: Type.String({ description: "the whole key, shown here and never again" }) },
  { $id: "KeyWithSecret" },
);

export const KEY_QUERY = closed({
  ...PAGE,
  role: Type.Optional(ROLE),
  status: Type.Optional(STATUS),
  tenant: Type.Optional(REACH),
  environment: Type.Optional(REACH),
});

const DESCRIPTION = Type.String({ maxLength: 1024 });

export const TENANT_INPUT = closed(
  { name: SCOPE_NAME, description: Type.Optional(DESCRIPTION) },
  { $id: "TenantInput" },
);

export const TENANT_PATCH = closed({ description: Type.Optional(orNull(DESCRIPTION)) }, { $id: "TenantPatch" });

export const TENANT = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    environments: Type.Array(Type.String(), { description: "that have data" }),
    subscriptions: Type.Integer({ minimum: 0, description: "in the environments that the asking key reaches" }),
    keys: Type.Integer({ minimum: 0, description: "made for it there, and not revoked" }),
    created_at: orNull(INSTANT),
    updated_at: orNull(INSTANT),
  },
  { $id: "Tenant" },
);

export const TENANT_PARAMS = Type.Object({ name: Type.String({ minLength: 1 }) });

export const TENANT_QUERY = closed({ ...PAGE });

export const TENANT_DELETION = closed({
  force: Type.Optional(Type.Enum(["true", "false"], { description: "erase all that it has; default false" })),
  dry_run: Type.Optional(
    Type.Enum(["true", "false"], { description: "delete nothing, and answer as deleting would; default false" }),
  ),
});

export const AUDIT_ENTRY = Type.Object(
  {
    id: Type.String(),
    at: INSTANT,
    action: Type.Enum([...AUDIT_ACTIONS]),
    actor: Type.Object({
      key: orNull(Type.String({ description: "id; null: whoever owns the store's files" })),
      name: Type.String(),
    }),
    from: Type.String({ description: "the address of the request, or cli" }),
    resource: Type.Object({
      kind: Type.String(),
      id: orNull(Type.String({ description: "null: many" })),
    }),
    tenant: Type.String(),
    environment: Type.String(),
    before: orNull(record<unknown>({}, { description: "what changed, as it was; secrets are masked" })),
    after: orNull(record<unknown>({}, { description: "what changed, as it is; secrets are masked" })),
  },
  { $id: "AuditEntry" },
);

export const AUDIT_QUERY = closed({
  ...PAGE,
  ...RANGE,
  key: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "id of a key, or local" })),
  action: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "an action, or all of a kind: subscription.*" }),
  ),
  resource: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: "id of what was changed, or a tenant's name" }),
  ),
  tenant: Type.Optional(REACH),
  environment: Type.Optional(REACH),
});
