import { type ForwardedDelivery, isOk } from "../forwarded-delivery.ts";
import type { Page } from "./page.ts";
import type { Piece } from "./styled-line.ts";
import type { TextInput } from "./text-input.ts";

/** What of the run is known before anything happens. */
export interface ListenAbout {
  /** Where the events come from. */
  where: string;
  /** Where they go, and the routes before it, each as a line. */
  target: string;
  routes: readonly string[];
}

/** What the server said when the session was opened. */
export interface ListenSession {
  session: string;
  /** Enough of the secret to tell it from another one. */
  secretHint: string | undefined;
  publicUrl: string | undefined;
  dashboard: string | undefined;
}

export type Link =
  | { kind: "connected"; since: number }
  | { kind: "lost"; since: number; reason: string }
  /** Nothing new is taken; what is in hand is finished. */
  | { kind: "ending" };

export interface ListenRow {
  /** Counts up: the order of the list, and the row's name in it. */
  number: number;
  /** Without result and failure while it is in hand. */
  delivery: ForwardedDelivery;
  /** When it was handed to the local program, unix ms. */
  takenAt: number;
  /** Where that is; undefined: it was answered here. */
  url: string | undefined;
  isDone: boolean;
  /** Sent from here with another body: no delivery of the server's. */
  isEdited: boolean;
}

export interface Notice {
  at: number;
  text: string;
  style: Piece["style"];
  /** What a key was answered. */
  isReply: boolean;
}

export interface ListenState {
  about: ListenAbout;
  session: ListenSession;
  size: { width: number; height: number };
  link: Link;
  /** Oldest first. */
  rows: readonly ListenRow[];
  nextNumber: number;
  /** Of bodies in `rows`. */
  bytes: number;
  /** Answered deliveries, also those whose rows are no longer kept. */
  ok: number;
  failed: number;
  /** Of the last ones that were answered, ms. */
  durations: readonly number[];
  /** `missed 00:41–07:12, 18 events, replaying`, and how many of them have not come yet. */
  missed: { line: string; left: number } | undefined;
  /** `localhost:3000`: nothing listens there. */
  absent: readonly string[];
  /** Number of the row; undefined: always the newest. */
  selected: number | undefined;
  /** Number of the row that stood in the first line when a person last moved. */
  top: number;
  /** No row with a higher number is shown. */
  pausedAt: number | undefined;
  filter: string;
  search: string;
  input: { purpose: "filter" | "search"; line: TextInput; before: string } | undefined;
  /** Over the list. */
  page: Page | undefined;
  question: { text: string; choices: string } | undefined;
  /** Newest last. */
  notices: readonly Notice[];
}

/** So many deliveries are kept, and bodies of so many bytes in all. */
export const MAX_ROWS = 1_000;
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_NOTICES = 200;
const DURATIONS = 200;

export function openingState(
  about: ListenAbout,
  session: ListenSession,
  size: ListenState["size"],
  now: number,
): ListenState {
  return {
    about,
    session,
    size,
    link: { kind: "connected", since: now },
    rows: [],
    nextNumber: 1,
    bytes: 0,
    ok: 0,
    failed: 0,
    durations: [],
    missed: undefined,
    absent: [],
    selected: undefined,
    top: 0,
    pausedAt: undefined,
    filter: "",
    search: "",
    input: undefined,
    page: undefined,
    question: undefined,
    notices: [],
  };
}

export type TakenRow = Pick<ListenRow, "delivery" | "url" | "isEdited">;

/** A delivery was handed to the local program. */
export function withTaken(state: ListenState, taken: TakenRow): ListenState {
  const { delivery } = taken;
  const row = { ...taken, number: state.nextNumber, takenAt: delivery.at, isDone: false };
  return withinBounds({
    ...state,
    nextNumber: state.nextNumber + 1,
    rows: [...state.rows, row],
    bytes: state.bytes + bytesOf(delivery),
  });
}

/** It was answered, or is known not to be. */
export function withAnswered(state: ListenState, delivery: ForwardedDelivery, isEdited = false): ListenState {
  const index = state.rows.findLastIndex((row) => !row.isDone && isSame(row.delivery, delivery));
  const counted = isEdited
    ? state
    : {
        ...state,
        ok: state.ok + (isOk(delivery) ? 1 : 0),
        failed: state.failed + (isOk(delivery) ? 0 : 1),
        missed: afterOne(state.missed),
        durations: [...state.durations.slice(1 - DURATIONS), delivery.durationMs],
      };
  const before = state.rows[index];
  // Its row was given up for newer ones.
  if (before === undefined) return counted;
  const row = { ...before, delivery, isDone: true };
  return withinBounds({
    ...counted,
    rows: state.rows.with(index, row),
    bytes: state.bytes - bytesOf(before.delivery) + bytesOf(delivery),
    page: state.page?.row?.number === row.number ? { ...state.page, row } : state.page,
  });
}

export function withNotice(state: ListenState, notice: Notice): ListenState {
  return { ...state, notices: [...state.notices.slice(1 - MAX_NOTICES), notice] };
}

export function inHand({ rows }: ListenState): number {
  return rows.reduce((count, { isDone }) => count + (isDone ? 0 : 1), 0);
}

function isSame(one: ForwardedDelivery, other: ForwardedDelivery): boolean {
  return one.deliveryId === other.deliveryId && one.attempt === other.attempt;
}

function afterOne(missed: ListenState["missed"]): ListenState["missed"] {
  return missed === undefined || missed.left <= 1 ? undefined : { ...missed, left: missed.left - 1 };
}

function bytesOf({ request, result }: ForwardedDelivery): number {
  return request.body.byteLength + (result?.body.byteLength ?? 0);
}

/** The oldest rows go first; the newest stays, however large it is. */
function withinBounds(state: ListenState): ListenState {
  let { bytes } = state;
  let first = 0;
  while (first < state.rows.length - 1 && (MAX_ROWS < state.rows.length - first || MAX_BODY_BYTES < bytes)) {
    bytes -= bytesOf(state.rows[first]!.delivery);
    first += 1;
  }
  return first === 0 ? state : { ...state, rows: state.rows.slice(first), bytes };
}
