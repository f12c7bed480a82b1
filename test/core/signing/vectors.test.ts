import { describe, expect, it } from "vitest";
import { findScheme, SCHEMES } from "../../../src/core/signing/registry.ts";
import { SCHEME_NAMES, SCHEME_NAMES_AND_ALIASES } from "../../../src/core/signing/scheme-names.ts";
import { sign } from "../../../src/core/signing/sign.ts";
import { Verifier, verify } from "../../../src/core/signing/verify.ts";
import { bodyOf, readVectors, resolverOf, type Vector } from "./support/vectors.ts";

const files = readVectors();

it("there are vectors of 69 schemes", () => {
  expect(files).toHaveLength(69);
  expect(files.reduce((sum, { vectors }) => sum + vectors.length, 0)).toBe(3211);
  expect(files.map(({ scheme }) => scheme).filter((name) => !SCHEME_NAMES.includes(name))).toEqual([]);
});

it("the list of names is that of the records", () => {
  expect(SCHEME_NAMES_AND_ALIASES).toEqual(SCHEMES.map(({ name, aliases = [] }) => [name, ...aliases]));
});

describe.each(files)("the vectors of $scheme", (file) => {
  const resolveKey = resolverOf(file);
  const requestOf = (vector: Vector) => ({
    headers: vector.headers,
    body: bodyOf(vector),
    method: vector.method,
    url: vector.url,
  });

  it.each(file.vectors)("$id must be $must", async (vector) => {
    const request = requestOf(vector);

    const result = verify(file.scheme, request, vector.secrets, { now: vector.now, resolveKey });

    if (vector.must !== "either") expect(result).toMatchObject({ valid: vector.must === "valid" });
    // The same verdict from keys that are prepared once, and from ones that are waited for.
    const verifier = new Verifier(findScheme(file.scheme)!, vector.secrets, {
      resolveKey: resolveKey && (async (name) => resolveKey(name)),
    });
    expect(await verifier.verifyAsync(request, vector.now)).toEqual(result);
  });

  const ours = file.vectors.filter(({ id }) => id.includes("/valid-ascii"));

  it.each(resolveKey === undefined && !file.scheme.match(/discord|telnyx|sendgrid|v1a/) ? ours : [])(
    "$id: sign makes the same headers",
    (vector) => {
      const expected = Object.fromEntries(vector.headers.map(([name, value]) => [name.toLowerCase(), value]));
      const request = requestOf(vector);
      const idHeaders = findScheme(file.scheme)?.scheme.id?.headers ?? [];
      const id = idHeaders.map((name) => expected[name]).find((value) => value !== undefined) ?? "msg_1";

      const { headers } = sign(file.scheme, request, vector.secrets, { id, timestamp: vector.now });

      expect(expected).toMatchObject(headers);
    },
  );
});
