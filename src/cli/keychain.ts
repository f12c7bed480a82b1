import { HooksError } from "../core/errors.ts";

// The system's keychain (macOS Keychain, Windows Credential Manager, the Secret Service of a Linux desktop), by a package
// that is no dependency: it is native code that few need, and is loaded only when somebody asks for it.

const PACKAGE = "@napi-rs/keyring";
const INSTALL = "npm install --global @napi-rs/keyring";
/** What keychains call us. */
const SERVICE = "hooks";

/** The part of the package that is used. */
interface Keyring {
  Entry: new (service: string, account: string) => KeyringEntry;
}

interface KeyringEntry {
  setPassword(password: string): void;
  getPassword(): string | null;
  deletePassword(): boolean;
}

/** @throws HooksError `usage` when the keychain cannot be used; `unauthenticated` when the entry is not there */
export async function readKeychain(account: string): Promise<string> {
  const key = await withEntry(account, (entry) => entry.getPassword());
  if (key !== null && key !== "") return key;
  throw new HooksError("unauthenticated", `the keychain has no key of the context ${JSON.stringify(account)}`, {
    field: "--api-key",
    hint: `log in again: hooks login ${account.split(" ").at(-1) ?? "URL"} --keychain`,
  });
}

/** @throws HooksError `usage` */
export async function writeKeychain(account: string, key: string): Promise<void> {
  await withEntry(account, (entry) => entry.setPassword(key));
}

/** False when it was not there. @throws HooksError `usage` */
export async function removeFromKeychain(account: string): Promise<boolean> {
  return withEntry(account, (entry) => {
    if (entry.getPassword() === null) return false;
    return entry.deletePassword();
  });
}

async function withEntry<Result>(account: string, use: (entry: KeyringEntry) => Result): Promise<Result> {
  const { Entry } = await loadKeyring();
  try {
    return use(new Entry(SERVICE, account));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HooksError("usage", `the system's keychain cannot be used: ${why}`, {
      field: "--keychain",
      hint: "on Linux it needs a running Secret Service; without --keychain the key is kept in a file that only you can read",
      cause: error,
    });
  }
}

async function loadKeyring(): Promise<Keyring> {
  try {
    // A name that no bundler sees through.
    const name: string = PACKAGE;
    const loaded = (await import(name)) as Keyring & { default?: Keyring };
    return loaded.default ?? loaded;
  } catch (error) {
    const isMissing = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(
      (error as NodeJS.ErrnoException).code ?? "",
    );
    const why = isMissing ? "it is not installed" : error instanceof Error ? error.message : String(error);
    throw new HooksError("usage", `the keychain needs the package ${PACKAGE}: ${why}`, {
      field: "--keychain",
      hint: `${INSTALL}   (or leave --keychain out: the key is kept in a file that only you can read)`,
      cause: error,
    });
  }
}
