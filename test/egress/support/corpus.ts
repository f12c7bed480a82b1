// The corpus of server-side request forgeries (test/fixtures/ssrf.json), and a network in which it can be run: names as
// the corpus has them, and sockets that are counted and lead nowhere but to this machine.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { EgressRules } from "../../../src/core/egress/egress-rules.ts";
import { HttpSender, type HttpSenderOptions } from "../../../src/deliver/http-sender.ts";
import { localRules } from "../../support/egress.ts";
import { startReceiver } from "../../support/receiver.ts";
import { type StubDns, startStubDns } from "../../support/stub-dns.ts";

export interface SsrfEntry {
  id: string;
  class: string;
  url: string;
  verdict: "block" | "allow";
  stage: string;
  reason: string;
  resolves_to?: string[];
  resolves_sequence?: string[][];
  register_verdict?: "allow";
  redirect?: { status: number; location: string };
  profile?: "https-only";
}

export const CORPUS = (
  JSON.parse(readFileSync(new URL("../../fixtures/ssrf.json", import.meta.url), "utf8")) as { entries: SsrfEntry[] }
).entries;

/** As the corpus is to be run: development, with this machine denied; what is for https alone, in production. */
export const DENIED = ["127.0.0.0/8", "::1/128"];
export const environmentOf = ({ profile }: SsrfEntry): string =>
  profile === "https-only" ? "production" : "development";

export interface Dialled {
  address: string;
  port: number;
}

export interface CorpusNetwork {
  dns: StubDns;
  /** What was dialled since the last `clear`. */
  dialled: Dialled[];
  clear(): void;
  /** Answers the next requests, whatever address they were sent to. */
  answer(status: number, headers?: Record<string, string>): void;
  /** Requests that arrived. */
  readonly arrived: number;
  rules: EgressRules;
  /** How a sender dials in it. */
  dialling: Pick<HttpSenderOptions, "hostsFile" | "dial">;
  /** A program's one sender: names are asked for anew by each. */
  sender(rules?: HttpSenderOptions["egress"]): HttpSender;
}

/** Names are answered for by their entry of the corpus; a sequence goes on by one with each look-up. */
export async function openNetwork(entries: readonly SsrfEntry[] = CORPUS): Promise<CorpusNetwork> {
  const byHost = new Map(entries.map((entry) => [URL.parse(entry.url)?.hostname.replace(/\.$/, ""), entry]));
  const asked = new Map<string, number>();
  const dns = await startStubDns((name, type) => {
    const entry = byHost.get(name);
    if (entry === undefined) return "nxdomain";
    const turn = asked.get(`${name} ${type}`) ?? 0;
    asked.set(`${name} ${type}`, turn + 1);
    const { resolves_sequence: sequence, resolves_to: addresses = [] } = entry;
    const answers = sequence === undefined ? addresses : (sequence[Math.min(turn, sequence.length - 1)] ?? []);
    return { a: answers.filter(net.isIPv4), aaaa: answers.filter((one) => net.isIPv6(one) && !one.includes("%")) };
  });
  // What no name server can say stands in the hosts file.
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-egress-"));
  const hostsFile = path.join(folder, "hosts");
  const scoped = entries.flatMap(({ url, resolves_to: to = [] }) =>
    to.filter((address) => address.includes("%")).map((address) => `${address} ${new URL(url).hostname}\n`),
  );
  writeFileSync(hostsFile, scoped.join(""));
  let answer: { status: number; headers: Record<string, string> } = { status: 204, headers: {} };
  const receiver = await startReceiver({ reply: () => answer });
  const dialled: Dialled[] = [];
  const senders: HttpSender[] = [];
  onTestFinished(async () => {
    await Promise.all(senders.map((sender) => sender.close()));
    await Promise.all([dns.close(), receiver.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  /** Every address leads to one receiver of ours, and the socket says that it is the one that was dialled. */
  const dial = (address: string, port: number): net.Socket => {
    dialled.push({ address, port });
    const socket = net.connect({ host: "127.0.0.1", port: receiver.port });
    return Object.defineProperty(socket, "remoteAddress", { value: address });
  };
  const rules = localRules([], DENIED);
  return {
    dns,
    dialled,
    clear: () => {
      dialled.length = 0;
    },
    answer: (status, headers = {}) => {
      answer = { status, headers };
    },
    get arrived() {
      return receiver.requests.length;
    },
    rules,
    dialling: { hostsFile, dial },
    sender: (egress = rules) => {
      const sender = new HttpSender({ egress, dns: dns.server, hostsFile, dial });
      senders.push(sender);
      return sender;
    },
  };
}

/** Where an entry that is let through may be dialled. */
export function allowedAddresses({ url, resolves_to: to, resolves_sequence: sequence }: SsrfEntry): string[] {
  return to ?? sequence?.[0] ?? [new URL(url).hostname.replace(/^\[|\]$/g, "")];
}
