import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, copyFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { sendRaw } from "../receive/support/test-server.ts";
import { HooksHome } from "../support/hooks-program.ts";

// The daemon's doors, on the built program.

const FIXTURES = path.join(import.meta.dirname, "../fixtures/tls");
const KEY = `hk_${randomBytes(32).toString("hex")}`;

function put(home: HooksHome, name: string): string[] {
  const [cert, key] = [path.join(home.folder, "cert.pem"), path.join(home.folder, "key.pem")];
  copyFileSync(path.join(FIXTURES, `${name}.crt`), cert);
  copyFileSync(path.join(FIXTURES, `${name}.key`), key);
  chmodSync(key, 0o600);
  return ["--tls-cert", cert, "--tls-key", key];
}

async function dial(url: string): Promise<TLSSocket> {
  const ca = readFileSync(path.join(FIXTURES, "ca.crt"));
  const socket = connect({
    host: "127.0.0.1",
    port: Number(new URL(url).port),
    ca,
    checkServerIdentity: () => undefined,
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

async function health(socket: TLSSocket): Promise<string> {
  socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  let said = "";
  while (!said.includes("}")) said += String(((await once(socket, "data")) as [Buffer])[0]);
  return said.slice(0, said.indexOf("\r\n"));
}

const nameOf = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject.CN);

describe("a certificate", () => {
  it("that was renewed is taken up on SIGHUP, and connections that are open go on", async () => {
    const home = new HooksHome();
    const daemon = await home.serve(...put(home, "good"));
    const old = await dial(daemon.url);
    expect([nameOf(old), await health(old)]).toEqual(["good", "HTTP/1.1 200 OK"]);
    put(home, "wrong-name");
    daemon.program.child.kill("SIGHUP");
    await daemon.program.sees(/"msg":"tls\.renewed"/);
    const renewed = await dial(daemon.url);
    expect([nameOf(renewed), await health(renewed), await health(old)]).toEqual([
      "wrong-name",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK",
    ]);
    expect(await daemon.program.kill("SIGTERM")).toMatchObject({ code: 0 });
  });

  it("that was renewed is taken up without being told; one that is broken is said and the old one kept", async () => {
    const home = new HooksHome();
    const daemon = await home.serve(...put(home, "good"));
    copyFileSync(path.join(FIXTURES, "wrong-name.crt"), path.join(home.folder, "cert.pem"));
    await daemon.program.sees(
      /"error":"--tls-cert|"error":"--tls-key[^\n]*"msg":"tls\.not_renewed"|is not the key of the certificate/,
    );
    expect(nameOf(await dial(daemon.url))).toBe("good");
    put(home, "wrong-name");
    await daemon.program.sees(/"msg":"tls\.renewed"/);
    expect(nameOf(await dial(daemon.url))).toBe("wrong-name");
  });
});

describe("an address that others can reach", () => {
  const request = (port: number, key: string, ...lines: string[]) =>
    sendRaw(
      port,
      ["GET /v1/subscriptions HTTP/1.1", "Host: localhost", `Authorization: Bearer ${key}`, ...lines, "", ""].join(
        "\r\n",
      ),
    );

  it("needs a key, and takes nothing else once there is one; what a trusted proxy says is audited", async () => {
    const home = new HooksHome();
    const refused = await home.run(["serve", "--port", "0", "--host", "0.0.0.0"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("--host 0.0.0.0 can be reached by others, and there is no API key yet");

    const args = ["serve", "--port", "0", "--host", "0.0.0.0", "--log-format", "json", "--trust-proxy", "loopback"];
    const program = home.start(args, { env: { HOOKS_BOOTSTRAP_KEY: KEY } });
    const [, port] = await program.sees(/http:\/\/127\.0\.0\.1:(\d+)/);
    expect((await request(Number(port), KEY)).status).toBe(200);
    expect((await request(Number(port), await home.token())).status).toBe(401);

    const listener = await home.run(["listen"]);
    expect(listener.code).toBe(4);
    expect(listener.stderr).toContain("it takes API keys only");
    expect(listener.stderr).toContain("hint: name it, and give a key of role listener: HOOKS_API_KEY=");

    const body = JSON.stringify({ url: "https://example.com/", events: ["*"], name: "audited" });
    const head = [
      "POST /v1/subscriptions HTTP/1.1",
      "Host: localhost",
      `Authorization: Bearer ${KEY}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "X-Forwarded-For: 198.51.100.1, 203.0.113.9",
    ];
    expect((await sendRaw(Number(port), `${head.join("\r\n")}\r\n\r\n${body}`)).status).toBe(201);
    const audit = await sendRaw(
      Number(port),
      `GET /v1/audit HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${KEY}\r\n\r\n`,
    );
    expect(audit.status).toBe(200);
    expect(audit.text).toContain("203.0.113.9");
    expect(audit.text).not.toContain("198.51.100.1");
  });

  it("is not what it listens on by default", async () => {
    const home = new HooksHome();
    const daemon = await home.serve();
    const { port } = new URL(daemon.url);
    const own = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(own.status).toBe(200);
    expect((await request(Number(port), await home.token())).status).toBe(200);
  });
});
