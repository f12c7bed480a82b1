import { type ClaimedDelivery, isRetry } from "../core/delivery.ts";
import { TokenBucket } from "../core/rate-limit.ts";
import type { RateLimit } from "../core/subscription.ts";
import type { Lane } from "./lane.ts";
import { Line, Party } from "./turn-ring.ts";
import type { Sleeper } from "./wake-heap.ts";

/** Attempts in a span of time; undefined: no limit. */
export interface DispatchRates {
  /** Of this process. */
  process: RateLimit | undefined;
  /** Of each tenant. */
  tenant: RateLimit | undefined;
  /** To one host: those that are not a delivery's first. */
  hostRetries: RateLimit | undefined;
}

/** The lines that a lane can stand in: what was never tried and retries apart. */
export const FRESH = 0;
export const RETRIES = 1;
export type Kind = typeof FRESH | typeof RETRIES;
export const KINDS = [FRESH, RETRIES] as const;

export function kindOf(delivery: ClaimedDelivery): Kind {
  return isRetry(delivery) ? RETRIES : FRESH;
}

/** What the lanes of one tenant share. */
export class Tenant implements Sleeper {
  /** Where its lanes stand in line for slots, and for claims. */
  readonly starts = [new Party<Tenant, Lane>(this), new Party<Tenant, Lane>(this)] as const;
  readonly claims = [new Party<Tenant, Lane>(this), new Party<Tenant, Lane>(this)] as const;
  readonly bucket: TokenBucket | undefined;
  lanes = 0;
  /** Lanes with something in flight or at hand. */
  busyLanes = 0;
  inFlight = 0;
  /** Deliveries that are at hand or asked for, and not started. */
  spoken = 0;
  wakeAt = Number.POSITIVE_INFINITY;
  heapIndex = 0;

  constructor(rate: RateLimit | undefined) {
    this.bucket = rate === undefined ? undefined : new TokenBucket(rate);
  }

  /** How many more may be claimed now, so far as its limit goes. */
  quota(now: number): number {
    return this.bucket === undefined ? Number.POSITIVE_INFINITY : this.bucket.available(now) - this.spoken;
  }
}

/** What the lanes that send to one host share: how many retries it gets in a span of time. */
export class Host implements Sleeper {
  readonly bucket: TokenBucket;
  lanes = 0;
  /** Retries that are claimed or asked for, and not started: each has a token to its name. */
  promised = 0;
  /** Lanes with retries that wait for a token. */
  readonly waiting = new Line<Lane>();
  wakeAt = Number.POSITIVE_INFINITY;
  heapIndex = 0;

  constructor(rate: RateLimit) {
    this.bucket = new TokenBucket(rate);
  }

  /** How many more retries may be claimed now. */
  quota(now: number): number {
    return this.bucket.available(now) - this.promised;
  }
}

/** The limits that several lanes share. Where none is set, there is nothing to look at. */
export class Limits {
  readonly process: TokenBucket | undefined;
  readonly #rates: DispatchRates | undefined;
  readonly #tenants = new Map<string, Tenant>();
  readonly #hosts = new Map<string, Host>();

  constructor(rates: DispatchRates | undefined) {
    this.#rates = rates;
    this.process = rates?.process === undefined ? undefined : new TokenBucket(rates.process);
  }

  /** For one more lane of this tenant. */
  joinTenant(name: string): Tenant {
    let tenant = this.#tenants.get(name);
    if (tenant === undefined) {
      tenant = new Tenant(this.#rates?.tenant);
      this.#tenants.set(name, tenant);
    }
    tenant.lanes += 1;
    return tenant;
  }

  leaveTenant(name: string): void {
    const tenant = this.#tenants.get(name);
    if (tenant !== undefined && --tenant.lanes === 0) this.#tenants.delete(name);
  }

  /** For one more lane that sends to this URL; undefined: its retries are not limited. */
  joinHost(url: string | undefined): Host | undefined {
    const rate = this.#rates?.hostRetries;
    const key = rate === undefined || url === undefined ? undefined : hostOf(url);
    if (rate === undefined || key === undefined) return undefined;
    let host = this.#hosts.get(key);
    if (host === undefined) {
      host = new Host(rate);
      this.#hosts.set(key, host);
    }
    host.lanes += 1;
    return host;
  }

  leaveHost(url: string | undefined): void {
    const key = url === undefined ? undefined : hostOf(url);
    const host = key === undefined ? undefined : this.#hosts.get(key);
    if (host !== undefined && --host.lanes === 0) this.#hosts.delete(key!);
  }
}

/** Name or address and port, the scheme's own where none is named: the same receiver, however it is written. */
function hostOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  return `${parsed.hostname}:${parsed.port === "" ? (parsed.protocol === "https:" ? 443 : 80) : parsed.port}`;
}
