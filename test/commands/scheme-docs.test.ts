import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DIFFERENCES, schemeDocs } from "../../commands/scheme-docs.ts";
import { SCHEMES } from "../../src/core/signing/registry.ts";
import { readVectors } from "../core/signing/support/vectors.ts";

const page = readFileSync(path.join(import.meta.dirname, "../../docs/schemes.md"), "utf8");

describe("docs/schemes.md", () => {
  it("is what the records say; else: node commands/write-scheme-docs.ts", () => {
    expect(page).toBe(schemeDocs());
  });

  it("names every scheme with its aliases and its header", () => {
    for (const { name, title, aliases = [], signature } of SCHEMES) {
      expect(page).toContain(`## ${title}\n`);
      for (const one of [name, ...aliases]) expect(page).toContain(`\`${one}\``);
      if ("headers" in signature) expect(page).toContain(signature.headers[0]);
    }
  });

  it("names every kind of vector where a provider's library gives another verdict, whose it is, and ours; and no other", () => {
    const different = readVectors().flatMap(({ scheme, vectors }) =>
      vectors
        .filter(({ must, expect: theirs }) => must !== "either" && must !== theirs)
        .map(({ id, must }) => ({
          case: id.replace(/^.*\//, ""),
          scheme,
          ours: must === "valid" ? "accepted" : "refused",
        })),
    );
    const kinds = new Set(different.map((one) => one.case));

    expect(different.length).toBeGreaterThan(100);
    expect(new Set(DIFFERENCES.flatMap(({ cases }) => cases))).toEqual(kinds);
    for (const { cases, schemes, ours, what } of DIFFERENCES) {
      const these = different.filter((one) => cases.includes(one.case));

      expect(new Set(schemes), what).toEqual(new Set(these.map((one) => one.scheme)));
      expect(new Set(these.map((one) => one.ours)), what).toEqual(new Set([ours]));
    }
  });
});
