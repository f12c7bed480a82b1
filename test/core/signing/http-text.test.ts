import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHeader, parseHeaderFile, parseHttpRequest } from "../../../src/core/signing/http-text.ts";

describe("parseHttpRequest", () => {
  it.each(["\r\n", "\n"])("reads lines that end with %j and keeps duplicates and every byte of the body", (end) => {
    const head = ["POST /in?x=1 HTTP/1.1", "Host: example.com", "X-A: 1", "x-a:  2 ", "", ""].join(end);
    const body = Buffer.from([0x00, 0xff, 0x0d, 0x0a, 0x0d, 0x0a, 0x0a]);

    const request = parseHttpRequest(Buffer.concat([Buffer.from(head), body]), "--request: f");

    expect(request).toMatchObject({
      method: "POST",
      target: "/in?x=1",
      headers: [
        ["Host", "example.com"],
        ["X-A", "1"],
        ["x-a", "2"],
      ],
    });
    expect(Buffer.from(request.body)).toEqual(body);
  });

  it("keeps any body", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        const bytes = Buffer.concat([Buffer.from("POST / HTTP/1.1\r\na: b\r\n\r\n"), body]);

        expect(Uint8Array.from(parseHttpRequest(bytes, "x").body)).toEqual(body);
      }),
    );
  });

  it.each([
    ["", /no blank line/],
    ["POST / HTTP/1.1\r\na: b\r\n", /no blank line/],
    ["hello\n\nbody", /first line/],
    ["HTTP/1.1 200 OK\n\nbody", /first line/],
    ["POST / HTTP/1.1\nno colon\n\n", /--request: f: line 2: a header must be/],
    ["POST / HTTP/1.1\na: b\n folded\n\n", /line 3/],
    ["POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\r\n\r\n", /chunks/],
  ])("refuses %j", (text, message) => {
    const parse = () => parseHttpRequest(Buffer.from(text), "--request: f");

    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: "usage", field: "--request" }));
  });
});

describe("parseHeaderFile", () => {
  const pairs = [
    ["Webhook-Id", "msg_1"],
    ["x", "a: b"],
  ];

  it.each([
    ["lines", "Webhook-Id: msg_1\nx: a: b\n"],
    ["lines with CRLF and blank ones", "\r\nWebhook-Id:msg_1\r\n\r\nx:  a: b \r\n"],
    ["lines after a status line", "HTTP/1.1 200 OK\nWebhook-Id: msg_1\nx: a: b"],
    ["a JSON object", '{"Webhook-Id":"msg_1","x":"a: b"}'],
    ["JSON pairs", ' [["Webhook-Id","msg_1"],["x","a: b"]]'],
    ["JSON as HAR files have it", '[{"name":"Webhook-Id","value":"msg_1"},{"name":"x","value":"a: b"}]'],
    ["JSON with a list of values", '{"Webhook-Id":["msg_1"],"x":"a: b"}'],
  ])("reads %s", (_name, text) => {
    expect(parseHeaderFile(text, "--headers: f")).toEqual(pairs);
  });

  it.each([
    ["Webhook-Id msg_1", /line 1: a header must be/],
    ["{oops", /begins like JSON/],
    ['{"a":1}', /all text/],
    ['["a","b"]', /list of \[name, value\]/],
    ["[null]", /list of/],
  ])("refuses %j", (text, message) => {
    expect(() => parseHeaderFile(text, "--headers: f")).toThrow(message);
  });
});

it("a header has a name that HTTP allows", () => {
  expect(parseHeader("A-b: c", "--header")).toEqual(["A-b", "c"]);
  for (const line of ["", ":", ": x", "a b: c", "é: x"]) {
    expect(() => parseHeader(line, "--header")).toThrow(expect.objectContaining({ code: "usage" }));
  }
});
