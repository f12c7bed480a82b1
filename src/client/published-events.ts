// The types of typed publishing. `Events` is a map from event type to the type of its data, as
// `hooks event-type generate-types` writes it; `Versions` one from event type to version to the type of its data.

import type { HooksError } from "../core/errors.ts";
import type { PublishReceipt } from "../core/event.ts";

/** Any type, any data: what a publisher takes that was told of no map. */
export type AnyEvents = Record<string, unknown>;
/** No versions are known: any may be named, and the data is the same. */
export type NoVersions = Record<never, never>;

export type EventName<Events> = keyof Events & string;

/** Versions that may be named of a type. */
export type VersionName<Versions, Type> = Type extends keyof Versions ? keyof Versions[Type] & string : string;

/** The data of a type: of the version that is named (`never`: none). */
export type EventData<Events, Versions, Type extends keyof Events, Version> = [Version] extends [never]
  ? Events[Type]
  : Type extends keyof Versions
    ? Version extends keyof Versions[Type]
      ? Versions[Type][Version]
      : never
    : Events[Type];

/** What else an event has. */
export interface EventExtras {
  /** Idempotency key, 1–128 characters: the same id again stores nothing. Default: a new one, made once. */
  id?: string | undefined;
  /** When it happened; default: when the server takes it. */
  timestamp?: string | Date | undefined;
  /** A JSON object beside the data. */
  metadata?: object | undefined;
  /** The span that it is published in (W3C Trace Context): where the server traces, it goes on in that trace. */
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

export interface PublishOptions<Version = string> extends EventExtras {
  /** Version of the event type. */
  version?: Version | undefined;
  /** Takes the event back while it waits here. One that is on its way may be stored all the same. */
  signal?: AbortSignal | undefined;
}

/** An event as `publishMany` takes it: `type` decides what `data` must be. */
export type TypedEvent<Events = AnyEvents, Versions = NoVersions> = {
  [Type in EventName<Events>]: EventOf<Events, Versions, Type>;
}[EventName<Events>];

type EventOf<Events, Versions, Type extends EventName<Events>> = Type extends keyof Versions
  ?
      | (EventExtras & { type: Type; data: Events[Type]; version?: undefined })
      | {
          [Version in keyof Versions[Type] & string]: EventExtras & {
            type: Type;
            version: Version;
            data: Versions[Type][Version];
          };
        }[keyof Versions[Type] & string]
  : EventExtras & { type: Type; data: Events[Type]; version?: string | undefined };

/** What became of one event of `publishMany`. */
export type PublishResult =
  | ({ /** 0 for the first event. */ index: number; type: string; accepted: true } & PublishReceipt)
  | { index: number; type: string; accepted: false; id: string | undefined; error: HooksError };
