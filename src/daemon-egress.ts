import { networkInterfaces } from "node:os";
import type { TrustedProxies } from "./core/door-settings.ts";
import { EgressRules, isLoopbackOnly } from "./core/egress/egress-rules.ts";
import { parseIp } from "./core/egress/ip-address.ts";
import type { NetList } from "./core/egress/net-list.ts";
import type { OwnDoor } from "./core/egress/policy.ts";
import type { NameServer } from "./core/setting-rules.ts";

/** What of a daemon's options decides who it may send to. */
export interface EgressOptions {
  host: string;
  allowNet?: NetList | undefined;
  denyNet?: NetList | undefined;
  publicUrl?: URL | undefined;
  trustedProxies?: TrustedProxies | undefined;
}

/** The rules that a daemon sends by. */
export function daemonRules(options: EgressOptions): EgressRules {
  const { allowNet = [], denyNet = [] } = options;
  return new EgressRules({ allow: allowNet, deny: denyNet, isLoopbackOnly: isLoopbackOnly(options) });
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

export function nameServerText({ address, port }: NameServer): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
