import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatId, idRange, parseId } from "../../src/core/ids.ts";

const UUID = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe("ids", () => {
  it("read back as they were written, and sort as their bytes do", () => {
    fc.assert(
      fc.property(UUID, UUID, (one, other) => {
        const id = formatId("evt", one);
        expect(id).toMatch(/^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
        expect(parseId("evt", id)).toEqual(one);
        expect(Math.sign(Buffer.compare(one, other))).toBe(
          id < formatId("evt", other) ? -1 : id === formatId("evt", other) ? 0 : 1,
        );
      }),
    );
  });

  it("are known by their prefix and form only", () => {
    const id = formatId("sub", new Uint8Array(16));
    expect(parseId("evt", id)).toBeUndefined();
    for (const wrong of [
      id.slice(0, -1),
      `${id}0`,
      id.toUpperCase(),
      id.replace(/.$/, "u"),
      id.replace("_0", "_8"),
      "",
    ]) {
      expect(parseId("sub", wrong)).toBeUndefined();
    }
  });

  it("that begin alike lie in the range of that beginning, and no other", () => {
    fc.assert(
      fc.property(UUID, UUID, fc.integer({ min: 5, max: 30 }), (one, other, length) => {
        const start = formatId("dlv", one).slice(0, length);
        const range = idRange("dlv", start)!;
        const inside = (uuid: Uint8Array) =>
          0 <= Buffer.compare(uuid, range.first) && Buffer.compare(uuid, range.last) <= 0;
        expect(inside(one)).toBe(true);
        expect(inside(other)).toBe(formatId("dlv", other).startsWith(start));
      }),
    );
  });

  it("cannot begin with what is no digit", () => {
    expect(idRange("dlv", "dlv_")).toBeUndefined();
    expect(idRange("dlv", "dlv_u")).toBeUndefined();
    expect(idRange("dlv", "evt_0")).toBeUndefined();
  });
});
