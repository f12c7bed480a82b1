import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// What a program that imports the library has in its bundle. The build is bundled, as npm would install it.

const root = path.join(import.meta.dirname, "..");
let project: string;

beforeAll(() => {
  project = mkdtempSync(path.join(tmpdir(), "hooks-bundle-"));
  mkdirSync(path.join(project, "node_modules"));
  symlinkSync(root, path.join(project, "node_modules/hooks-relay"));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

interface Bundle {
  bytes: number;
  imports: string[];
  /** Which of these words its code has. */
  holds(...words: string[]): string[];
  /** What its export `answer` is. */
  answer(): Promise<unknown>;
}

let bundles = 0;

/** A program as one minified file. */
async function bundled(program: string): Promise<Bundle> {
  bundles += 1;
  const input = path.join(project, `program-${bundles}.mjs`);
  const file = path.join(project, `bundle-${bundles}.mjs`);
  writeFileSync(input, program);
  const bundle = await rolldown({ input, cwd: project, platform: "neutral", external: /^node:/, logLevel: "silent" });
  const { output } = await bundle.write({ file, format: "esm", minify: true, comments: false, codeSplitting: false });
  await bundle.close();
  const [{ code, imports, dynamicImports }] = output;
  return {
    bytes: Buffer.byteLength(code),
    imports: [...imports, ...dynamicImports],
    holds: (...words) => words.filter((word) => code.includes(word)),
    answer: async () => (await import(pathToFileURL(file).href)).answer,
  };
}

/** One word of each file of records, and of what only one of them needs. */
const OTHERS = [
  "x-hub-signature",
  "webhook-id",
  "x-slack",
  "mailgun",
  "x-twilio",
  "signature-input",
  "notificationItems",
];
/** Of the rest of the program. */
const RELAY = ["sqlite", "SELECT ", "fastify", "undici", "commander"];

const CHECK = 'verify(SCHEME, { headers: {}, body: "" }, "secret").reason';

describe("a bundle of the library", () => {
  it("with one record holds neither the others nor what only they need", async () => {
    const one = await bundled(
      `import { stripe, verify } from "hooks-relay/schemes";\nexport const answer = ${CHECK.replace("SCHEME", "stripe")};`,
    );

    expect(one.holds("stripe-signature", ...OTHERS, ...RELAY)).toEqual(["stripe-signature"]);
    expect(one.imports).toEqual(["node:crypto"]);
    expect(one.bytes).toBeLessThan(24_000);
    expect(await one.answer()).toBe("missing_header");
  });

  it("by name holds all records, and nothing of the relay", async () => {
    const all = await bundled(
      `import { verify } from "hooks-relay";\nexport const answer = ${CHECK.replace("SCHEME", '"stripe"')};`,
    );

    expect(all.holds("stripe-signature", ...OTHERS, ...RELAY)).toEqual(["stripe-signature", ...OTHERS]);
    expect(all.imports).toEqual(["node:crypto"]);
    expect(all.bytes).toBeLessThan(58_000);
    expect(await all.answer()).toBe("missing_header");
  });

  it.each([
    ["hooks-relay/web", '"github"', 70_000],
    ["hooks-relay/web/schemes", "github", 36_000],
  ])("of %s needs nothing of Node", async (entry, scheme, mostBytes) => {
    const web = await bundled(
      `import { createVerifier, sign, verify } from "${entry}";
      import { github } from "hooks-relay/web/schemes";
      const { headers } = await sign(${scheme}, { body: "{}" }, "s");
      const verifier = createVerifier(${scheme}, "s");
      const bodies = ["{}", "[]"].map((body) => ({ headers, body }));
      const verdicts = [await verify(${scheme}, bodies[0], "s"), ...(await Promise.all(bodies.map((one) => verifier.verify(one))))];
      export const answer = verdicts.map(({ valid }) => valid);`,
    );

    expect(web.imports).toEqual([]);
    expect(web.holds("node:fs", 'node:crypto"', "Buffer.", "process.", "require(", ...RELAY)).toEqual([]);
    expect(web.holds("stripe-signature")).toEqual(entry === "hooks-relay/web" ? ["stripe-signature"] : []);
    expect(web.bytes).toBeLessThan(mostBytes);
    expect(await web.answer()).toEqual([true, true, false]);
  });

  it("holds what signs only when it signs", async () => {
    const verifies = await bundled('export { github, verify as answer } from "hooks-relay/schemes";');
    const signs = await bundled('export { github, sign as answer } from "hooks-relay/schemes";');
    const word = "id must be one or more visible";

    expect(verifies.holds(word)).toEqual([]);
    expect(signs.holds(word)).toEqual([word]);
  });

  it("holds nothing of it when it uses nothing of it", async () => {
    const { bytes } = await bundled(
      'import * as hooks from "hooks-relay";\nimport * as schemes from "hooks-relay/schemes";',
    );

    expect(bytes).toBe(0);
  });
});
