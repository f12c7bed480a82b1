import { networkInterfaces } from "node:os";
import type { ClaimedEvent } from "./core/delivery.ts";
import type { TrustedProxies } from "./core/door-settings.ts";
import { EgressRules, isLoopbackOnly } from "./core/egress/egress-rules.ts";
import { parseIp } from "./core/egress/ip-address.ts";
import type { NetList } from "./core/egress/net-list.ts";
import { type GivenNames, ownNames } from "./core/egress/own-names.ts";
import type { OwnDoor } from "./core/egress/policy.ts";
import { loopHeaders } from "./core/loop-mark.ts";
import type { NameServer } from "./core/setting-rules.ts";

/** What of a daemon's options decides who it may send to. */
export interface EgressOptions extends GivenNames {
  host: string;
  /** 0: any free one. */
  port: number;
  allowNet?: NetList | undefined;
  denyNet?: NetList | undefined;
  trustedProxies?: TrustedProxies | undefined;
}

/** The rules that a daemon sends by. */
export function daemonRules(options: EgressOptions): EgressRules {
  const { allowNet = [], denyNet = [] } = options;
  return new EgressRules({
    allow: allowNet,
    deny: denyNet,
    isLoopbackOnly: isLoopbackOnly(options),
    ownNames: ownNames(options, options.port),
  });
}

export function netTexts({ server }: EgressRules): { allow_net: string[]; deny_net: string[] } {
  return { allow_net: server.allow.map(({ text }) => text), deny_net: server.deny.map(({ text }) => text) };
}

/** Where a daemon listens. One that listens on every address has all of this machine's, the public ones among them. */
export function ownDoor(url: string, host: string): OwnDoor {
  const { port, protocol } = new URL(url);
  const isAny = host === "0.0.0.0" || host === "::";
  const texts = isAny
    ? Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
    : [host];
  const addresses = texts.flatMap((text) => parseIp(text) ?? []);
  return { port: Number(port || (protocol === "https:" ? 443 : 80)), addresses };
}

/** What goes with these events from hop to hop: name, value … */
type HopHeaders = (events: readonly ClaimedEvent[]) => readonly string[];

/** `mark` undefined: what it sends is not marked. */
export function hopHeaders(mark: string | undefined, trace: HopHeaders | undefined): HopHeaders | undefined {
  if (mark === undefined) return trace;
  const loop = loopHeaders(mark);
  return trace === undefined ? loop : (events) => [...trace(events), ...loop(events)];
}

export function nameServerText({ address, port }: NameServer): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
