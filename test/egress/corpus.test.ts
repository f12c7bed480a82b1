import { describe, expect, it } from "vitest";
import { isHooksError } from "../../src/core/errors.ts";
import type { TestResult } from "../../src/core/hooks-service.ts";
import type { EgressCheck } from "../../src/service/service-parts.ts";
import { DEVELOPMENT } from "../support/egress.ts";
import { openTestHooks, type TestHooks } from "../support/local-hooks.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { startSending, TEST_SECRET } from "../support/sending.ts";
import {
  allowedAddresses,
  CORPUS,
  type CorpusNetwork,
  DENIED,
  environmentOf,
  openNetwork,
  type SsrfEntry,
} from "./support/corpus.ts";

// Each entry of the corpus through each door by which a URL comes in. Nothing leaves this machine.

const LIMIT_MS = 120_000;
const PLACEHOLDER = "https://example.com/placeholder";

/** What the corpus says of a URL when it is registered. */
function registers(entry: SsrfEntry): boolean {
  return (entry.register_verdict ?? entry.verdict) === "allow";
}

/** Of those that are let through, that an attempt dialled what it should; of the others, that nothing was dialled. */
function checkDialled(entry: SsrfEntry, { dialled }: CorpusNetwork): void {
  const addresses = dialled.map(({ address }) => address);
  if (entry.redirect !== undefined) expect([entry.id, addresses]).toEqual([entry.id, entry.resolves_to]);
  else if (entry.verdict === "block") expect([entry.id, addresses]).toEqual([entry.id, []]);
  else {
    expect([entry.id, addresses.length]).not.toEqual([entry.id, 0]);
    expect(allowedAddresses(entry)).toEqual(expect.arrayContaining(addresses));
  }
}

/** A redirect needs an answer, so it is asked for in the clear: our receiver has no certificate for those names. */
function urlOf(entry: SsrfEntry): string {
  return entry.redirect === undefined ? entry.url : entry.url.replace(/^https:/, "http:");
}

function prepare(entry: SsrfEntry, network: CorpusNetwork): void {
  network.clear();
  if (entry.redirect === undefined) network.answer(204);
  else network.answer(entry.redirect.status, { location: entry.redirect.location });
}

it("is whole: 267 entries of 31 classes", () => {
  expect(CORPUS).toHaveLength(267);
  expect(new Set(CORPUS.map((entry) => entry.class)).size).toBe(31);
});

describe("the corpus", () => {
  it(
    "when a subscription is made, and when it is changed",
    async () => {
      const network = await openNetwork();
      const egress = async (): Promise<EgressCheck> => {
        const sender = network.sender();
        return {
          rules: network.rules,
          lookUp: async (host) => {
            // An answer that no name server can give.
            if (host === "garbage.customer.example.net")
              return { kind: "addresses", addresses: ["not-an-ip"], keepMs: 0 };
            return sender.lookUp(host, 10_000);
          },
        };
      };
      const hooks = await openTestHooks({ egress });
      const wrong: string[] = [];
      // The sequences of answers begin with a registration.
      for (const entry of CORPUS) {
        const service = hooks.serviceFor({ tenant: "default", environment: environmentOf(entry) });
        const made = await settled(service.createSubscription({ url: entry.url, events: ["*"] }));
        if (made.isTaken !== registers(entry)) wrong.push(`${entry.id} create: ${made.text}`);
        if (!made.isTaken) {
          expect(["url_refused", "invalid_request"]).toContain(made.code);
          expect(made.field).toBe("url");
        }
      }
      expect(wrong).toEqual([]);
      expect(network.dialled).toEqual([]);

      const { id } = await hooks.service.createSubscription({ url: PLACEHOLDER, events: ["*"] });
      for (const entry of CORPUS) {
        if (entry.profile !== undefined || entry.resolves_sequence !== undefined) continue;
        const patched = await settled(hooks.service.updateSubscription(id, { url: entry.url }));
        if (patched.isTaken !== registers(entry)) wrong.push(`${entry.id} patch: ${patched.text}`);
        const put = await settled(hooks.service.replaceSubscription(id, { url: entry.url, events: ["*"] }));
        if (put.isTaken !== registers(entry)) wrong.push(`${entry.id} put: ${put.text}`);
      }
      expect(wrong).toEqual([]);
      expect(network.dialled).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "when it is delivered, whatever the store holds",
    async () => {
      const network = await openNetwork(CORPUS.filter(({ resolves_sequence: sequence }) => sequence === undefined));
      const sending = await startSending({
        dialling: { egress: network.rules, dns: network.dns.server, ...network.dialling },
      });
      let recorded = 0;
      for (const entry of CORPUS) {
        if (entry.resolves_sequence !== undefined) continue;
        prepare(entry, network);
        const rules = { ...DEVELOPMENT, environment: environmentOf(entry) };
        const subscription = await sending.subscribe(urlOf(entry), { egress: rules });
        const published = await sending.publish(subscription);
        await sending.recorded(++recorded);
        const [attempt] = await sending.attempts(published);
        checkDialled(entry, network);
        if (entry.redirect !== undefined) {
          expect(attempt).toMatchObject({ outcome: "failure", status: entry.redirect.status, errorCode: undefined });
        } else if (entry.verdict === "block") {
          // A name that has no address is none that may not be reached.
          const code = entry.id === "P134" ? "dns_failed" : "egress_blocked";
          expect([entry.id, attempt?.errorCode]).toEqual([entry.id, code]);
          expect(attempt).toMatchObject({
            outcome: "failure",
            status: undefined,
            remoteAddress: undefined,
            bytesSent: 0,
          });
        } else {
          expect([entry.id, attempt?.errorCode]).not.toEqual([entry.id, "egress_blocked"]);
        }
      }
      expect(recorded).toBe(CORPUS.length - 4);
      expect(sending.fatal).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "when a subscription is tested",
    async () => {
      const network = await openNetwork();
      const sender = network.sender();
      const hooks = await openTestHooks({ send: (request) => sender.post(request) });
      for (const entry of CORPUS) {
        if (entry.resolves_sequence !== undefined) continue;
        prepare(entry, network);
        const result = await testOf(hooks, urlOf(entry), environmentOf(entry));
        checkDialled(entry, network);
        const isBlocked = result.error?.startsWith("egress_blocked: ") === true;
        const shouldBe = entry.verdict === "block" && entry.redirect === undefined && entry.id !== "P134";
        expect([entry.id, isBlocked]).toEqual([entry.id, shouldBe]);
        if (entry.verdict === "block") expect(result.success).toBe(false);
      }
    },
    LIMIT_MS,
  );

  it(
    "when it is named on the command line",
    async () => {
      const network = await openNetwork();
      for (const entry of CORPUS) {
        // HOST/PATH without a scheme is how people name a receiver here.
        if (entry.resolves_sequence !== undefined || entry.id === "P164") continue;
        prepare(entry, network);
        const denied = DENIED.flatMap((one) => ["--deny-net", one]);
        const line = ["trigger", "order.paid", "--to", urlOf(entry), "--secret", TEST_SECRET, ...denied];
        const run = await runInProcess([...line, "--env", environmentOf(entry)], {
          parts: { sendOnce: (request, { rules }) => network.sender(rules).post(request) },
        });
        checkDialled(entry, network);
        if (entry.verdict === "block") expect([entry.id, run.code]).not.toEqual([entry.id, 0]);
        if (entry.verdict === "allow") expect(run.stderr).not.toContain("egress_blocked");
      }
    },
    LIMIT_MS,
  );

  it("when what a name says changes: only what was checked is dialled", async () => {
    for (const entry of CORPUS.filter(({ resolves_sequence: sequence }) => sequence !== undefined)) {
      const network = await openNetwork([entry]);
      const policy = network.rules.policyFor(DEVELOPMENT);
      for (const answers of entry.resolves_sequence!) {
        network.clear();
        // A new one each time: what an earlier look-up found out is forgotten.
        const rules = DEVELOPMENT;
        const result = await network
          .sender()
          .post({ url: urlInTheClear(entry), headers: [], body: Buffer.from("{}"), timeoutMs: 30_000, rules });
        const isForbidden = answers.some((address) => policy.refusalOf("x", address, 443) !== undefined);
        expect([entry.id, network.dialled.map(({ address }) => address)]).toEqual([
          entry.id,
          isForbidden ? [] : answers,
        ]);
        if (isForbidden) expect(result).toMatchObject({ code: "egress_blocked" });
        else expect(result).toMatchObject({ kind: "answered", status: 204 });
      }
      expect(network.arrived).toBe(entry.resolves_sequence!.filter((answers) => answers[0] === "93.184.216.34").length);
    }
  });

  it(
    "gets through when the checks are off: what stops it is the guard, and nothing else here",
    async () => {
      const network = await openNetwork();
      const open = { key: "", refusalOf: () => undefined, refusalOfUrl: () => undefined };
      let count = 0;
      for (const entry of CORPUS) {
        if (entry.verdict !== "block" || !["address", "resolve"].includes(entry.stage) || entry.id === "P134") continue;
        // Forms that are refused as such never become an address.
        const plain = URL.parse(entry.url)?.href;
        if (plain === undefined) continue;
        prepare(entry, network);
        const sender = network.sender({ policyFor: () => open });
        await sender.post({ url: plain, headers: [], body: Buffer.from("{}"), timeoutMs: 30_000, rules: DEVELOPMENT });
        expect([entry.id, network.dialled.length]).not.toEqual([entry.id, 0]);
        count += 1;
      }
      expect(count).toBeGreaterThan(100);
      expect(network.arrived).toBeGreaterThan(80);
    },
    LIMIT_MS,
  );
});

function urlInTheClear({ url }: SsrfEntry): string {
  return url.replace(/^https:/, "http:");
}

interface Settled {
  isTaken: boolean;
  code?: string;
  field?: string | undefined;
  text: string;
}

async function settled(call: Promise<unknown>): Promise<Settled> {
  try {
    await call;
    return { isTaken: true, text: "taken" };
  } catch (error) {
    if (!isHooksError(error)) throw error;
    return { isTaken: false, code: error.code, field: error.field, text: error.message };
  }
}

/** Of a subscription whose URL came into the store by another way than the service. */
async function testOf(hooks: TestHooks, url: string, environment: string): Promise<TestResult> {
  const scope = { tenant: "default", environment };
  const { id } = await hooks.serviceFor(scope).createSubscription({ url: PLACEHOLDER, events: ["*"] });
  const { rowId, updatedAt } = (await hooks.store.findSubscription(scope, id))!;
  await hooks.store.updateSubscription(rowId, { url, updatedAt: updatedAt + 1 });
  return hooks.serviceFor(scope).testSubscription(id);
}
