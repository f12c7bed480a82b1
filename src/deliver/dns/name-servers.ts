import { promises as dns } from "node:dns";
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { type AddressRecord, type FamilyAnswer, type NameAnswer, nameAnswer } from "../../core/name-answer.ts";
import type { NameServer } from "../../core/setting-rules.ts";
import { ChangingFile } from "./changing-file.ts";

/** How long one family's addresses wait for the other's answer: there are servers that never answer for AAAA. */
const OTHER_FAMILY_MS = 300;
/** c-ares asks again, or the next server, after this part of the budget: the second try has the rest. */
const FIRST_TRY = 0.375;

const SYSTEM_SETTINGS = "/etc/resolv.conf";

/**
 * Asks name servers, with c-ares: `dns.lookup` would hold one of Node's four threads for each name that is slow, and
 * with four of them everything else that uses those threads stands still.
 */
export class NameServers {
  readonly #budgetMs: number;
  readonly #server: string | undefined;
  readonly #settings = new ChangingFile(SYSTEM_SETTINGS);
  /** Idle ones, the last used at the end: it knows which of the servers answers. */
  #idle: dns.Resolver[] = [];
  readonly #busy = new Set<dns.Resolver>();
  /** Raised when the system's servers change: resolvers of before are not used again. */
  #generation = 0;

  /**
   * @param server undefined: the system's.
   * @param budgetMs for a name, both families together.
   */
  constructor(server: NameServer | undefined, budgetMs: number) {
    this.#budgetMs = budgetMs;
    if (server === undefined) return;
    const { address, port } = server;
    this.#server = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  }

  /** Both A and AAAA, of this name and no other (no search domains). Takes the budget at most; never rejects. */
  ask(name: string): Promise<NameAnswer> {
    return new Promise((resolve) => {
      // One resolver a name, because `cancel` ends all questions of a resolver.
      const resolver = this.#take();
      const generation = this.#generation;
      let v4: FamilyAnswer | undefined;
      let v6: FamilyAnswer | undefined;
      let isOver = false;
      const end = (): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        if (v4 === undefined || v6 === undefined) resolver.cancel();
        this.#busy.delete(resolver);
        if (generation === this.#generation) this.#idle.push(resolver);
        resolve(nameAnswer(v4 ?? "ETIMEOUT", v6 ?? "ETIMEOUT"));
      };
      const endsAt = performance.now() + this.#budgetMs;
      let timer = setTimeout(end, this.#budgetMs);
      const answered = (): void => {
        if (isOver) return;
        if (v4 !== undefined && v6 !== undefined) {
          end();
        } else if (Array.isArray(v4 ?? v6)) {
          clearTimeout(timer);
          timer = setTimeout(end, Math.min(OTHER_FAMILY_MS, endsAt - performance.now()));
        }
      };
      void asked(resolver.resolve4(name, { ttl: true })).then((answer) => {
        v4 = answer;
        answered();
      });
      void asked(resolver.resolve6(name, { ttl: true })).then((answer) => {
        v6 = answer;
        answered();
      });
    });
  }

  /** Ends what is being asked, as failed. */
  close(): void {
    for (const resolver of this.#busy) resolver.cancel();
    this.#idle = [];
    this.#generation += 1;
  }

  #take(): dns.Resolver {
    if (this.#server === undefined && this.#settings.hasChanged()) {
      this.#generation += 1;
      this.#idle = [];
    }
    const resolver = this.#idle.pop() ?? this.#make();
    this.#busy.add(resolver);
    return resolver;
  }

  #make(): dns.Resolver {
    const resolver = new dns.Resolver({ timeout: Math.round(FIRST_TRY * this.#budgetMs), tries: 2 });
    if (this.#server !== undefined) resolver.setServers([this.#server]);
    return resolver;
  }
}

async function asked(records: Promise<AddressRecord[]>): Promise<FamilyAnswer> {
  try {
    return await records;
  } catch (error) {
    return codeOf(error as NodeJS.ErrnoException);
  }
}

/** c-ares says "connection refused" also when it could not open a socket for lack of file descriptors. */
function codeOf({ code = "" }: NodeJS.ErrnoException): string {
  if (code !== "ECONNREFUSED") return code;
  try {
    closeSync(openSync(devNull, "r"));
    return code;
  } catch (error) {
    const { code: why } = error as NodeJS.ErrnoException;
    return why === "EMFILE" || why === "ENFILE" ? why : code;
  }
}
