import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { readSources } from "../support/architecture.ts";

// No parser is forgotten: each that a file exports is fuzzed here, or it is said why it need not be.

const ROOT = path.join(import.meta.dirname, "../..");

/** What is not called by a test of this folder itself. */
const ELSEWHERE: Record<string, string> = {
  "src/core/alert-rule.ts#parseAlertRule": "each rule of parseAlertRules",
  "src/core/catalogue/documents/event-type-extension.ts#readDetails": "part of readDocuments",
  "src/core/catalogue/documents/event-type-extension.ts#readExtension": "part of readDocuments",
  "src/core/json-envelope.ts#parseMember": "what parseEvent does with each member",
  "src/core/signing/coded-message.ts#readCoded": "test/core/signing/every-scheme.test.ts: every scheme, given garbage",
  "src/core/signing/judgement.ts#readTimely": "test/core/signing/every-scheme.test.ts: every scheme, given garbage",
  "src/core/signing/message.ts#readMessage": "test/core/signing/every-scheme.test.ts: every scheme, given garbage",
  "src/core/signing/schemes/json-object.ts#parseObject": "test/core/signing/every-scheme.test.ts: bodies of SNS, Plaid",
  "src/service/sealed-headers.ts#parseHeaders": "reads what this program sealed itself",
};

/** `file#name` of every exported parser: anywhere what is called parse…, in core, which does no I/O, also what is called read…. */
function parsersOf(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([file, text]) => {
    const names = file.startsWith("src/core/") ? "(?:parse|read)" : "parse";
    const exported = new RegExp(`^export (?:async )?(?:function\\*?|const) (${names}[A-Z]\\w*)`, "gm");
    return [...text.matchAll(exported)].map(([, name]) => `${file}#${name}`);
  });
}

/** `file#name` of what tests import; a whole module counts for all that is used of it. */
function importsOf(folder: string, text: string): string[] {
  const from = (specifier: string): string => path.relative(ROOT, path.resolve(folder, specifier));
  const named = [...text.matchAll(/^import \{([^}]*)\} from "(\.[^"]+)"/gm)].flatMap(([, names = "", specifier = ""]) =>
    names.split(",").map((name) => `${from(specifier)}#${name.trim()}`),
  );
  const whole = [...text.matchAll(/^import \* as (\w+) from "(\.[^"]+)"/gm)].flatMap(([, alias, specifier = ""]) =>
    [...text.matchAll(new RegExp(`\\b${alias}\\.(\\w+)`, "g"))].map(([, name]) => `${from(specifier)}#${name}`),
  );
  return [...named, ...whole];
}

const parsers = parsersOf(readSources(ROOT, ["src"]));
const fuzzed = new Set(
  readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.ts"))
    .flatMap((name) => importsOf(import.meta.dirname, readFileSync(path.join(import.meta.dirname, name), "utf8"))),
);

it("is fuzzed: add a new one to a table of this folder", () => {
  expect(parsers.length).toBeGreaterThan(80);
  expect(parsers.filter((parser) => !fuzzed.has(parser) && !Object.hasOwn(ELSEWHERE, parser))).toEqual([]);
});

it("or is an exception that is still there and still needed", () => {
  expect(Object.keys(ELSEWHERE).filter((parser) => !parsers.includes(parser) || fuzzed.has(parser))).toEqual([]);
});

it("and one that is not would be noticed", () => {
  const sources = new Map([
    [
      "src/core/a.ts",
      "export function parseA(text: string): A {\nexport async function* readB() {\nfunction parseC() {",
    ],
    [
      "src/stream/b.ts",
      "export const parseD: Parser = (bytes) => {\nexport function readE() {\nexport function parse() {",
    ],
  ]);
  expect(parsersOf(sources)).toEqual(["src/core/a.ts#parseA", "src/core/a.ts#readB", "src/stream/b.ts#parseD"]);
  const test =
    'import {\n  parseA,\n  b,\n} from "../../src/core/a.ts";\nimport * as c from "../../src/stream/b.ts";\nc.parseD(x);';
  expect(importsOf(import.meta.dirname, test)).toEqual([
    "src/core/a.ts#parseA",
    "src/core/a.ts#b",
    "src/core/a.ts#",
    "src/stream/b.ts#parseD",
  ]);
});
