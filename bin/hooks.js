#!/usr/bin/env node
// Checks the Node version, answers --version, turns the compile cache on, loads the built program. Nothing else: every
// import here is paid by every command. It must parse on old Nodes, so that it can say what is wrong: hence the default
// import (a named import of enableCompileCache is a SyntaxError on Node 20, before any check could run).
import module from "node:module";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const { argv } = process;

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `error: hooks needs Node.js 22.19 or newer; this is ${process.version} (${process.execPath})\n` +
      "hint: install a current one (https://nodejs.org), or run it in a checkout of hooks with: npx hooks\n",
  );
  process.exitCode = 70;
} else if (argv.length === 3 && (argv[2] === "--version" || argv[2] === "-V")) {
  process.stdout.write("0.1.0\n"); // kept equal to package.json by the build
} else {
  module.enableCompileCache?.();
  module.createRequire(import.meta.url)("../dist/cli/main.cjs");
}
