// What the answers of name servers come to. Asking them is src/deliver/dns.

/** An A or AAAA record. */
export interface AddressRecord {
  address: string;
  /** Seconds. */
  ttl: number;
}

/** What one question, for A or for AAAA, came to: its records, or the failure's code as c-ares names it. */
export type FamilyAnswer = readonly AddressRecord[] | string;

export type NameAnswer =
  | {
      kind: "addresses";
      /** All of them, at least one, in the order in which to try them. */
      addresses: readonly string[];
      /** How long this may be used again. */
      keepMs: number;
    }
  | {
      kind: "failed";
      /** `ENOTFOUND`, `ENODATA`, `ESERVFAIL`, `EREFUSED`, `ETIMEOUT`, `ECONNREFUSED` (no server there), … */
      code: string;
      keepMs: number;
    };

/** A shorter TTL would ask the name servers for each connection; a longer one would keep sending to where one moved from. */
const KEEP_MS = { least: 5_000, most: 60_000 };
/** Long enough that a name that is gone is not asked for at each attempt, short enough that nobody waits for it to work. */
const KEEP_FAILURE_MS = 5_000;
/** We are short of something ourselves: says nothing about the name. */
const OWN_SHORTAGE = new Set(["EMFILE", "ENFILE", "ENOBUFS"]);

/** Joins what the questions for A and AAAA came to: one family's addresses are enough. */
export function nameAnswer(v4: FamilyAnswer, v6: FamilyAnswer): NameAnswer {
  const records = [...recordsOf(v4), ...recordsOf(v6)];
  if (records.length === 0) return failure(v4, v6);
  const ttlMs = 1_000 * Math.min(...records.map(({ ttl }) => ttl));
  return {
    kind: "addresses",
    addresses: inTurn(addressesOf(v4), addressesOf(v6)),
    keepMs: Math.min(Math.max(ttlMs, KEEP_MS.least), KEEP_MS.most),
  };
}

/** An answer that no name server gave. */
export function fixedAnswer(addresses: readonly string[]): NameAnswer {
  return { kind: "addresses", addresses, keepMs: 0 };
}

/** `localhost` and all below it are this machine, whatever a name server says (RFC 6761, 6.3). */
export function isLocalhost(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost");
}

/** The most telling of the two failures: no such name before no answer, and either before no record of this kind. */
function failure(v4: FamilyAnswer, v6: FamilyAnswer): NameAnswer {
  const codes = [v4, v6].map((answer) => (typeof answer === "string" ? answer : "ENODATA"));
  const short = codes.find((code) => OWN_SHORTAGE.has(code));
  if (short !== undefined) return { kind: "failed", code: short, keepMs: 0 };
  const code =
    codes.find((one) => one === "ENOTFOUND") ?? codes.find((one) => one !== "ENODATA") ?? ("ENODATA" as const);
  return { kind: "failed", code, keepMs: KEEP_FAILURE_MS };
}

/**
 * One of each family in turn, as RFC 8305, 4 has it, but IPv4 first: a machine whose IPv6 leads nowhere is commoner than
 * one that has IPv6 only, and there IPv4 fails at once.
 */
function inTurn(v4: readonly string[], v6: readonly string[]): string[] {
  const all: string[] = [];
  for (let n = 0; n < Math.max(v4.length, v6.length); n++) {
    for (const address of [v4[n], v6[n]]) if (address !== undefined) all.push(address);
  }
  return all;
}

function addressesOf(answer: FamilyAnswer): string[] {
  return [...new Set(recordsOf(answer).map(({ address }) => address))];
}

function recordsOf(answer: FamilyAnswer): readonly AddressRecord[] {
  return typeof answer === "string" ? [] : answer;
}
