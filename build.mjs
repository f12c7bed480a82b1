// Builds dist/: the command line and daemon as CommonJS chunks with their packages inside (dist/cli), the library as
// plain ES modules with types (dist/lib), and the licences of what is inside. CommonJS and chunks because of start-up:
// as ES modules `hooks --version` takes 1.6 times as long as an empty program, this way 1.0 times.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";

const root = import.meta.dirname;
/** Built here and renamed at the end, so that a hooks that runs from dist/ meanwhile never finds half of it. */
const staging = path.join(root, `node_modules/.hooks-build-${process.pid}`);

/** Commander imports node:child_process for sub-commands in files of their own, which we do not have: 1 ms saved. */
const lazyChildProcess = {
  name: "lazy-child-process",
  transform: {
    filter: { id: /commander[\\/]lib[\\/]command\.js$/ },
    handler(code) {
      const eager = /import (\w+) from ['"]node:child_process['"];/;
      if (!eager.test(code)) throw new Error("commander no longer imports node:child_process as it did: see build.mjs");
      return code.replace(
        eager,
        "const $1 = { get spawn() { return process.getBuiltinModule('node:child_process').spawn; } };",
      );
    },
  },
};

/** Answers the paths of all modules that went into it. */
async function buildCommandLine() {
  const imports = new Map();
  const graph = {
    name: "graph",
    moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds),
  };
  const reachedFrom = (...entries) => {
    const reached = new Set(entries.map((entry) => path.join(root, entry)));
    for (const id of reached) for (const next of imports.get(id) ?? []) reached.add(next);
    return reached;
  };
  /** Undefined: not asked for yet. All modules are known by then. */
  let local;
  /** What only commands on the store need, in one chunk: as some twenty, one for each way it is used, it loads 8 ms later. */
  const isLocal = (id) => {
    if (local === undefined) {
      const commands = [...imports.keys()]
        .map((one) => path.relative(root, one))
        .filter((one) => one.startsWith("commands"));
      const others = reachedFrom(...commands, "src/store/sqlite/writer-thread.ts");
      local = reachedFrom("src/service/open-local.ts");
      for (const id of others) local.delete(id);
    }
    return local.has(id);
  };
  const bundle = await rolldown({
    cwd: root,
    input: { main: "commands/main.ts", "writer-thread": "src/store/sqlite/writer-thread.ts" },
    platform: "node",
    preserveEntrySignatures: "allow-extension", // nobody imports from them
    external: ["better-sqlite3"], // native code
    plugins: [lazyChildProcess, graph],
    checks: { ineffectiveDynamicImport: false }, // a module that one command loads late, another may load at once
  });
  const { output } = await bundle.write({
    dir: path.join(staging, "cli"),
    format: "cjs",
    minify: true,
    // Not what they import as well: other commands need some of that without the rest.
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: "local", test: isLocal }] },
    comments: false,
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name]-[hash].cjs",
  });
  await bundle.close();
  // Read at run time, beside the chunk: new URL("./migrations/", import.meta.url).
  cpSync(path.join(root, "src/store/sqlite/migrations"), path.join(staging, "cli/migrations"), { recursive: true });
  return output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
}

function buildLibrary() {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const flags = ["-p", "tsconfig.lib.json", "--outDir", path.join(staging, "lib")];
  execFileSync(process.execPath, [tsc, ...flags], { cwd: root, stdio: "inherit" });
}

/** One text file with the licence of every package whose code is in dist/cli. */
function writeLicences(modules) {
  const packages = new Map();
  for (const module of modules) {
    const folder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(module)?.[0];
    if (folder === undefined || !existsSync(path.join(folder, "package.json"))) continue;
    const { name, version, license, author } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    packages.set(`${name} ${version} (${license})`, { folder, author: author?.name ?? author });
  }
  const texts = [...packages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { folder, author }]) => {
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? `Copyright ${author}` : readFileSync(path.join(folder, file), "utf8").trim();
      return `${name}\n\n${text}`;
    });
  const head = "The built hooks contains code of these packages, each under its own licence.";
  writeFileSync(
    path.join(staging, "THIRD-PARTY-LICENSES.txt"),
    `${[head, ...texts].join(`\n\n${"-".repeat(80)}\n\n`)}\n`,
  );
}

/** bin/hooks.js answers --version without loading anything, so the number stands in it. */
function writeVersion() {
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const file = path.join(root, "bin/hooks.js");
  const before = readFileSync(file, "utf8");
  const after = before.replace(/const version = "[^"]*"/, `const version = "${version}"`);
  if (after !== before) writeFileSync(file, after);
}

try {
  const modules = await buildCommandLine();
  buildLibrary();
  writeLicences(modules);
  writeVersion();
  const dist = path.join(root, "dist");
  const old = `${staging}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(staging, dist);
  rmSync(old, { recursive: true, force: true });
} finally {
  rmSync(staging, { recursive: true, force: true });
}
