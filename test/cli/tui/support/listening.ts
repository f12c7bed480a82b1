import fc from "fast-check";
import type { ForwardedDelivery } from "../../../../src/cli/forwarded-delivery.ts";
import type { Key } from "../../../../src/cli/full-screen.ts";
import { pressKey } from "../../../../src/cli/tui/listen-keys.ts";
import {
  type ListenState,
  openingState,
  withAnswered,
  withNotice,
  withTaken,
} from "../../../../src/cli/tui/listen-state.ts";
import { withPageLines } from "../../../../src/cli/tui/page-keys.ts";

export const NOON = Date.UTC(2026, 0, 1, 12);
const ABOUT = { where: "events of development", target: "localhost:3000", routes: ["invoice.* → localhost:4000"] };
const SESSION = { session: "mine", secretHint: "whsec_C2FV…9dQ=", publicUrl: undefined, dashboard: undefined };

export function opened(size = { width: 100, height: 24 }): ListenState {
  return openingState(ABOUT, SESSION, size, NOON);
}

/** The n-th delivery, answered with 200. */
export function delivery(n: number, parts: Partial<ForwardedDelivery> = {}): ForwardedDelivery {
  return {
    at: NOON + n,
    deliveryId: `dlv_${n}`,
    attempt: 1,
    eventId: `evt_${n}`,
    eventType: "order.paid",
    replay: false,
    request: {
      method: "POST",
      path: "/",
      query: "",
      headers: [["webhook-id", `evt_${n}`]],
      body: Buffer.from(`{"n":${n}}`),
    },
    result: { status: 200, headers: [["x-a", "b"]], body: Buffer.from("ok"), truncated: false },
    failure: undefined,
    durationMs: 5,
    ...parts,
  };
}

export function failed(status: number, text = ""): Pick<ForwardedDelivery, "result"> {
  return { result: { status, headers: [], body: Buffer.from(text), truncated: false } };
}

export function took(state: ListenState, one: ForwardedDelivery): ListenState {
  return withTaken(state, {
    delivery: { ...one, result: undefined, failure: undefined, durationMs: 0 },
    url: "http://localhost:3000/hook",
    isEdited: false,
  });
}

/** Each of them was taken and answered. */
export function answered(state: ListenState, ...deliveries: ForwardedDelivery[]): ListenState {
  return deliveries.reduce((before, one) => withAnswered(took(before, one), one), state);
}

const NAMED = [
  "up",
  "down",
  "left",
  "right",
  "return",
  "escape",
  "home",
  "end",
  "pageup",
  "pagedown",
  "backspace",
  "delete",
];

/** `up`, `return`, or what is typed. */
export function key(name: string): Key {
  return NAMED.includes(name) ? { name, text: "", ctrl: false } : { name: name.toLowerCase(), text: name, ctrl: false };
}

export function pressed(state: ListenState, ...names: string[]): ListenState {
  return names.reduce((before, name) => pressKey(before, key(name)).state, state);
}

/** Texts that would do something to a terminal, are wide, combine, or run from right to left. */
export const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\x9b1m",
        "\r\n",
        "\t",
        "世界",
        "👩‍👩‍👧",
        "e\u0301",
        "\u202e",
        "a".repeat(70),
        "\u0300".repeat(40),
        "🇩🇪",
        "﷽",
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join("")),
);

const anyBody = fc.oneof(
  anyText.map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

const anyDelivery = fc
  .record({
    n: fc.nat(999),
    type: anyText,
    id: anyText,
    body: anyBody,
    answer: anyBody,
    status: fc.integer({ min: 100, max: 599 }),
    header: anyText,
    message: anyText,
    kind: fc.constantFrom("answered", "failed", "in hand"),
  })
  .map(({ n, type, id, body, answer, status, header, message, kind }) => ({
    isDone: kind !== "in hand",
    delivery: delivery(n, {
      eventType: type,
      eventId: id,
      request: { method: "POST", path: `/${header}`, query: message, headers: [[header, header]], body },
      result:
        kind === "answered"
          ? { status, headers: [[header, message]], body: answer, truncated: n % 2 === 0 }
          : undefined,
      failure: kind === "failed" ? { code: n % 2 === 0 ? "refused" : "reset", message } : undefined,
    }),
  }));

const anyKey = fc.oneof(
  fc.constantFrom(...NAMED).map(key),
  fc.constantFrom(..."jkgGfpn/N?lxb rec").map(key),
  anyText.map((text): Key => ({ name: "", text: /\p{Cc}/u.test(text) ? "" : text, ctrl: false })),
  fc.constantFrom("u", "d", "w", "a", "e", "k").map((name): Key => ({ name, text: "", ctrl: true })),
);

/** Whatever can happen to the view, one thing after the other. */
export const anyState: fc.Arbitrary<ListenState> = fc
  .record({
    size: fc.record({ width: fc.integer({ min: 1, max: 160 }), height: fc.integer({ min: 1, max: 50 }) }),
    steps: fc.array(
      fc.oneof(
        {
          weight: 3,
          arbitrary: anyDelivery.map(
            (one) => (state: ListenState) => (one.isDone ? answered(state, one.delivery) : took(state, one.delivery)),
          ),
        },
        { weight: 4, arbitrary: anyKey.map((one) => (state: ListenState) => pressKey(state, one).state) },
        anyText.map(
          (text) => (state: ListenState) => withNotice(state, { at: NOON, text, style: "red", isReply: false }),
        ),
        anyText.map((text) => (state: ListenState) => ({ ...state, absent: [text] })),
        anyText.map(
          (reason) =>
            (state: ListenState): ListenState => ({ ...state, link: { kind: "lost", since: NOON, reason } }),
        ),
        anyText.map((line) => (state: ListenState) => ({ ...state, missed: { line, left: 3 } })),
        anyText.map((text) => (state: ListenState) => ({ ...state, question: { text, choices: "es" } })),
        fc
          .record({ width: fc.integer({ min: 1, max: 160 }), height: fc.integer({ min: 1, max: 50 }) })
          .map((size) => (state: ListenState) => withPageLines({ ...state, size })),
      ),
      { maxLength: 25 },
    ),
  })
  .map(({ size, steps }) => steps.reduce((state, step) => step(state), opened(size)));
