import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Path (relative, with "/") → text. */
export type Sources = ReadonlyMap<string, string>;

/** Layer → the layers, or single files, that its files may import, besides itself. This table is the architecture. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  "src/core": [],
  // Reading a small file safely: what settings, keys and flags have in common.
  "src/small-file.ts": [],
  // What V8 reserves, of whichever process works for long: the daemon, and a listener.
  "src/young-generation.ts": [],
  "src/store": ["src/core", "src/small-file.ts"],
  "src/service": ["src/core", "src/store", "src/small-file.ts"],
  "src/receive": ["src/core", "src/service", "src/small-file.ts"],
  // The contract only: the dispatcher claims and records, whichever store it is.
  "src/deliver": ["src/core", "src/service", "src/store/store.ts", "src/young-generation.ts"],
  "src/stream": ["src/core", "src/service", "src/young-generation.ts"],
  "src/client": ["src/core"],
  // Settings: their sources in src/config/, what is in force in src/config.ts.
  "src/config": ["src/core", "src/small-file.ts"],
  "src/config.ts": ["src/config", "src/core", "src/small-file.ts"],
  "src/cli": ["src/core", "src/service", "src/client", "src/store", "src/config", "src/config.ts", "src/small-file.ts"],
  // The library's entries, and what they have in common: the core with a clock.
  "src/library": ["src/core"],
  "src/index.ts": ["src/core", "src/client", "src/library"],
  "src/records.ts": ["src/core"],
  "src/schemes.ts": ["src/core", "src/library", "src/records.ts"],
  "src/web.ts": ["src/core", "src/library"],
  "src/web-schemes.ts": ["src/core", "src/library", "src/records.ts"],
  "src/daemon-log.ts": ["src/core", "src/deliver", "src/stream"],
  "src/daemon-egress.ts": ["src/core"],
  "src/daemon-tail.ts": ["src/core", "src/deliver", "src/receive", "src/service"],
  "src/daemon-sources.ts": ["src/core", "src/daemon-log.ts", "src/deliver/transport.ts", "src/service", "src/stream"],
  // What is seen from outside: it is told of everything, and nobody waits for it.
  "src/telemetry": ["src/core", "src/deliver/attempt-recorded.ts"],
  "src/daemon-telemetry.ts": [
    "src/core",
    "src/daemon-log.ts",
    "src/telemetry",
    "src/service",
    "src/deliver/attempt-recorded.ts",
  ],
  "src/daemon.ts": [
    "src/daemon-egress.ts",
    "src/daemon-log.ts",
    "src/daemon-sources.ts",
    "src/daemon-tail.ts",
    "src/daemon-telemetry.ts",
    "src/core",
    "src/config.ts",
    "src/store",
    "src/service",
    "src/receive",
    "src/deliver",
    "src/stream",
  ],
  commands: ["src/core", "src/cli", "src/config", "src/config.ts", "src/daemon.ts"],
};

/** What single files may import beyond their layer, each with its reason. */
const EXCEPTIONS: Record<string, readonly string[]> = {
  // The developer's end of the tunnel is a program of its own: the command starts it.
  ...Object.fromEntries(
    ["", "-child", "-followers", "-forwarding", "-ready-file", "-run", "-view", "-view-keys"].map((part) => [
      `commands/listen${part}.ts`,
      ["src/stream"],
    ]),
  ),
  // It writes down where a listener forwards to, and judges it as the listener does.
  "commands/init.ts": ["src/stream/forward-route.ts", "src/stream/forward-target.ts"],
  // The store as a whole, which no service of a store does.
  "commands/backup.ts": ["src/service/store-backup.ts"],
  "commands/restore.ts": ["src/service/store-backup.ts"],
  // For development: the editors' schema is made of the API's.
  "commands/write-setup-schema.ts": ["src/receive/schemas/setup-file.ts"],
  // A subscriber's program: it verifies as any other that imports the package.
  "commands/demo-receiver.ts": ["src/index.ts"],
};

/** Package → where it may be imported. Replacing a package touches one place. */
const HOME: Record<string, readonly string[]> = {
  "better-sqlite3": ["src/store"],
  fastify: ["src/receive"],
  "@fastify/swagger": ["src/receive"],
  typebox: ["src/receive"],
  ajv: ["src/receive"],
  undici: ["src/deliver", "src/client", "src/telemetry"],
  ws: ["src/stream"],
  commander: ["commands", "src/cli"],
  "@inquirer/prompts": ["src/cli"],
  chalk: ["src/cli"],
  ora: ["src/cli"],
  pino: ["src/daemon-log.ts"],
  // Optional, and loaded where it is set only.
  "@aws-sdk/client-secrets-manager": ["src/service"],
  yaml: ["src/service", "src/cli"],
  uuidv7: ["src/service", "src/daemon.ts"],
  // Pure: it reads the language of filters.
  "@marcbachmann/cel-js": ["src/core"],
};

/** Node's modules that open or take connections or name addresses → where they may be imported. */
const NETWORK = /^node:(net|tls|http|https|http2|dgram|dns)(\/|$)/;
const NETWORK_HOME = ["src/deliver", "src/receive", "src/stream", "src/client"];
const NETWORK_EXCEPTIONS: Record<string, string> = {
  "commands/demo-receiver.ts": "the demo's two receivers",
  "src/cli/named-file.ts": "a pipe that the user named, which is read as a connection",
};

/** What opens a connection or sends a request → the files that do. Whatever goes to a receiver passes the egress guard. */
const DIALS =
  /\b(net|tls)\.(connect|createConnection)\s*\(|\bnew\s+(net\.|tls\.)?(Socket|TLSSocket|Client|Pool|BalancedPool|(Proxy|EnvHttpProxy|Retry)?Agent)\s*\(|\b(https?\.(request|get)|http2\.connect)\s*\(/;
const DIAL_HOME: Record<string, string> = {
  "src/deliver/first-connected.ts": "TCP to a receiver: addresses that connect.ts has checked",
  "src/deliver/connect.ts": "TLS on it",
  "src/deliver/connections.ts": "HTTP on it: clients that are given their sockets by connect.ts",
  "src/stream/forwarder.ts": "the developer's own program behind a listener",
  "src/stream/local-watch.ts": "whether the developer's own program is there",
  "src/client/server-connection.ts": "the hooks server that the user named",
  "src/telemetry/span-exporter.ts": "the collector of traces that the operator named",
};

const FORBIDDEN_NAME = /(^|\/)(utils?|helpers?|common|lib|types?|interfaces?)\.ts$/;
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\brandom(UUID|Bytes|Int|FillSync|Fill)\b|\bgetRandomValues\b|\bprocess\.|\bset(Timeout|Interval|Immediate)\b/;
const SQL =
  /\bSELECT\s[\s\S]*?\sFROM\b|\bINSERT\s+(OR\s+\w+\s+)?INTO\b|\bUPDATE\s+\w+\s+SET\b|\bDELETE\s+FROM\b|\b(CREATE|ALTER|DROP)\s+TABLE\b|\bPRAGMA\s+\w/;
const GLOBAL_NETWORK = /(?<![.\w])(fetch|globalThis\.fetch)\s*\(|\bnew\s+(WebSocket|EventSource)\s*\(/;
const LONG_FILE_LINES = 400;

/** All .ts files below the folders, by path relative to `root`. */
export function readSources(root: string, folders: readonly string[]): Sources {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })) {
      const file = path.posix.join(folder, name.split(path.sep).join("/"));
      if (file.endsWith(".ts")) sources.set(file, readFileSync(path.join(root, file), "utf8"));
    }
  }
  return sources;
}

/** Every breach of the architecture, one sentence each, in no particular order. */
export function breaches(sources: Sources): string[] {
  const found: string[] = [];
  for (const [file, text] of sources) {
    for (const { target } of importsOf(text)) {
      const reason = refusal(file, target);
      if (reason !== undefined) found.push(`${file} imports ${target}: ${reason}`);
    }
    found.push(...contentBreaches(file, text));
  }
  return [...found, ...cycles(sources)];
}

/** What is compared where signatures are checked: an `===` between two such texts ends at the first difference. */
const COMPARES_SECRETLY = "src/core/signing/text-comparer.ts";
const EARLY_COMPARE =
  /\b(expected|signature|digest|mac|hmac|hash|secret|token)\s*[!=]==?\s*(?!undefined\b|null\b|""|''|"[^"]*")[A-Za-z_$][\w$.]*|\b(expected|signature|digest|mac|hmac|secret|token)\.(equals|localeCompare)\(|\.digest\([^)]*\)\s*[!=]==?/;

function contentBreaches(file: string, text: string): string[] {
  const code = withoutComments(text);
  const layer = layerOf(file);
  const found: string[] = [];
  if (FORBIDDEN_NAME.test(file)) found.push(`${file}: name the idea, not the drawer`);
  if (/^export default\b|\bas default\b/m.test(code)) found.push(`${file} has a default export`);
  if (layer === "src/core" && IMPURE.test(code))
    found.push(`${file}: core reads no clock, draws no randomness, sets no timer`);
  if (layer !== "src/store" && SQL.test(code)) found.push(`${file}: SQL stands in src/store only`);
  if (DIALS.test(code) && DIAL_HOME[file] === undefined && NETWORK_EXCEPTIONS[file] === undefined)
    found.push(`${file} opens a connection: receivers are dialled by src/deliver/connect.ts alone`);
  if (GLOBAL_NETWORK.test(code)) found.push(`${file}: no global fetch, WebSocket or EventSource`);
  if (
    file.endsWith("/index.ts") &&
    layer.startsWith("src/") &&
    file !== "src/index.ts" &&
    /^export .* from /m.test(code)
  ) {
    found.push(`${file}: no barrels inside src/`);
  }
  if (file.startsWith("src/core/signing/") && !file.startsWith("src/core/signing/explain/")) {
    if (EARLY_COMPARE.test(code))
      found.push(`${file}: what is secret is compared in constant time, by text-comparer.ts`);
    if (file !== COMPARES_SECRETLY && /\btimingSafeEqual\b/.test(code)) {
      found.push(`${file}: timingSafeEqual throws for other lengths; ${COMPARES_SECRETLY} is its place`);
    }
  }
  const lines = text.split("\n").length;
  if (lines > LONG_FILE_LINES && !saysWhyItIsOne(text)) {
    found.push(`${file} has ${lines} lines: a comment in its first lines must say why it is one thing`);
  }
  return found;
}

/** A comment at the very top that holds the word "one". */
function saysWhyItIsOne(text: string): boolean {
  const head = /^(?:\s*(?:\/\/[^\n]*\n|\/\*[\s\S]*?\*\/))+/.exec(text)?.[0] ?? "";
  return /\bone\b/i.test(head);
}

/** Why this import is not allowed; undefined when it is. */
function refusal(file: string, target: string): string | undefined {
  const from = layerOf(file);
  if (target.startsWith(".")) {
    const imported = path.posix.join(path.posix.dirname(file), target);
    const to = layerOf(imported);
    const allowed = [from, ...(MAY_IMPORT[from] ?? []), ...(EXCEPTIONS[file] ?? [])];
    return allowed.includes(to) || allowed.includes(imported) ? undefined : `${from} may not import ${to}`;
  }
  if (target.startsWith("node:")) {
    if (from === "src/core") return target === "node:crypto" ? undefined : "core imports node:crypto only";
    const networkHere = NETWORK_HOME.includes(from) || NETWORK_EXCEPTIONS[file] !== undefined;
    return NETWORK.test(target) && !networkHere
      ? `connections are the business of ${NETWORK_HOME.join(", ")}`
      : undefined;
  }
  const home = HOME[packageOf(target)];
  if (home === undefined) return "this package has no home: name one in test/support/architecture.ts";
  return home.includes(from) ? undefined : `its home is ${home.join(", ")}`;
}

function packageOf(target: string): string {
  return target.split("/", target.startsWith("@") ? 2 : 1).join("/");
}

/** `src/core/signing/x.ts` → `src/core`; `src/daemon.ts` → itself; `commands/sub/list.ts` → `commands`. */
function layerOf(file: string): string {
  const [top = "", second = ""] = file.split("/");
  return top === "src" ? `src/${second}` : top;
}

interface Import {
  target: string;
  /** Gone after compilation: cannot close a cycle. */
  typeOnly: boolean;
  /** `import()`: loaded later, cannot close a cycle either. */
  lazy: boolean;
}

function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const [, keyword, what, target = ""] of code.matchAll(/^(import|export)\s([^"';]*?)from\s*["']([^"']+)["']/gm)) {
    found.push({ target, typeOnly: /^type\b/.test(what ?? ""), lazy: keyword === undefined });
  }
  for (const [, target = ""] of code.matchAll(/^import\s+["']([^"']+)["']/gm)) {
    found.push({ target, typeOnly: false, lazy: false });
  }
  for (const [, target = ""] of code.matchAll(/\b(?:import|require)\(\s*["']([^"']+)["']\s*\)/g)) {
    found.push({ target, typeOnly: false, lazy: true });
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/[^\n]*/g, "$1");
}

/** Import cycles among values, each reported once, from the file where it was met. */
function cycles(sources: Sources): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) found.push(`cycle: ${[...trail.slice(start), file].join(" → ")}`);
    if (start >= 0 || done.has(file)) return;
    for (const { target, typeOnly, lazy } of importsOf(sources.get(file) ?? "")) {
      const next = path.posix.join(path.posix.dirname(file), target);
      if (target.startsWith(".") && !typeOnly && !lazy && sources.has(next)) visit(next, [...trail, file]);
    }
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return found;
}
