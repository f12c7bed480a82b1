import dgram from "node:dgram";
import { once } from "node:events";
import { decode, encode, RECURSION_AVAILABLE, RECURSION_DESIRED } from "dns-packet";
import type { NameServer } from "../../src/core/setting-rules.ts";

/** What is known of a name. A family that is left out has no record. */
export interface StubRecords {
  a?: readonly string[];
  aaaa?: readonly string[];
  /** The name is another one's, whose addresses these are. */
  cname?: string;
  /** Seconds. Default 60. */
  ttl?: number;
}

/** `silent`: no answer ever. `held`: none before `release`. */
export type StubAnswer = StubRecords | "nxdomain" | "servfail" | "refused" | "silent" | "held";

export interface StubDns {
  server: NameServer;
  /** `NAME TYPE` of each question, in the order in which they came. */
  readonly questions: readonly string[];
  /** Resolves when `count` questions in all have come. */
  asked(count: number): Promise<void>;
  /** Answers everything that is held, as not there; from here on nothing is held any more. */
  release(): void;
  close(): Promise<void>;
}

const CODES = { nxdomain: 3, servfail: 2, refused: 5 } as const;

/** A name server on a free port of 127.0.0.1. `answer` is asked for each question; undefined: there is no such name. */
export async function startStubDns(
  answer: (name: string, type: "A" | "AAAA", questionNumber: number) => StubAnswer | undefined,
): Promise<StubDns> {
  const socket = dgram.createSocket("udp4");
  const questions: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const held: (() => void)[] = [];
  let isReleased = false;

  socket.on("message", (message, from) => {
    const packet = decode(message);
    const [question] = packet.questions ?? [];
    if (question === undefined || (question.type !== "A" && question.type !== "AAAA")) return;
    const { name, type } = question;
    questions.push(`${name} ${type}`);
    for (const waiter of waiting.filter(({ count }) => count === questions.length)) waiter.resolve();
    const reply = (code: number, addresses: readonly string[], ttl: number, cname?: string): void => {
      const flags = RECURSION_DESIRED | RECURSION_AVAILABLE | code;
      const alias = cname === undefined ? [] : [{ name, type: "CNAME" as const, ttl, data: cname }];
      const answers = [...alias, ...addresses.map((data) => ({ name: cname ?? name, type, ttl, data }))];
      socket.send(
        encode({ type: "response", id: packet.id ?? 0, flags, questions: [question], answers }),
        from.port,
        from.address,
      );
    };
    const known = answer(name.toLowerCase(), type, questions.length) ?? "nxdomain";
    if (known === "silent") return;
    if (known === "held" && !isReleased) held.push(() => reply(CODES.nxdomain, [], 0));
    else if (known === "held") reply(CODES.nxdomain, [], 0);
    else if (typeof known === "string") reply(CODES[known], [], 0);
    else reply(0, (type === "A" ? known.a : known.aaaa) ?? [], known.ttl ?? 60, known.cname);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");

  return {
    server: { address: "127.0.0.1", port: socket.address().port },
    questions,
    asked: (count) =>
      count <= questions.length
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push({ count, resolve });
          }),
    release: () => {
      isReleased = true;
      for (const reply of held) reply();
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
