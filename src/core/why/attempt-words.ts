// What an attempt came to in words that say what to look at: for whoever has to find out why something did not arrive.

import type { Attempt, SendErrorCode } from "../attempt.ts";

export interface AttemptWords {
  /** A whole clause: `the receiver answered 503: it is overloaded or being restarted`. */
  cause: string;
  /** What whoever owns the receiver or the subscription can do; undefined: nothing, or wait. */
  advice: string | undefined;
}

type Words = readonly [meaning: string, advice?: string];

const SIGNATURE = "check the secret and the signature check of the receiver: hooks verify says what does not fit";

const BY_STATUS: Readonly<Record<number, Words>> = {
  400: ["it does not understand the request", "look at its log: most often its signature check or its form of data"],
  401: ["it does not know who sends", SIGNATURE],
  402: ["it asks for a payment"],
  403: ["it refuses the sender", `${SIGNATURE}; a firewall in front of it may refuse this machine's address`],
  404: ["it has nothing at this path", "check the path of the URL"],
  405: ["it takes no POST at this path", "check the path of the URL"],
  406: ["it does not answer in a form that was asked for"],
  408: ["it waited too long for the request"],
  409: ["it says that this conflicts with what it has", "most often it has the event already: let it answer 2xx then"],
  410: ["it says that it is gone for good", "if it is not, give the URL that is right and enable the subscription"],
  411: ["it wants the length of the body, which was sent: a proxy in front of it may lose it"],
  413: ["the event is too large for it", "raise the largest body that the receiver or its proxy takes"],
  415: ["it does not take this content type", "let it take application/json, or choose another profile"],
  421: ["this host is not meant for the name in the URL", "check the host name of the URL"],
  422: ["it refuses what is in the event", "look at its log: its schema differs from the event's"],
  423: ["it is locked"],
  425: ["it does not take the request yet"],
  426: ["it wants another protocol"],
  429: ["it gets too much", "limit what it is sent: hooks sub update --rate 10/s"],
  431: ["the headers are too large for it", "shorten the subscription's own headers"],
  451: ["it may not take it for legal reasons"],
  500: ["it failed inside", "look at the receiver's log at this time"],
  501: ["it cannot do this"],
  502: ["the proxy in front of it got no answer from it", "see whether the program behind the proxy runs"],
  503: [
    "it is overloaded or being restarted",
    "see whether it is up again; --rate and --concurrency limit what it is sent",
  ],
  504: ["the proxy in front of it waited too long for it", "let it answer first and work afterwards"],
  507: ["it has no space left"],
  508: ["it runs in a circle"],
  520: ["the proxy in front of it got an answer that it does not understand"],
  521: ["the proxy in front of it cannot connect to it", "see whether the program behind the proxy runs"],
  522: ["the proxy in front of it could not connect in time", "see whether the program behind the proxy runs"],
  523: ["the proxy in front of it does not find it"],
  524: ["the proxy in front of it waited too long for it", "let it answer first and work afterwards"],
  525: ["the proxy in front of it could not agree on TLS with it"],
  526: ["the proxy in front of it does not trust its certificate"],
};

const BY_CLASS: Readonly<Record<number, Words>> = {
  1: ["that is not an answer to a request"],
  3: ["it points elsewhere, and redirects are not followed", "give the final URL: hooks sub update --url"],
  4: ["it refuses the request", "look at the receiver's log at this time"],
  5: ["it failed", "look at the receiver's log at this time"],
};

const BY_ERROR: Readonly<Record<SendErrorCode, Words>> = {
  dns_failed: [
    "the host name could not be resolved",
    "check the host name of the URL, and the name server (hooks doctor)",
  ],
  refused: ["nothing takes connections at its address and port", "see whether the receiver runs, and on this port"],
  unreachable: ["there is no way to its address", "check the network between here and there, and its firewall"],
  tls_error: ["no trusted TLS connection", "renew or repair the receiver's certificate and its chain"],
  timeout: [
    "it took too long",
    "let it answer first and work afterwards, or give it more time: hooks sub update --timeout",
  ],
  reset: ["the connection broke off", "see whether the receiver or a proxy in front of it ends connections early"],
  protocol_error: ["it does not speak HTTP as it should", "see whether something else than the receiver listens there"],
  headers_too_large: ["the headers of its answer are too large", "let it send fewer or shorter headers"],
  egress_blocked: [
    "its host has an address that may not be sent to",
    "give a public address; an operator can allow a private one: hooks serve --allow-net",
  ],
  local_error: ["the program behind the listener could not be reached", "start it, then send the event again"],
  refused_by_user: ["whoever listens refused it"],
};

/** Clause and advice for an attempt, successful or not. */
export function attemptWords(
  attempt: Pick<Attempt, "outcome" | "status" | "errorCode" | "errorMessage" | "responseExcerpt">,
): AttemptWords {
  const { status, errorCode, errorMessage } = attempt;
  if (attempt.outcome === "success") {
    return { cause: `the receiver took it${status === undefined ? "" : ` (${status})`}`, advice: undefined };
  }
  if (errorCode !== undefined) {
    const [meaning, advice] = BY_ERROR[errorCode];
    return { cause: errorMessage === undefined ? meaning : `${meaning}: ${errorMessage}`, advice };
  }
  if (status === undefined) return { cause: "it was interrupted before an answer came", advice: undefined };
  const [meaning, advice] = BY_STATUS[status] ?? BY_CLASS[Math.floor(status / 100)] ?? BY_CLASS[4]!;
  // Of a redirect the message says where it pointed.
  const pointed = errorMessage === undefined ? "" : ` (${errorMessage})`;
  return { cause: `the receiver answered ${status}: ${meaning}${pointed}`, advice };
}
