import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where packages come from and how they are reached. The rest of what `npm test` sets for its children stays out. */
const HANDED_ON =
  /^(npm_config_(registry|userconfig|globalconfig|cafile|ca|proxy|https_proxy|noproxy)|.*:registry|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|(https?|no|all)_proxy|TMPDIR|LANG|CI)$/i;

/** The folders of PATH without those that npm put there for its scripts: the machine's own. */
export function machinePath(): string[] {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return folders.filter((folder) => folder !== "" && !/node_modules|node-gyp-bin/.test(folder));
}

/**
 * The environment of a person with an empty home: nothing of theirs but the way to the packages, which lies in the
 * user's npmrc or in the machine's, and downloads that are there already.
 */
export async function newcomersEnvironment(home: string): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    HOME: home,
    PATH: machinePath().join(path.delimiter),
    npm_config_cache: await npmSetting("cache"),
    npm_config_prefer_offline: "true",
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
    npm_config_audit: "false",
  };
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && HANDED_ON.test(name)) env[name] = value;
  const userConfig = path.join(homedir(), ".npmrc");
  if (env["npm_config_userconfig"] === undefined && existsSync(userConfig)) env["npm_config_userconfig"] = userConfig;
  return env;
}

async function npmSetting(name: string): Promise<string> {
  const { stdout } = await run("npm", ["config", "get", name], {
    env: { HOME: homedir(), PATH: machinePath().join(path.delimiter) },
    cwd: homedir(),
  });
  return stdout.trim();
}
