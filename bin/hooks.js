#!/usr/bin/env node
// Checks the Node version, answers --version, turns the compile cache on, loads the built program. Nothing else: what
// is loaded here is paid by every command. No imports, so that it parses on any Node and can say what is wrong (a named
// import of enableCompileCache is a SyntaxError on Node 20); nothing newer than Node 14 before the check.
const [major, minor] = process.versions.node.split(".").map(Number);
const { argv } = process;

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `error: hooks needs Node.js 22.19 or newer; this is ${process.version} (${process.execPath})\n` +
      "hint: install a current one (https://nodejs.org); in a checkout of hooks run: npx hooks\n",
  );
  process.exitCode = 70;
} else if (argv.length === 3 && (argv[2] === "--version" || argv[2] === "-V")) {
  const version = "0.1.0"; // kept equal to package.json by the build
  try {
    // Not process.stdout: opening it takes 4 ms, a sixth of the whole.
    process.getBuiltinModule("node:fs").writeSync(1, `${version}\n`);
  } catch (error) {
    if (error.code !== "EPIPE") throw error;
  }
} else {
  const module = process.getBuiltinModule("node:module");
  // In a folder of the user's own: Node's default is a fixed name in the temporary directory, where on a shared machine
  // somebody else could have put compiled code before us.
  const { HOME, HOOKS_HOME, XDG_CACHE_HOME = "" } = process.env;
  const caches = XDG_CACHE_HOME.startsWith("/") ? XDG_CACHE_HOME : HOME && `${HOME}/.cache`;
  const cache = HOOKS_HOME ? `${HOOKS_HOME}/cache` : caches && `${caches}/hooks`;
  // 0700 whatever the umask is, made here because Node would make it for everybody; a folder that others may write to
  // stays unused.
  if (cache) {
    const fs = process.getBuiltinModule("node:fs");
    try {
      if (fs.mkdirSync(cache, { recursive: true, mode: 0o700 }) !== undefined) fs.chmodSync(cache, 0o700);
      const { mode, uid } = fs.statSync(cache);
      const isOurs = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
      if (isOurs) module.enableCompileCache(cache);
    } catch {
      // A cache saves time and nothing else.
    }
  }
  try {
    module.createRequire(import.meta.url)("../dist/cli/main.cjs");
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND" || !error.message.includes("dist/cli/main.cjs")) throw error;
    process.stderr.write("error: this checkout of hooks is not built yet\nhint: npm run build\n");
    process.exitCode = 70;
  }
}
