import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

/** What it answers instead, until it is told otherwise. */
export type Trouble = "hang" | "reset" | { status: number; type: string };

export interface SecretsManager {
  /** For AWS_ENDPOINT_URL_SECRETS_MANAGER. */
  url: string;
  /** Names and texts of the secrets that are there. */
  secrets: ReadonlyMap<string, string>;
  /** Actions asked for, in order: `GetSecretValue`. */
  actions: readonly string[];
  trouble: Trouble | undefined;
  /** Somebody with a console. */
  set(name: string, text: string): void;
  close(): Promise<void>;
}

interface Wanted {
  Name?: string;
  SecretId?: string;
  SecretString?: string;
  ClientRequestToken?: string;
}

/**
 * A server that speaks as much of AWS Secrets Manager's protocol (JSON 1.1: the action in X-Amz-Target, signed with
 * Signature Version 4) as its official SDK asks for here.
 */
export async function startSecretsManager(): Promise<SecretsManager> {
  const secrets = new Map<string, string>();
  /** A request that is sent again creates nothing twice. */
  const tokens = new Map<string, string>();
  const actions: string[] = [];
  const manager: { trouble: Trouble | undefined } = { trouble: undefined };

  const answer = (action: string, wanted: Wanted): { status: number; body: object } => {
    const name = wanted.Name ?? wanted.SecretId ?? "";
    const found = secrets.get(name);
    const facts = { ARN: `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${name}`, Name: name };
    if (action === "CreateSecret") {
      const isRepeated = tokens.get(name) === wanted.ClientRequestToken && wanted.ClientRequestToken !== undefined;
      if (found !== undefined && !isRepeated) return fault("ResourceExistsException");
      secrets.set(name, wanted.SecretString ?? "");
      tokens.set(name, wanted.ClientRequestToken ?? "");
      return { status: 200, body: { ...facts, VersionId: wanted.ClientRequestToken } };
    }
    if (found === undefined) return fault("ResourceNotFoundException");
    if (action === "GetSecretValue") return { status: 200, body: { ...facts, SecretString: found } };
    if (action === "DeleteSecret") {
      secrets.delete(name);
      return { status: 200, body: facts };
    }
    return fault("UnknownOperationException");
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const action = String(request.headers["x-amz-target"]).replace("secretsmanager.", "");
      actions.push(action);
      if (manager.trouble === "hang") return;
      if (manager.trouble === "reset") {
        request.socket.destroy();
        return;
      }
      const isSigned = (request.headers.authorization ?? "").startsWith("AWS4-HMAC-SHA256 Credential=");
      const isJson = request.headers["content-type"] === "application/x-amz-json-1.1";
      const { status, body } =
        manager.trouble !== undefined
          ? fault(manager.trouble.type, manager.trouble.status)
          : isSigned && isJson
            ? answer(action, JSON.parse(Buffer.concat(chunks).toString()) as Wanted)
            : fault("IncompleteSignatureException");
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(manager, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    actions,
    set: (name: string, text: string) => void secrets.set(name, text),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function fault(type: string, status = 400): { status: number; body: object } {
  return { status, body: { __type: type, message: "as the test wants it" } };
}

/** Whether the AWS SDK is there. Without it `what` is said to be skipped, and in CI nothing may be. */
export function hasAwsSdk(what: string): boolean {
  try {
    createRequire(import.meta.url).resolve("@aws-sdk/client-secrets-manager");
    return true;
  } catch {
    const why = `the AWS SDK is not installed: ${what}`;
    if (process.env["CI"] !== undefined) throw new Error(why);
    console.warn(`SKIPPED: ${why}`);
    return false;
  }
}
