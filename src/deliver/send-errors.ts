import net from "node:net";
import type { AttemptPhase, SendErrorCode } from "../core/attempt.ts";

/** What the resolver says; a refused connection is here the name server's. */
const OF_NAMES: Readonly<Record<string, string>> = {
  ENOTFOUND: "the host name does not exist",
  ENODATA: "the host name has no address",
  EBADNAME: "the host name is not valid",
  ESERVFAIL: "the name server failed",
  EREFUSED: "the name server refused to answer",
  ECONNREFUSED: "no name server could be reached",
  ETIMEOUT: "no name server answered in time",
};

/**
 * Codes of Node, OpenSSL and undici → our code and what it means. Codes only, never message texts: those change between
 * versions and may quote what an internal address answered.
 */
const BY_CODE: Readonly<Record<string, readonly [SendErrorCode, string]>> = {
  ECONNREFUSED: ["refused", "the connection was refused"],
  EHOSTUNREACH: ["unreachable", "there is no way to the host"],
  ENETUNREACH: ["unreachable", "there is no way to the network"],
  EHOSTDOWN: ["unreachable", "the host is down"],
  ENETDOWN: ["unreachable", "the network is down"],
  EADDRNOTAVAIL: ["unreachable", "no local address is free for the connection"],
  EACCES: ["unreachable", "the connection is not permitted"],
  EPERM: ["unreachable", "the connection is not permitted"],

  ERR_NO_SOURCE_ADDRESS: ["unreachable", "the host has only addresses of a family that --local-address has none of"],

  ETIMEDOUT: ["timeout", "the connection timed out"],
  UND_ERR_CONNECT_TIMEOUT: ["timeout", "the connection timed out"],
  UND_ERR_HEADERS_TIMEOUT: ["timeout", "no answer in time"],
  UND_ERR_BODY_TIMEOUT: ["timeout", "no answer in time"],

  ECONNRESET: ["reset", "the connection was reset"],
  ECONNABORTED: ["reset", "the connection was aborted"],
  EPIPE: ["reset", "the receiver closed the connection"],
  ERR_STREAM_PREMATURE_CLOSE: ["reset", "the receiver closed the connection"],
  UND_ERR_SOCKET: ["reset", "the receiver closed the connection before it answered"],
  UND_ERR_DESTROYED: ["reset", "hooks is stopping"],
  UND_ERR_CLOSED: ["reset", "hooks is stopping"],

  UND_ERR_HEADERS_OVERFLOW: ["headers_too_large", "the headers of the answer are larger than 16 KiB"],
  HPE_HEADER_OVERFLOW: ["headers_too_large", "the headers of the answer are larger than 16 KiB"],

  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ["protocol_error", "the answer does not have the length that it names"],
  UND_ERR_INVALID_ARG: ["local_error", "the request is not valid HTTP"],
  UND_ERR_NOT_SUPPORTED: ["local_error", "the request is not valid HTTP"],

  CERT_HAS_EXPIRED: ["tls_error", "the certificate has expired"],
  CERT_NOT_YET_VALID: ["tls_error", "the certificate is not valid yet"],
  CERT_REVOKED: ["tls_error", "the certificate was revoked"],
  CERT_REJECTED: ["tls_error", "the certificate is not trusted"],
  CERT_UNTRUSTED: ["tls_error", "the certificate is not trusted"],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["tls_error", "the certificate is self-signed"],
  SELF_SIGNED_CERT_IN_CHAIN: ["tls_error", "the certificate's root is not trusted"],
  UNABLE_TO_GET_ISSUER_CERT: ["tls_error", "the certificate's issuer is not known"],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["tls_error", "the certificate's issuer is not known"],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["tls_error", "the certificate's issuer is not known"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["tls_error", "the certificate is for another host name"],
  EPROTO: ["tls_error", "the TLS handshake failed"],
};

/** Says nothing of the address: what a name has for addresses inside of somebody's network is nobody else's business. */
const BLOCKED: SendFailure = { code: "egress_blocked", message: "the host has an address that may not be reached" };

const BY_PEER = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);
const KEPT_CONNECTION = "the receiver closed a connection that it had kept open, just as the request was sent";

/** What a code says that stands in no table, by the phase in which it came. */
const BY_PHASE: Readonly<Record<AttemptPhase, readonly [SendErrorCode, string]>> = {
  dns: ["dns_failed", "the host name could not be resolved"],
  connect: ["unreachable", "the connection failed"],
  tls: ["tls_error", "the TLS handshake failed"],
  write: ["reset", "the connection failed"],
  headers: ["protocol_error", "the answer is not valid HTTP/1.1"],
  body: ["protocol_error", "the answer is not valid HTTP/1.1"],
  done: ["protocol_error", "the answer is not valid HTTP/1.1"],
};

export interface SendFailure {
  code: SendErrorCode;
  /** For people: what happened, and the original code. */
  message: string;
}

/**
 * What went wrong, in our words.
 *
 * @param closedByPeer whether the other side ended the connection: `UND_ERR_SOCKET` alone also stands for an answer
 *   that undici would not take (an upgrade that nobody asked for).
 * @param isReused whether the connection had served other requests: then its end may just have met the next one.
 */
export function classify(error: unknown, phase: AttemptPhase, closedByPeer: boolean, isReused: boolean): SendFailure {
  const code = codeOf(error);
  if (code === "ERR_EGRESS_BLOCKED") return BLOCKED;
  if (phase === "dns") return named(["dns_failed", OF_NAMES[code] ?? BY_PHASE.dns[1]], code);
  if (code === "UND_ERR_SOCKET" && !closedByPeer) return named(BY_PHASE.headers, code);
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (isReused && BY_PEER.has(code)) return named(["reset", KEPT_CONNECTION], code);
  if (known !== undefined) return named(known, code);
  if (code.startsWith("HPE_")) return named(BY_PHASE.headers, code);
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) return named(BY_PHASE.tls, code);
  return named(BY_PHASE[phase], code);
}

/** The receiver does not speak as it should. */
export function broken(message: string): SendFailure {
  return { code: "protocol_error", message };
}

const DOING: Readonly<Record<AttemptPhase, string>> = {
  dns: "resolving the host name",
  connect: "connecting",
  tls: "in the TLS handshake",
  write: "sending the request",
  headers: "waiting for the answer",
  body: "reading the answer",
  done: "reading the answer",
};

export function timedOut(timeoutMs: number, phase: AttemptPhase): SendFailure {
  return { code: "timeout", message: `no answer within ${timeoutMs} ms: timed out ${DOING[phase]}` };
}

function named([code, words]: readonly [SendErrorCode, string], original: string): SendFailure {
  return { code, message: original === "" ? words : `${words} (${original})` };
}

/** What a machine may be short of for a while; no receiver can do anything about it. */
const SHORTAGES = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/**
 * What this machine was short of, if that was it. `EADDRNOTAVAIL` means that no port is left to connect from, but with
 * IPv6 also that there is no IPv6 at all, which does not pass. At `bind` it is the address to send from that this machine
 * has no more, or not yet.
 */
export function shortageOf(error: Error): string | undefined {
  const code = codeOf(error);
  if (SHORTAGES.has(code) || (code === "EADDRNOTAVAIL" && isBinding(error))) return code;
  return code === "EADDRNOTAVAIL" && net.isIP(addressOf(error) ?? "") === 4 ? code : undefined;
}

/** The address that a connection failed at. */
export function addressOf(error: Error): string | undefined {
  if (isBinding(error)) return undefined;
  return "address" in error && typeof error.address === "string" ? error.address : undefined;
}

/** Its address is our own. */
function isBinding(error: Error): boolean {
  return "syscall" in error && error.syscall === "bind";
}

/** "" when it has none. A failed attempt at several addresses carries the first one's code. */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
