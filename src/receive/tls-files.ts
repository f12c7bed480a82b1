// The server's certificate and its key, from files that somebody else renews.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { HooksError } from "../core/errors.ts";
import { fileFault, readSmallFile, type SmallFile } from "../small-file.ts";

export interface TlsFiles {
  /** PEM: the server's own certificate first, then those that vouch for it. */
  certFile: string;
  /** PEM, without a passphrase. */
  keyFile: string;
}

export interface TlsIdentity {
  /** The whole chain, PEM. */
  cert: string;
  key: string;
  /** The server's own certificate, PEM. */
  leaf: string;
  /** For people: `hooks.example.com`. */
  subject: string;
  /** Unix ms. */
  validFrom: number;
  validTo: number;
}

const FILE_MAX_BYTES = 1024 * 1024;
const DAY_MS = 86_400_000;
const SOON_MS = 7 * DAY_MS;

/** @throws HooksError `usage` naming the flag whose file cannot be used, and why. */
export function readTlsFiles({ certFile, keyFile }: TlsFiles): TlsIdentity {
  const cert = read(certFile, "--tls-cert").text;
  const keyText = readKey(keyFile);
  const certificate = parseCertificate(cert, certFile);
  const key = parseKey(keyText, keyFile);
  if (!certificate.checkPrivateKey(key)) throw mismatch(cert, key, certFile, keyFile);
  return {
    cert,
    key: keyText,
    leaf: certificate.toString(),
    subject: certificate.subjectAltName ?? certificate.subject ?? "",
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  };
}

/** What is wrong with its dates, or will be within a week; undefined: nothing. A clock may be wrong: never a refusal. */
export function dateWarning({ validFrom, validTo }: TlsIdentity, now: number): string | undefined {
  const on = (at: number): string => new Date(at).toISOString().slice(0, 10);
  if (now < validFrom) return `the certificate is valid from ${on(validFrom)} only: clients refuse it until then`;
  if (validTo < now) return `the certificate has expired on ${on(validTo)}: clients refuse it`;
  if (validTo - now < SOON_MS) return `the certificate expires on ${on(validTo)}`;
  return undefined;
}

function parseCertificate(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw usage(
      "--tls-cert",
      `${file} holds no certificate in PEM form`,
      "it begins with -----BEGIN CERTIFICATE-----",
      error,
    );
  }
}

/** Like PostgreSQL: its owner alone may read it; one of root's may be shared with a group. */
function readKey(file: string): string {
  const { text, stats } = read(file, "--tls-key");
  const forbidden = stats.uid === 0 ? 0o027 : 0o077;
  if (process.platform !== "win32" && (stats.mode & forbidden) !== 0) {
    throw usage("--tls-key", `${file} can be read or changed by others`, `chmod 600 ${file}`);
  }
  return text;
}

function parseKey(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    if (text.includes("ENCRYPTED")) {
      throw usage(
        "--tls-key",
        `${file} is protected by a passphrase`,
        `openssl pkey -in ${file} -out plain.key`,
        error,
      );
    }
    const hint = "it begins with -----BEGIN PRIVATE KEY-----";
    throw usage("--tls-key", `${file} holds no private key in PEM form`, hint, error);
  }
}

function mismatch(cert: string, key: KeyObject, certFile: string, keyFile: string): HooksError {
  const others = cert.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)?.slice(1) ?? [];
  const isBehind = others.some((pem) => {
    try {
      return new X509Certificate(pem).checkPrivateKey(key);
    } catch {
      return false;
    }
  });
  const message = `${keyFile} is not the key of the certificate in ${certFile}`;
  if (!isBehind) return usage("--tls-key", message, "give the two that were made together");
  return usage("--tls-cert", `${message}'s first place`, "the server's own certificate must come first in the file");
}

function read(file: string, flag: string): SmallFile {
  try {
    return readSmallFile(file, FILE_MAX_BYTES);
  } catch (error) {
    throw usage(flag, `cannot read ${file}: ${fileFault(error)}`, undefined, error);
  }
}

function usage(field: string, message: string, hint: string | undefined, cause?: unknown): HooksError {
  return new HooksError("usage", `${field}: ${message}`, { field, hint, cause });
}
