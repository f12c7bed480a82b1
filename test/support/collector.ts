import { type Reply, startReceiver } from "./receiver.ts";

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Readonly<Record<string, string | number | boolean>>;
  links?: { traceId: string; spanId: string }[];
  status: { code?: number; message?: string };
}

interface OtlpValue {
  stringValue?: string;
  intValue?: string;
  doubleValue?: number;
  boolValue?: boolean;
}
interface OtlpBody {
  resourceSpans: {
    resource: { attributes: { key: string; value: OtlpValue }[] };
    scopeSpans: {
      scope: { name: string; version: string };
      spans: (Omit<CollectedSpan, "attributes"> & { attributes: { key: string; value: OtlpValue }[] })[];
    }[];
  }[];
}

/** Takes spans as a collector does (OTLP/HTTP with JSON), on a real socket, and holds them to the protocol's form. */
export async function startCollector(reply: readonly Reply[] = [200]) {
  const receiver = await startReceiver({
    reply: reply.map((one) => (typeof one === "number" ? { status: one, body: "{}" } : one)),
  });
  const spansOf = (text: string): CollectedSpan[] =>
    (JSON.parse(text) as OtlpBody).resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map((span) => {
          if (!/^[\da-f]{32}$/.test(span.traceId) || !/^[\da-f]{16}$/.test(span.spanId)) throw new Error("bad ids");
          if (
            !/^\d{19}$/.test(span.startTimeUnixNano) ||
            BigInt(span.endTimeUnixNano) < BigInt(span.startTimeUnixNano)
          ) {
            throw new Error("bad times");
          }
          return { ...span, attributes: valuesOf(span.attributes) };
        }),
      ),
    );
  return {
    url: receiver.url,
    requests: receiver.requests,
    close: () => receiver.close(),
    resource: () =>
      valuesOf((JSON.parse(receiver.requests[0]!.text) as OtlpBody).resourceSpans[0]!.resource.attributes),
    /** Waits until there are so many spans, over all requests. */
    async spans(count: number): Promise<CollectedSpan[]> {
      for (let n = 1; ; n++) {
        await receiver.request(n);
        const all = receiver.requests.flatMap(({ text }) => spansOf(text));
        if (count <= all.length) return all;
      }
    },
  };
}

function valuesOf(attributes: readonly { key: string; value: OtlpValue }[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? doubleValue ?? boolValue ?? Number(intValue),
    ]),
  );
}
