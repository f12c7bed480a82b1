import type { LocalFailureCode } from "./protocol.ts";

/** A failed request to the local program, in the protocol's word and in words for a person. */
export interface FailureInWords {
  code: LocalFailureCode;
  message: string;
}

interface NodeError extends Error {
  code?: string;
  address?: string;
  port?: number;
  hostname?: string;
  errors?: NodeError[];
}

/**
 * @param where `localhost:3000`: named where the error itself names no address
 */
export function describeFailure(thrown: unknown, where: string): FailureInWords {
  const error = firstOf(thrown instanceof Error ? (thrown as NodeError) : new Error(String(thrown)));
  const code = error.code ?? "";
  const at = error.address === undefined ? where : addressOf(error.address, error.port);
  switch (code) {
    case "ECONNREFUSED":
      return { code: "refused", message: `ECONNREFUSED ${at}: nothing listens there` };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
    case "EACCES":
    case "EPERM":
      return { code: "refused", message: `${code} ${at}: it cannot be reached from here` };
    case "ETIMEDOUT":
      return { code: "timeout", message: `ETIMEDOUT ${at}: no connection came about` };
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_FAIL":
      return { code: "dns", message: `${code} ${error.hostname ?? where}: there is no address for this name` };
    case "ECONNRESET":
    case "EPIPE":
      return { code: "reset", message: `${code} ${at}: the connection was closed before an answer came` };
  }
  if (code.startsWith("HPE_")) {
    return { code: "reset", message: `${at} answered what is not HTTP (${code}): is this an https port?` };
  }
  if (isTls(code)) return { code: "tls", message: `TLS with ${at} failed: ${error.message} (${code})` };
  return { code: "aborted", message: `${code === "" ? error.name : code}: ${error.message}` };
}

/** A name with several addresses fails with all of their errors: a refusal says more than an address that is not there. */
function firstOf(error: NodeError): NodeError {
  const inner = error.errors ?? [];
  const refused = inner.find(({ code }) => code === "ECONNREFUSED") ?? inner[0];
  return refused ?? error;
}

function isTls(code: string): boolean {
  return (
    /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_)/.test(code) ||
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "EPROTO"].includes(code)
  );
}

function addressOf(address: string, port: number | undefined): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
}
