import type { PageQuery } from "./hooks-service.ts";

export interface TenantInput {
  /** 1 to 32 characters of a–z, 0–9 and "-". */
  name: string;
  /** At most 1,024 characters; default "". */
  description?: string | undefined;
}

export interface TenantPatch {
  /** Null: none. */
  description?: string | null | undefined;
}

export interface TenantDeletion {
  /** With all that it has. */
  force?: boolean | undefined;
  /** Only look whether it could be. */
  dry_run?: boolean | undefined;
}

/** An organisation: one that was created, or whose name data or a key has. */
export interface TenantResource {
  name: string;
  description: string;
  /** Environments that have data, in alphabetical order. */
  environments: string[];
  /** Like all that is counted here, in the environments that the asking key reaches. */
  subscriptions: number;
  /** Its own keys that are not revoked. */
  keys: number;
  /** Null: nobody created it by name. */
  created_at: string | null;
  updated_at: string | null;
}

export type TenantQuery = PageQuery;
