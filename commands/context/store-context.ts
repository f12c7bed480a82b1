import type { CliContext } from "../../src/cli/context.ts";
import { asUsage } from "../../src/cli/flag-values.ts";
import { checkMaySendKey } from "../../src/cli/sign-in.ts";
import { type Contexts, changeContexts, keychainAccount, type ServerContext } from "../../src/config/contexts.ts";
import { HooksError, isHooksError } from "../../src/core/errors.ts";
import { checkScopeName } from "../../src/core/scope.ts";
import { checkApiKey, checkContextName, LOCAL_CONTEXT, parseServer } from "../../src/core/setting-rules.ts";
import { fileOfContexts } from "./context-view.ts";

/** A context that is about to be kept. */
export interface NewContext {
  name: string;
  server: URL;
  apiKey: string | undefined;
  /** Keep the key in the keychain. */
  keychain: boolean;
  tenant: string | undefined;
  environment: string | undefined;
}

/** What a command line says of it. `urlName`: the argument or flag that has the URL. @throws HooksError `usage` */
export function readNewContext(
  options: { name: string; url: string; urlName: string; keychain?: boolean; tenant?: string; env?: string },
  context: CliContext,
): NewContext {
  const { name, url, urlName, tenant, env, keychain = false } = options;
  checkContextName(name, "the context's name");
  if (name === LOCAL_CONTEXT) {
    throw new HooksError("usage", `${LOCAL_CONTEXT} means the store on this machine: choose another name`, {
      field: "name",
    });
  }
  const server = parseServer(url, urlName);
  checkMaySendKey(server);
  if (tenant !== undefined) asUsage("--tenant", () => checkScopeName(tenant, "--tenant"));
  if (env !== undefined) asUsage("--env", () => checkScopeName(env, "--env"));
  const apiKey = context.typedKey();
  if (apiKey !== undefined) checkApiKey(apiKey, "the key");
  return { name, server, apiKey, keychain, tenant, environment: env };
}

/**
 * Keeps it. `replaces` is asked when there is one of that name already.
 * @throws HooksError `conflict` when it may not be replaced; `usage` when file or keychain cannot be written
 */
export async function storeContext(
  added: NewContext,
  options: { makeCurrent: boolean; replaces: (old: ServerContext) => boolean },
  context: CliContext,
): Promise<Contexts> {
  const { name, server, apiKey, keychain, tenant, environment } = added;
  const inKeychain = keychain && apiKey !== undefined;
  const account = keychainAccount(name, added);
  let old: ServerContext | undefined;
  const put = (contexts: Contexts): void => {
    old = contexts.byName.get(name);
    if (old !== undefined && !options.replaces(old)) throw taken(name, old);
    contexts.byName.set(name, {
      server,
      apiKey: inKeychain ? undefined : apiKey,
      inKeychain,
      tenant,
      environment,
    });
    if (options.makeCurrent) contexts.current = name;
  };
  // First the key: a context that says "in the keychain" must find it there.
  if (inKeychain) await (await import("../../src/cli/keychain.ts")).writeKeychain(account, apiKey);
  const changed = changeContexts(fileOfContexts(context), put);
  if (old?.inKeychain === true && !(inKeychain && keychainAccount(name, old) === account)) {
    await forgetKey(keychainAccount(name, old), context);
  }
  return changed;
}

/** Takes a key that nothing names any more out of the keychain; says when it stays there. */
export async function forgetKey(account: string, { out }: CliContext): Promise<void> {
  try {
    await (await import("../../src/cli/keychain.ts")).removeFromKeychain(account);
  } catch (error) {
    if (!isHooksError(error)) throw error;
    out.note(`warning: the key stays in the keychain (hooks, ${account}): ${error.message}`);
  }
}

export function taken(name: string, old: ServerContext): HooksError {
  return new HooksError("conflict", `there is a context ${name} already, for ${old.server.href}`, {
    field: "name",
    hint: `another name, or --yes to replace it`,
  });
}
