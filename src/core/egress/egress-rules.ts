import { EgressPolicy, type OwnDoor, type ReceiverRules, type ServerRules } from "./policy.ts";
import { isLoopbackHost } from "./special-addresses.ts";

/** Policies remembered; beyond it the memory starts afresh. */
const MAX_POLICIES = 10_000;

/**
 * Whether nobody but this machine reaches a daemon. One that others reach by a public URL or through a proxy is not this
 * machine's own, whatever address it is bound to.
 */
export function isLoopbackOnly(door: { host: string; publicUrl?: unknown; trustedProxies?: unknown }): boolean {
  return isLoopbackHost(door.host) && door.publicUrl === undefined && door.trustedProxies === undefined;
}

/** The rules of one running program, and the policy that each receiver has under them. */
export class EgressRules {
  readonly server: ServerRules;
  readonly #byKey = new Map<string, EgressPolicy>();
  readonly #byRules = new WeakMap<ReceiverRules, EgressPolicy>();
  #ownDoor: OwnDoor | undefined;

  constructor(server: ServerRules) {
    this.server = server;
  }

  /** Where the program listens: from now on nothing is sent there. */
  setOwnDoor(door: OwnDoor): void {
    this.#ownDoor = door;
  }

  /** Equal rules have the same policy. */
  policyFor(rules: ReceiverRules): EgressPolicy {
    const known = this.#byRules.get(rules);
    if (known !== undefined) return known;
    const made = new EgressPolicy(this.server, rules, () => this.#ownDoor);
    const policy = this.#byKey.get(made.key) ?? made;
    if (MAX_POLICIES <= this.#byKey.size) this.#byKey.clear();
    this.#byKey.set(policy.key, policy);
    this.#byRules.set(rules, policy);
    return policy;
  }
}
