import type { Settings } from "../config.ts";
import { EgressRules, isLoopbackOnly } from "../core/egress/egress-rules.ts";
import { type NetList, parseNetList } from "../core/egress/net-list.ts";
import { ownNames } from "../core/egress/own-names.ts";
import { parseSourceAddresses, type SourceAddresses } from "../core/egress/source-addresses.ts";
import { type NameServer, parseNameServer } from "../core/setting-rules.ts";
import type { DaemonInfo } from "../store/sqlite/daemon-lock.ts";

/** How this process sends: by which rules, and whom it asks for names. */
export interface LocalEgress {
  rules: EgressRules;
  /** Undefined: the system's. */
  dns: NameServer | undefined;
  /** Which addresses of this machine it sends from. Undefined: the system chooses. */
  sources: SourceAddresses | undefined;
}

/** A developer at his own machine, with no store: what is sent reaches nobody who is not asked for. */
export function directEgress({ allowNet, denyNet, dns, sources }: Settings["serve"]): LocalEgress {
  return { rules: new EgressRules({ allow: allowNet, deny: denyNet, isLoopbackOnly: true }), dns, sources };
}

/** Beside a daemon its rules, which what is stored is sent by; what the settings deny is denied besides. */
export function storeEgress(settings: Settings["serve"], info: DaemonInfo | undefined): LocalEgress {
  const { allowNet, denyNet, dns, sources } = settings;
  const daemon = info?.egress;
  if (info === undefined || daemon === undefined) {
    const rules = new EgressRules({
      allow: allowNet,
      deny: denyNet,
      isLoopbackOnly: isLoopbackOnly(settings),
      ownNames: ownNames(settings, settings.port),
    });
    return { rules, dns, sources };
  }
  const deny: NetList = [...parseNetList(daemon.denyNet, "deny", "deny_net"), ...denyNet];
  const allow = parseNetList(daemon.allowNet, "allow", "allow_net");
  const { port: portText, protocol } = new URL(info.url);
  const port = Number(portText || (protocol === "https:" ? 443 : 80));
  const publicUrl = daemon.publicUrl === undefined ? undefined : (URL.parse(daemon.publicUrl) ?? undefined);
  const names = ownNames({ publicUrl, allowedHosts: daemon.allowedHosts }, port);
  const rules = new EgressRules({ allow, deny, isLoopbackOnly: daemon.isLoopbackOnly, ownNames: names });
  rules.setOwnDoor({ port, addresses: [] });
  return {
    rules,
    dns: daemon.dns === null ? dns : parseNameServer(daemon.dns, "dns"),
    sources: daemon.sources === undefined ? undefined : parseSourceAddresses(daemon.sources, "local_address"),
  };
}
