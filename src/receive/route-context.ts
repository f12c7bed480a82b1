import type { AdminService } from "../core/admin-service.ts";
import type { HooksService } from "../core/hooks-service.ts";
import type { Actor, Caller } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import type { Authenticate } from "./admission.ts";
import type { BodyBudget } from "./body-budget.ts";
import type { Clients } from "./client.ts";
import type { CursorSeal } from "./cursor-seal.ts";
import type { Tail } from "./tail.ts";

/** What the routes of a server have in common. */
export interface RouteContext {
  authenticate: Authenticate;
  serviceFor(scope: Scope, actor: Actor): HooksService;
  adminFor(caller: Caller): AdminService;
  defaultEnvironment: string;
  isDraining(): boolean;
  bodies: BodyBudget;
  clients: Clients;
  tail: Tail;
  cursors: CursorSeal;
  /** Calls `end` when the key ends that somebody was let in with; answers how to stop that. */
  keepAdmitted(caller: Caller, end: () => void): () => void;
}
