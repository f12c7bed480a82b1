import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSetup } from "../../src/cli/setup-file.ts";
import { setupYaml } from "../../src/cli/setup-yaml.ts";
import { HooksError } from "../../src/core/errors.ts";
import { fieldDiff } from "../../src/core/setup/field-diff.ts";
import type { SetupDocument } from "../../src/core/setup/setup.ts";
import { problemsOfSetup } from "../../src/core/setup/setup-form.ts";
import { hostileText, hostileValue, RUNS } from "./support/hostile-text.ts";

// Files for hooks apply: whatever stands in one, it is read, or refused with an error that names a place in it.

const FILES = [
  "sources:\n  - name: pay\n    scheme: stripe\n    secret: env:S\n    map: {a.*: b.c, ping: }\n    topics: [t]\n",
  "set: a\nsubscriptions:\n  - name: b\n    url: env:URL\n    events: [a.*]\n    headers: {x: 'y'}\n",
  '{"event_types": [{"name": "a.b", "schema": {"type": "object"}, "versions": [{"version": "1"}]}]}',
  "keys:\n  - &k {name: a, role: reader}\n  - *k\nalerts: [failure_count > 10 in 5m]\n---\nsettings: {strict_types: true}\n",
];

describe("files of set-ups", () => {
  it("are read, or refused with an error of ours", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText(FILES), async (text) => {
        try {
          const { setup } = await readSetup([{ name: "hooks.yaml", text }]);
          expect(problemsOfSetup(setup, "file")).toEqual([]);
        } catch (error) {
          if (!(error instanceof HooksError)) throw error;
          expect(error.code).toBe("invalid_request");
          expect(error.message).toMatch(/^(hooks\.yaml)/);
        }
        expect(({} as { x?: unknown }).x).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it("good ones are taken, so that refusing everything would be noticed", async () => {
    for (const text of FILES) expect((await readSetup([{ name: "hooks.yaml", text }])).setup).toBeDefined();
  });

  it("hold what was written to them, whatever it is", async () => {
    const text = hostileText(["a b", "- x", "env:A", "{a: 1}", "yes", "1e3"]);
    const property = fc.asyncProperty(text, text, text, async (description, key, value) => {
      const setup: SetupDocument = {
        version: 1,
        event_types: [{ name: "a.b", description, example: { [`k${key}`]: [value.toWellFormed(), null, 1.5, {}] } }],
      };
      const plain = JSON.parse(JSON.stringify(setup).toWellFormed()) as SetupDocument;
      const file = await setupYaml({ setup: plain, left_out: [] });
      expect(file).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect((await readSetup([{ name: "hooks.yaml", text: file }])).setup).toEqual(plain);
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});

describe("differences", () => {
  it("are there exactly when two values are not the same, and name places that differ", () => {
    const value = hostileValue([{ a: [{ b: 1 }, "x"], c: { d: null } }, [1, ["a"]], "text", null]);
    fc.assert(
      fc.property(value, value, (one, other) => {
        const [before, after] = [one, other].map((each) => JSON.parse(JSON.stringify(each ?? null)) as never);
        expect(fieldDiff(before, before)).toEqual([]);
        const differences = fieldDiff(before, after);
        expect(differences.length === 0).toBe(fieldDiff(after, before).length === 0);
        for (const { before: was, after: is } of differences) expect(was).not.toEqual(is);
      }),
      { numRuns: RUNS },
    );
  });
});
