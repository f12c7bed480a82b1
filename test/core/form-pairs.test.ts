import fc from "fast-check";
import { expect, it } from "vitest";
import { formPairs } from "../../src/core/form-pairs.ts";
import { verify } from "../../src/index.ts";

it("reads a form as URLSearchParams does", () => {
  const piece = fc.constantFrom(
    "&",
    "=",
    "+",
    "%",
    "%20",
    "%26",
    "%3D",
    "%e2%82%ac",
    "%ff",
    "a",
    "b",
    "?",
    "#",
    ";",
    "é",
    "\ud800",
    " ",
    "\0",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      // Of the text of a URL it takes the "?" away.
      expect([...formPairs(text)]).toEqual([...new URLSearchParams(`&${text}`)]);
    }),
    { numRuns: 5_000 },
  );
});

it("takes no time that grows with the square of what a stranger sends", () => {
  // Minutes, by way of URLSearchParams.
  const body = "a&".repeat(5_000_000);
  let count = 0;
  for (const _ of formPairs(body)) count += 1;
  expect(count).toBe(5_000_000);
  const headers = { "x-twilio-signature": "AAAA", "content-type": "application/x-www-form-urlencoded" };
  const request = { headers, method: "POST", url: "https://relay.example/in/twilio" };
  expect(verify("twilio", { ...request, body }, "secret")).toMatchObject({ valid: false, reason: "body_malformed" });
  expect(verify("twilio", { ...request, body: "a&".repeat(10_000) }, "secret")).toMatchObject({
    valid: false,
    reason: "signature_mismatch",
  });
});
