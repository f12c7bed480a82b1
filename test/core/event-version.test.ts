import { expect, it } from "vitest";
import { type VersionedType, versionVerdict } from "../../src/core/event-version.ts";

const TYPE: VersionedType = {
  versions: [
    { version: "1" },
    { version: "2", down: { to: "1", steps: [{ drop: "/b" }] } },
    { version: "3", down: { to: "2", steps: [{ drop: "/c" }] } },
    { version: "4" },
  ],
};

it.each([
  [TYPE, "3", undefined, "as_published"],
  [TYPE, undefined, "1", "as_published"],
  [undefined, undefined, "1", "as_published"],
  [TYPE, "2", "2", "as_published"],
  [undefined, "x", "x", "as_published"],
  [TYPE, "2", "1", "converted"],
  [TYPE, "3", "1", "converted"],
  [TYPE, "1", "2", "skipped"],
  [TYPE, "4", "1", "skipped"],
  [TYPE, "3", "9", "skipped"],
  [TYPE, "9", "1", "skipped"],
  [undefined, "2", "1", "skipped"],
] as const)("type %#: published as %s, wanted as %s: %s", (type, published, wanted, kind) => {
  expect(versionVerdict(type, published, wanted).kind).toBe(kind);
});

it("goes through the versions between, newest first", () => {
  expect(versionVerdict(TYPE, "3", "1")).toEqual({
    kind: "converted",
    from: "3",
    to: "1",
    steps: [{ drop: "/c" }, { drop: "/b" }],
  });
});

it("says why an event is skipped", () => {
  const reason = (published: string, wanted: string) => {
    const verdict = versionVerdict(TYPE, published, wanted);
    return verdict.kind === "skipped" ? verdict.reason : undefined;
  };
  expect(reason("1", "3")).toBe("it was published as version 1, which is older than 3: there is no way up");
  expect(reason("4", "2")).toBe("no conversion is declared from version 4 to 2");
  expect(reason("7", "2")).toBe("version 7 of this event type is not in the catalogue");
});

it("ends where the versions that are stored lead round in a circle", () => {
  let reads = 0;
  const leadsTo = (version: string, to: string) => ({
    version,
    get down() {
      reads += 1;
      if (100 < reads) throw new Error("it does not end");
      return { to, steps: [] };
    },
  });
  const circle: VersionedType = { versions: [leadsTo("1", "2"), leadsTo("2", "1"), { version: "9" }] };
  expect(versionVerdict(circle, "1", "9").kind).toBe("skipped");
  expect(versionVerdict(circle, "1", "2").kind).toBe("converted");
});
