import fc from "fast-check";
import { expect, it } from "vitest";
import { hopsField, LOOP_HEADER, loopHeaders, loopMark, marksIn } from "../../src/core/loop-mark.ts";

const MARK = loopMark("hk_local_a");
const OTHER = loopMark("hk_local_b");
const event = (metadata?: unknown) => ({
  metadata: metadata === undefined ? undefined : Buffer.from(JSON.stringify(metadata)),
});

it("a mark is one installation's, and says nothing of its token", () => {
  expect(MARK).toMatch(/^hooks-[0-9a-f]{16}$/);
  expect(loopMark("hk_local_a")).toBe(MARK);
  expect(OTHER).not.toBe(MARK);
});

it("marks are found among the names of others, with parameters, in several headers (RFC 8586)", () => {
  expect(marksIn([`cdn.example:443; foo=bar, ${MARK};a="b;c"`, `\t${OTHER.toUpperCase()} , "x"`])).toEqual([
    MARK,
    OTHER,
  ]);
  expect(marksIn(["somecdn", `x${MARK}`, `${MARK}0`, "hooks-1", ""])).toEqual([]);
});

it("an event keeps those that its request came through, and its own deliveries go on with them", () => {
  expect(hopsField([])).toEqual({});
  expect(hopsField(["somecdn"])).toEqual({});
  const before = event({ source: "x", ...hopsField([`${OTHER}, somecdn`]) });
  const headers = loopHeaders(MARK);
  expect(headers([before])).toEqual([LOOP_HEADER, `${OTHER}, ${MARK}`]);
  expect(headers([event(), before, before])).toEqual([LOOP_HEADER, `${OTHER}, ${MARK}`]);
  expect(headers([event(), event({ a: 1 })])).toEqual([LOOP_HEADER, MARK]);
});

it("whatever a publisher writes there, nothing but marks comes into the header, and not without end", () => {
  const headers = loopHeaders(MARK);
  fc.assert(
    fc.property(fc.oneof(fc.array(fc.oneof(fc.string(), fc.constant(OTHER))), fc.jsonValue()), (hops) => {
      const [name, value] = headers([event({ hops, other: '"hops"' })]);
      expect(name).toBe(LOOP_HEADER);
      expect(value).toMatch(/^(hooks-[0-9a-f]{16}, )*hooks-[0-9a-f]{16}$/);
      expect(value!.endsWith(MARK)).toBe(true);
    }),
  );
  const many = Array.from({ length: 1_000 }, (_, at) => loopMark(String(at)));
  expect(headers([event({ hops: many })])[1]!.split(", ")).toEqual([...many.slice(-16), MARK]);
});
