import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import type { HooksError } from "../../src/core/errors.ts";
import { dateWarning, readTlsFiles, type TlsFiles } from "../../src/receive/tls-files.ts";
import { TlsWatch } from "../../src/receive/tls-watch.ts";
import { testRoot } from "../support/receiver.ts";
import { startTestServer, type TestServer } from "./support/test-server.ts";

const FIXTURES = path.join(import.meta.dirname, "../fixtures/tls");

/** Certificate and key under names of their own, the key for its owner only. */
function tlsFiles(cert = "good", key = cert): TlsFiles {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = { certFile: path.join(folder, "cert.pem"), keyFile: path.join(folder, "key.pem") };
  put(files, cert, key);
  return files;
}

function put({ certFile, keyFile }: TlsFiles, cert: string, key = cert): void {
  copyFileSync(path.join(FIXTURES, `${cert}.crt`), certFile);
  copyFileSync(path.join(FIXTURES, `${key}.key`), keyFile);
  chmodSync(keyFile, 0o600);
}

function refusal(files: TlsFiles): HooksError {
  try {
    readTlsFiles(files);
  } catch (error) {
    return error as HooksError;
  }
  throw new Error("it was taken");
}

describe("certificate and key", () => {
  it("that fit are taken", () => {
    const identity = readTlsFiles(tlsFiles());
    expect(identity.leaf).toContain("BEGIN CERTIFICATE");
    expect(dateWarning(identity, (identity.validFrom + identity.validTo) / 2)).toBeUndefined();
  });

  it("with a chain behind the server's own", () => {
    const files = tlsFiles();
    const leaf = readFileSync(files.certFile, "utf8");
    writeFileSync(files.certFile, `${leaf}\n${testRoot()}`);
    expect(readTlsFiles(files).leaf.trim()).toBe(leaf.trim());
    writeFileSync(files.certFile, `${testRoot()}\n${leaf}`);
    expect(refusal(files)).toMatchObject({ field: "--tls-cert", hint: expect.stringContaining("come first") });
  });

  it.skipIf(process.platform === "win32").each([0o644, 0o604, 0o620, 0o606, 0o666])(
    "a key that others can read (mode %o) is refused, with the command that mends it",
    (mode) => {
      const files = tlsFiles();
      chmodSync(files.keyFile, mode);
      expect(refusal(files)).toMatchObject({
        code: "usage",
        field: "--tls-key",
        message: expect.stringContaining("can be read or changed by others"),
        hint: `chmod 600 ${files.keyFile}`,
      });
    },
  );

  it("that were not made together are refused", () => {
    expect(refusal(tlsFiles("good", "wrong-name"))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("is not the key of the certificate"),
    });
  });

  it.each([
    ["certFile", "--tls-cert", "nothing", /holds no certificate in PEM form/],
    ["keyFile", "--tls-key", "nothing", /holds no private key in PEM form/],
    [
      "keyFile",
      "--tls-key",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----",
      /passphrase/,
    ],
  ] as const)("%s: what it is not is said", (name, flag, text, message) => {
    const files = tlsFiles();
    writeFileSync(files[name], text);
    expect(refusal(files)).toMatchObject({ code: "usage", field: flag, message: expect.stringMatching(message) });
    rmSync(files[name]);
    expect(refusal(files)).toMatchObject({ field: flag, message: expect.stringContaining("there is no such file") });
  });

  it("of the wrong time are warned of, and used", () => {
    const expired = readTlsFiles(tlsFiles("expired"));
    expect(dateWarning(expired, Date.now())).toMatch(/^the certificate has expired on 20\d\d-/);
    expect(dateWarning(expired, expired.validFrom - 1)).toMatch(/^the certificate is valid from 20\d\d-.* only/);
    expect(dateWarning(expired, expired.validTo - 86_400_000)).toMatch(/^the certificate expires on/);
  });
});

async function secureServer(files: TlsFiles): Promise<TestServer> {
  const server = await startTestServer({
    tls: readTlsFiles(files),
    timeouts: { headersMs: 500, requestMs: 1_000, checkMs: 50 },
  });
  onTestFinished(() => server.close());
  return server;
}

async function dial(server: TestServer, options: object = {}): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port: server.port, ca: testRoot(), ...options });
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

async function ask(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text);
  let said = "";
  while (!/\r\n\r\n[\s\S]*\}$/.test(said)) said += String(((await once(socket, "data")) as [Buffer])[0]);
  return said;
}

const HEALTH = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

describe("a server with a certificate", () => {
  it("speaks https, from TLS 1.2 on, and nothing in the clear", async () => {
    const server = await secureServer(tlsFiles());
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
    const agent = new Agent({ ca: testRoot() });
    const asked = request(`${server.url}/healthz`, { agent }).end();
    const [answer] = (await once(asked, "response")) as [{ statusCode: number }];
    expect(answer.statusCode).toBe(200);
    agent.destroy();

    const versions = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
    expect((await dial(server, versions)).getProtocol()).toBe("TLSv1.2");
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    await expect(dial(server, old)).rejects.toThrow();

    const plain = connectPlain(server.port, "127.0.0.1");
    plain.on("error", () => {});
    let said = "";
    plain.on("data", (chunk) => (said += chunk.toString("latin1")));
    plain.write(HEALTH);
    await once(plain, "close");
    expect(said).not.toContain("HTTP/1.1 200");
  });

  it("keeps the limits of time on encrypted connections, too", async () => {
    const server = await secureServer(tlsFiles());
    const slow = await dial(server);
    expect(await ask(slow, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")).toContain("HTTP/1.1 408 ");
    const silent = await dial(server);
    silent.resume();
    await once(silent, "close");
  });

  it("takes a renewed certificate for new connections, and cuts off none of the old", async () => {
    const files = tlsFiles();
    const server = await secureServer(files);
    const old = await dial(server);
    expect(await ask(old, HEALTH)).toContain("200 OK");
    const serialOf = (socket: TLSSocket): string => (socket.getPeerCertificate() as PeerCertificate).serialNumber;

    put(files, "wrong-name");
    server.receive.useCertificate(readTlsFiles(files));
    const renewed = await dial(server, { checkServerIdentity: () => undefined });
    expect(serialOf(renewed)).not.toBe(serialOf(old));
    await expect(
      dial(server, { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }),
    ).rejects.toThrow();
    expect(await ask(old, HEALTH)).toContain("200 OK");
    expect(await ask(renewed, HEALTH)).toContain("200 OK");
  });
});

describe("a watch on the files", () => {
  function watched(files: TlsFiles) {
    const seen: string[] = [];
    const faults: string[] = [];
    const watch = new TlsWatch({
      files,
      everyMs: 10,
      onRenewed: ({ leaf }) => seen.push(leaf.trim()),
      onFault: ({ message }) => faults.push(message),
    });
    onTestFinished(() => watch.stop());
    return { watch, seen, faults };
  }
  const WAIT = { timeout: 30_000 };

  it("sees files that were replaced, also by a rename, and half of a pair is a fault that ends with the other half", async () => {
    const files = tlsFiles();
    const { seen, faults } = watched(files);
    copyFileSync(path.join(FIXTURES, "wrong-name.crt"), `${files.certFile}.new`);
    renameSync(`${files.certFile}.new`, files.certFile);
    await expect.poll(() => faults, WAIT).toEqual([expect.stringContaining("is not the key of the certificate")]);
    expect(seen).toEqual([]);
    put(files, "wrong-name");
    await expect.poll(() => seen.at(-1), WAIT).toBe(readTlsFiles(files).leaf.trim());
  });

  it("says that a file is gone, and goes on", async () => {
    const files = tlsFiles();
    const { seen, faults } = watched(files);
    rmSync(files.keyFile);
    await expect.poll(() => faults[0], WAIT).toContain("there is no such file");
    put(files, "good");
    await expect.poll(() => seen.length, WAIT).toBeGreaterThan(0);
  });

  it("reads them when it is told to, changed or not; otherwise it leaves them alone", async () => {
    const { watch, seen } = watched(tlsFiles());
    watch.reload();
    expect(seen).toHaveLength(1);
  });
});
