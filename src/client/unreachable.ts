import { HooksError } from "../core/errors.ts";

/** What did not let a request arrive, in the words of somebody who has to do something about it. */
export function toUnreachable(server: URL, error: unknown): HooksError {
  const code = codeOf(error);
  const { message, hint } = explain(code, server);
  return new HooksError("unreachable", `${message} (${code})`, { field: "--server", hint, cause: error });
}

function explain(code: string, server: URL): { message: string; hint: string } {
  const { origin, host, hostname } = server;
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { message: `${hostname} cannot be found`, hint: "check the name in --server, and the network" };
    case "ECONNREFUSED":
      return { message: `nothing answers at ${origin}`, hint: "start it: hooks serve" };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { message: `there is no way to ${host}`, hint: "check the network" };
    case "ETIMEDOUT":
    case "TimeoutError":
      return { message: `${origin} did not answer in time`, hint: "try again; what was sent may have arrived" };
    case "ECONNRESET":
    case "EPIPE":
      return { message: `${origin} closed the connection`, hint: "try again; what was sent may have arrived" };
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return { message: `${origin} does not speak TLS`, hint: `if it is on this machine: --server http://${host}` };
    default:
      return isCertificateTrouble(code)
        ? {
            message: `the certificate of ${host} is not trusted`,
            hint: "for an own authority: NODE_EXTRA_CA_CERTS=FILE",
          }
        : { message: `${origin} cannot be reached`, hint: "check --server" };
  }
}

export function isCertificateTrouble(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ALTNAME/.test(code);
}

/** Both addresses of a name that failed stand in one error: the first one's code counts. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { code, errors } = error as Error & { code?: unknown; errors?: unknown[] };
  if (error.name === "AbortError" || error.name === "TimeoutError") return "TimeoutError";
  if (typeof code === "string") return code;
  return Array.isArray(errors) && errors.length !== 0 ? codeOf(errors[0]) : error.name;
}
