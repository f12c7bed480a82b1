import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { junitXml } from "../../src/core/junit-report.ts";

const START = "2026-01-31T12:00:00.000Z";

describe("a report in JUnit's XML", () => {
  it("has a case for each, and says what failed and what was skipped", () => {
    const cases = [
      { group: "g", name: "one", seconds: 0.5, failure: undefined },
      { group: "g", name: 'a <b> & "c"', seconds: 1, failure: "it's\nwrong" },
      { group: "g", name: "three", seconds: 0, skipped: "answered 500" },
    ];
    expect(junitXml({ name: "hooks listen", startedAt: START, seconds: 2, cases })).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="hooks listen" tests="3" failures="1" errors="0" skipped="1" time="2.000">
  <testsuite name="hooks listen" tests="3" failures="1" errors="0" skipped="1" time="2.000" timestamp="${START}">
    <testcase classname="g" name="one" time="0.500"/>
    <testcase classname="g" name="a &lt;b&gt; &amp; &quot;c&quot;" time="1.000"><failure message="it&apos;s\ufffdwrong"/></testcase>
    <testcase classname="g" name="three" time="0.000"><skipped message="answered 500"/></testcase>
  </testsuite>
</testsuites>
`,
    );
  });

  it("cannot be broken out of by any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const xml = junitXml({
          name: text,
          startedAt: START,
          seconds: 0,
          cases: [
            { group: text, name: text, seconds: 0, failure: text },
            { group: text, name: text, seconds: 0, skipped: text },
          ],
        });
        // Without what stands in quotes, every report of these two cases is the same.
        const bare = xml.replace(/"[^"]*"/g, '""');
        expect(bare.match(/</g)).toHaveLength(11);
        expect(bare).not.toMatch(/[^\n -~]/);
        expect(xml).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
        expect(xml.isWellFormed()).toBe(true);
      }),
    );
  });
});
