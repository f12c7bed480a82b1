import { EventEmitter } from "node:events";
import type { HeaderPairs } from "../core/attempt.ts";
import { ACCEPTED, type Answer } from "./delivery-desk.ts";
import { type ForwardRoute, routeOf } from "./forward-route.ts";
import type { ForwardTarget } from "./forward-target.ts";
import { Forwarder, forwardedRequest } from "./forwarder.ts";
import { LocalWatch } from "./local-watch.ts";
import type { DeliveryFrame } from "./protocol.ts";

export interface LocalProgramsOptions {
  /** The first that takes an event's type gets it. */
  routes: readonly ForwardRoute[];
  /** Gets what no route takes; undefined: that is answered with 200 here. */
  otherwise: ForwardTarget | undefined;
  /** Set on every request. */
  headers: HeaderPairs;
}

export interface LocalProgramsEvents {
  /** Nothing listens there, `localhost:3000`: once, until it is back. */
  down: [where: string];
  up: [where: string];
}

interface LocalProgram {
  forwarder: Forwarder;
  watch: LocalWatch;
}

/** The developer's programs: which of them gets a delivery, and whether they are there. */
export class LocalPrograms extends EventEmitter<LocalProgramsEvents> {
  readonly #options: LocalProgramsOptions;
  /** By URL. */
  readonly #programs = new Map<string, LocalProgram>();
  /** By host and port: several URLs of one program are one to be there or not. */
  readonly #watches = new Map<string, LocalWatch>();

  constructor(options: LocalProgramsOptions) {
    super();
    this.#options = options;
    for (const target of this.#targets()) this.#programs.set(target.url.href, this.#program(target));
  }

  /** Never rejects. `signal` gives the request up. */
  async forward(delivery: DeliveryFrame, signal: AbortSignal): Promise<Answer> {
    const { routes, otherwise } = this.#options;
    const target = routeOf(routes, delivery.event_type)?.target ?? otherwise;
    if (target === undefined) return ACCEPTED;
    const { forwarder, watch } = this.#programs.get(target.url.href)!;
    const answer = await forwarder.forward(delivery, signal);
    if (answer.kind === "failed" && answer.code === "refused") void watch.look();
    return answer;
  }

  /** The request as its program gets it; undefined: none does. */
  requestOf(delivery: DeliveryFrame): { url: string; headers: HeaderPairs } | undefined {
    const { routes, otherwise, headers } = this.#options;
    const target = routeOf(routes, delivery.event_type)?.target ?? otherwise;
    return target === undefined ? undefined : forwardedRequest(target, delivery, headers);
  }

  /** Looks whether they are there, says so of those that are not, and goes on looking now and then. */
  look(): void {
    for (const watch of this.#watches.values()) void watch.look();
  }

  /** Where nothing listens now, as far as it was looked. */
  get absent(): string[] {
    return [...this.#watches].filter(([, watch]) => watch.isDown).map(([where]) => where);
  }

  /** Of these programs the listener's own is one: what gets the rest, or, where nothing does, any of the routes'. */
  get own(): string[] {
    const { otherwise } = this.#options;
    return otherwise === undefined ? [...this.#watches.keys()] : [otherwise.url.host];
  }

  /** Resolves once one of `own` has been seen. The others are looked at, and not waited for. */
  async untilUp(): Promise<void> {
    this.look();
    await Promise.race(this.own.map((where) => this.#watches.get(where)!.untilUp()));
  }

  /** They may go now: nothing is said of it any more. */
  unwatch(): void {
    for (const watch of this.#watches.values()) watch.close();
  }

  close(): void {
    for (const { forwarder } of this.#programs.values()) forwarder.close();
    this.unwatch();
  }

  #targets(): ForwardTarget[] {
    const { routes, otherwise } = this.#options;
    return [...routes.map(({ target }) => target), ...(otherwise === undefined ? [] : [otherwise])];
  }

  #program(target: ForwardTarget): LocalProgram {
    return { forwarder: new Forwarder({ target, headers: this.#options.headers }), watch: this.#watchOf(target.url) };
  }

  #watchOf({ protocol, hostname, host, port }: URL): LocalWatch {
    const known = this.#watches.get(host);
    if (known !== undefined) return known;
    const watch = new LocalWatch({ hostname, port: Number(port || (protocol === "https:" ? 443 : 80)) });
    watch.on("down", () => this.emit("down", host));
    watch.on("up", () => this.emit("up", host));
    this.#watches.set(host, watch);
    return watch;
  }
}
