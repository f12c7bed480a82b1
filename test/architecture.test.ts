import path from "node:path";
import { expect, it } from "vitest";
import { breaches, readSources } from "./support/architecture.ts";

const sources = readSources(path.join(import.meta.dirname, ".."), ["src", "commands"]);

it("the sources keep to the architecture", () => {
  expect(sources.size).toBeGreaterThan(50);
  expect(breaches(sources)).toEqual([]);
});

/** A made-up file for each rule: what is tested above must be able to fail. */
const SINS: [rule: string, file: string, text: string, breach: RegExp][] = [
  [
    "core knows nobody",
    "src/core/sin.ts",
    'import { a } from "../store/store.ts";',
    /src\/core may not import src\/store/,
  ],
  [
    "a type is an import too",
    "src/core/sin.ts",
    'import type { A } from "../cli/context.ts";',
    /may not import src\/cli/,
  ],
  [
    "so is one that is loaded later",
    "src/core/sin.ts",
    'const a = await import("../store/store.ts");',
    /may not import/,
  ],
  [
    "and one over several lines",
    "src/core/sin.ts",
    'import {\n  a,\n  b,\n} from "../service/a.ts";',
    /may not import/,
  ],
  [
    "receive and deliver do not know each other",
    "src/receive/sin.ts",
    'export { a } from "../deliver/a.ts";',
    /may not/,
  ],
  [
    "stream does not reach for the store",
    "src/stream/sin.ts",
    'import "../store/store.ts";',
    /may not import src\/store/,
  ],
  ["commands do not reach for the store", "commands/sin.ts", 'import "../src/store/store.ts";', /may not/],
  ["core uses node:crypto only", "src/core/sin.ts", 'import { readFileSync } from "node:fs";', /node:crypto only/],
  ["the HTTP client has a home", "src/service/sin.ts", 'import { Pool } from "undici";', /its home is src\/deliver/],
  ["a new package needs one", "src/cli/sin.ts", 'import leftPad from "left-pad";', /no home/],
  ["sockets are opened in few places", "src/service/sin.ts", 'import { connect } from "node:net";', /connections are/],
  [
    "receivers are dialled in one place",
    "src/deliver/sin.ts",
    "const s = net.connect({ host, port });",
    /opens a conn/,
  ],
  ["by no other client either", "src/receive/sin.ts", "const agent = new Agent({});", /opens a connection/],
  ["nor by Node's own", "src/stream/sin.ts", "http.request(url, () => {});", /opens a connection/],
  ["fetch nowhere", "src/client/sin.ts", 'const a = await fetch("http://a");', /no global fetch/],
  ["core reads no clock", "src/core/sin.ts", "export const now = Date.now();", /no clock/],
  ["core draws no randomness", "src/core/sin.ts", "export const id = randomUUID();", /no clock/],
  ["SQL in the store only", "src/service/sin.ts", "const sql = `SELECT id\n  FROM events`;", /SQL stands in/],
  ["no default export", "src/cli/sin.ts", "export default 1;", /default export/],
  ["no drawers", "src/core/utils.ts", "export const a = 1;", /name the idea/],
  ["no barrels", "src/core/signing/index.ts", 'export { a } from "./a.ts";', /no barrels/],
  [
    "signatures are compared in constant time",
    "src/core/signing/sin.ts",
    "if (expected === candidate) accept();",
    /constant time/,
  ],
  ["also digests", "src/core/signing/sin.ts", 'return hmac.digest("hex") === text;', /constant time/],
  ["and buffers", "src/core/signing/sin.ts", "return digest.equals(other);", /constant time/],
  [
    "in one place only",
    "src/core/signing/sin.ts",
    "export const isSame = timingSafeEqual(one, other);",
    /is its place/,
  ],
  ["a long file says why", "src/core/sin.ts", "export const a = 1;\n".repeat(401), /one thing/],
];

it.each(SINS)("would notice: %s", (_, file, text, breach) => {
  expect(breaches(new Map([[file, text]]))).toEqual([expect.stringMatching(breach)]);
});

it("takes no comment for code", () => {
  const commentedOut = SINS.filter(([, file]) => file.endsWith("sin.ts")).map(
    ([, file, text]) => [file.replace("sin", "sin-of-one"), `// one\n${text.replace(/^/gm, "// ")}`] as const,
  );
  expect(breaches(new Map(commentedOut))).toEqual([]);
});

it("would notice a cycle, and takes none for one that exists in types only", () => {
  const ring = (keyword: string) =>
    new Map([
      ["src/core/sin-a.ts", 'import { b } from "./sin-b.ts";'],
      ["src/core/sin-b.ts", 'import { c } from "./sin-c.ts";'],
      ["src/core/sin-c.ts", `${keyword} { a } from "./sin-a.ts";`],
    ]);
  expect(breaches(ring("import"))).toEqual([
    "cycle: src/core/sin-a.ts → src/core/sin-b.ts → src/core/sin-c.ts → src/core/sin-a.ts",
  ]);
  expect(breaches(ring("import type"))).toEqual([]);
});
