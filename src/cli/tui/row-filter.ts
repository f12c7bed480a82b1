import { isEventPattern, patternTakes } from "../../core/event-pattern.ts";
import { isOk } from "../forwarded-delivery.ts";
import type { ListenRow } from "./listen-state.ts";

type Test = (row: ListenRow) => boolean;

const STATES: Readonly<Record<string, Test>> = {
  ok: ({ isDone, delivery }) => isDone && isOk(delivery),
  failed: ({ isDone, delivery }) => isDone && !isOk(delivery),
  err: ({ delivery }) => delivery.failure !== undefined,
  waiting: ({ isDone }) => !isDone,
  replay: ({ delivery }) => delivery.replay,
  edited: ({ isEdited }) => isEdited,
};

/**
 * What is typed behind `f`: all of its words must fit. `order.*`, `500`, `4xx`, `>100ms`, `ok`, `failed`, `err`, `waiting`,
 * `replay`, `edited`; any other word is one that type, id, path or error contain; `-` before a word turns it around.
 */
export function rowFilter(text: string): Test {
  const tests = text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "" && word !== "-")
    .map(testOf);
  return (row) => tests.every((test) => test(row));
}

function testOf(word: string): Test {
  if (!word.startsWith("-")) return plainTestOf(word);
  const test = plainTestOf(word.slice(1));
  return (row) => !test(row);
}

function plainTestOf(word: string): Test {
  const state = Object.hasOwn(STATES, word) ? STATES[word] : undefined;
  if (state !== undefined) return state;
  if (/^[1-5](\d\d|xx)$/.test(word)) {
    return ({ delivery }) => delivery.result !== undefined && fits(String(delivery.result.status), word);
  }
  const [, sign, number, unit] = /^([<>])(\d+)(ms|s)?$/.exec(word) ?? [];
  if (number !== undefined) {
    const bound = Number(number) * (unit === "s" ? 1_000 : 1);
    return ({ isDone, delivery: { durationMs } }) => isDone && (sign === ">" ? bound < durationMs : durationMs < bound);
  }
  if (word.includes("*") && isEventPattern(word)) {
    return ({ delivery }) => patternTakes(word, delivery.eventType.toLowerCase());
  }
  return (row) => headText(row).includes(word);
}

function fits(status: string, word: string): boolean {
  return word.endsWith("xx") ? status.startsWith(word.slice(0, 1)) : status === word;
}

function headText({ delivery }: ListenRow): string {
  const { eventType, eventId, deliveryId, request, failure } = delivery;
  const parts = [eventType, eventId, deliveryId, request.path, request.query, failure?.message ?? ""];
  return parts.join("\n").toLowerCase();
}

/** Enough of a body to find things in. */
const SEARCHED_BYTES = 1024 * 1024;

/** What `/` finds: text in all that is known of a delivery, in any case. */
export function rowContains(row: ListenRow, text: string): boolean {
  const wanted = text.toLowerCase();
  if (headText(row).includes(wanted)) return true;
  const { request, result } = row.delivery;
  return [request, result].some((message) => {
    if (message === undefined) return false;
    const headers = message.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    const body = new TextDecoder().decode(message.body.subarray(0, SEARCHED_BYTES));
    return headers.toLowerCase().includes(wanted) || body.toLowerCase().includes(wanted);
  });
}
