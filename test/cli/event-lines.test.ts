import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventLine, readEventLines } from "../../src/cli/event-lines.ts";
import { HooksError } from "../../src/core/errors.ts";

async function read(chunks: readonly (string | Uint8Array)[], ids: "content" | "new" = "new"): Promise<EventLine[]> {
  const lines: EventLine[] = [];
  async function* source(): AsyncGenerator<string | Uint8Array> {
    yield* chunks;
  }
  for await (const line of readEventLines(source(), ids)) lines.push(line);
  return lines;
}

async function messages(text: string): Promise<string[]> {
  return (await read([text])).map(({ event }) => (event instanceof HooksError ? event.message : "ok"));
}

const TWO = '{"type":"a.b","data":{"n":1}}\n{"type":"a.c","data":2}\n';

describe("events by the line", () => {
  it("keep their data byte for byte", async () => {
    const data = '{ "n": 12345678901234567890, "k":"\\u00e9",\t"k":1 }';
    const [line] = await read([`{"type":"a.b","data":${data},"id":"e1","metadata":{"m":1},"version":"2"}`]);
    expect(line?.event).toMatchObject({ type: "a.b", id: "e1", version: "2" });
    if (line === undefined || line.event instanceof HooksError) throw new Error("it was refused");
    expect(Buffer.from(line.event.data).toString()).toBe(data);
  });

  it("are the same however the bytes arrive", async () => {
    const text = Buffer.from(`\r\n${TWO.replace("\n", "\r\n")}  \n{"type":"é","data":null}`);
    const whole = await read([text]);
    expect(whole.map(({ number }) => number)).toEqual([2, 3, 5]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 })), async (sizes) => {
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(text.subarray(at, at + size));
          at += size;
        }
        expect(await read([...chunks, text.subarray(at)])).toEqual(whole);
      }),
    );
  });

  it("say what is wrong with each bad line, and keep the good ones", async () => {
    expect(
      await messages(
        `{"type":"a"\n{"data":1}\n{"type":"a"}\n[1]\n${TWO}{"type":"a","data":1,"tpye":2}\n{"type":5,"data":1}`,
      ),
    ).toEqual([
      expect.stringMatching(/^it is not valid JSON: .* \(column 12\)$/),
      "type is missing",
      "data is missing: any JSON value",
      "it must be a JSON object",
      "ok",
      "ok",
      expect.stringMatching(/"tpye" is not a field of an event\n {2}did you mean "type"/),
      "type must be a string",
    ]);
  });

  it("get ids by their content, wherever they stand, and equal lines each their own", async () => {
    const ids = async (text: string, kind: "content" | "new" = "content"): Promise<(string | undefined)[]> =>
      (await read([text], kind)).map(({ event }) => (event instanceof HooksError ? "" : event.id));
    const [one, two] = ['{"type":"a","data":1}\n', '{"type":"b","data":2}\n'];
    const [first, second, other] = await ids(one + one + two);
    expect(new Set([first, second, other]).size).toBe(3);
    expect(await ids(one + one + two)).toEqual([first, second, other]);
    expect(await ids(`{"bad"\n${two}${one}\r\n${one}`)).toEqual(["", other, first, second]);
    expect(await ids('{"type":"a","data":1,"id":"mine"}')).toEqual(["mine"]);
    expect(await ids(one + one, "new")).toEqual([undefined, undefined]);
  });

  it("of a file without line breaks are refused before they fill the memory", async () => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    await expect(read(Array.from({ length: 20 }, () => chunk))).rejects.toThrow(/more than 16 MiB/);
  });
});
