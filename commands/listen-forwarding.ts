import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import type { ForwardedDelivery } from "../src/cli/forwarded-delivery.ts";
import { HooksError } from "../src/core/errors.ts";
import type { ListenFault } from "../src/core/listen-fault.ts";
import type { Answer } from "../src/stream/delivery-desk.ts";
import type { FaultyForward, Forward } from "../src/stream/faulty-forward.ts";
import type { ForwardRoute } from "../src/stream/forward-route.ts";
import type { ForwardTarget } from "../src/stream/forward-target.ts";
import type { LocalPrograms } from "../src/stream/local-programs.ts";
import type { DeliveryFrame, ReadyFrame } from "../src/stream/protocol.ts";
import type { ListenOptions } from "./listen-flags.ts";

/** Where deliveries go. */
export interface Forwarding {
  programs: LocalPrograms;
  forward: Forward;
  /** What signs the deliveries is known. */
  onReady(ready: ReadyFrame): void;
  /** For people: where what no route takes goes; undefined: nowhere, it is answered here. */
  otherwise: string | undefined;
  routes: readonly ForwardRoute[];
}

/**
 * The programs that the flags name, else those of the settings (a checked-in hooks.config.json); undefined: none is named.
 * @throws HooksError `usage`
 */
export async function openForwarding(options: ListenOptions, context: CliContext): Promise<Forwarding | undefined> {
  const { forward, routes } = context.settings().listen;
  const target = options.forward === undefined ? forward : { text: options.forward, origin: "--forward" };
  const given = options.route.length === 0 ? routes : options.route.map((text) => ({ text, origin: "--route" }));
  if (target === undefined && given.length === 0) {
    const flag =
      options.header.length !== 0
        ? "--header"
        : options.fault.length !== 0
          ? "--fault"
          : options.forwardAllowRemote === true
            ? "--forward-allow-remote"
            : undefined;
    if (flag !== undefined) throw new HooksError("usage", `${flag} needs --forward or --route`, { field: flag });
    return undefined;
  }
  const [{ parseForwardHeader, parseForwardTarget }, { parseForwardRoute }, { LocalPrograms }] = await Promise.all([
    import("../src/stream/forward-target.ts"),
    import("../src/stream/forward-route.ts"),
    import("../src/stream/local-programs.ts"),
  ]);
  const allowRemote = options.forwardAllowRemote ?? false;
  const otherwise: ForwardTarget | undefined =
    target === undefined ? undefined : parseForwardTarget(target.text, allowRemote, target.origin);
  const parsed = given.map(({ text, origin }) => parseForwardRoute(text, allowRemote, origin));
  const programs = new LocalPrograms({
    routes: parsed,
    otherwise,
    headers: options.header.map(parseForwardHeader),
  });
  context.onExit(() => programs.close());
  const { yellow, green } = context.out.noteColors;
  programs.on("down", (where) => {
    context.out.note(`${yellow("○")} nothing listens on ${where}: start your program. Trying until it is there`);
  });
  programs.on("up", (where) => context.out.note(`${green("●")} ${where} is there`));
  const faulty = options.fault.length === 0 ? undefined : await withFaults(options.fault, programs, context);
  return {
    programs,
    forward: faulty?.forward ?? ((delivery, signal) => programs.forward(delivery, signal)),
    onReady: ({ secrets: [secret] }) => {
      if (faulty !== undefined) faulty.secret = secret;
    },
    otherwise: otherwise?.text,
    routes: parsed,
  };
}

async function withFaults(
  faults: readonly ListenFault[],
  programs: LocalPrograms,
  { out }: CliContext,
): Promise<FaultyForward> {
  const [{ FaultyForward }, { formatStandardSecret }, { randomBytes }] = await Promise.all([
    import("../src/stream/faulty-forward.ts"),
    import("../src/core/signing/standard-secret.ts"),
    import("node:crypto"),
  ]);
  const kinds = faults.map((fault) => (fault.kind === "delay" ? `delay of ${fault.ms} ms` : fault.kind));
  out.note(`${out.noteColors.yellow("faults on purpose:")} ${kinds.join(", ")}`);
  return new FaultyForward({
    faults,
    forward: (delivery, signal) => programs.forward(delivery, signal),
    unknownSecret: formatStandardSecret(randomBytes(24)),
    onNote: ({ event_id }, text) => out.note(`${escapeLine(event_id)}  ${escapeLine(text)}`),
  });
}

/** A delivery and its answer as they are shown. */
export function forwardedDelivery(delivery: DeliveryFrame, answer: Answer, at: number): ForwardedDelivery {
  return {
    ...inHandDelivery(delivery, at),
    result: answer.kind === "answered" ? answer : undefined,
    failure: answer.kind === "failed" ? { code: answer.code, message: answer.message } : undefined,
    durationMs: answer.durationMs,
  };
}

/** One that is not answered yet. */
export function inHandDelivery(delivery: DeliveryFrame, at: number): ForwardedDelivery {
  const { method, path, query, headers, body } = delivery;
  return {
    at,
    deliveryId: delivery.delivery_id,
    attempt: delivery.attempt,
    eventId: delivery.event_id,
    eventType: delivery.event_type,
    replay: delivery.replay,
    request: { method, path, query, headers, body },
    result: undefined,
    failure: undefined,
    durationMs: 0,
  };
}

/** And back: what is shown as a delivery that the local program can be given. */
export function deliveryFrame(shown: ForwardedDelivery, timeoutMs: number): DeliveryFrame {
  return {
    type: "delivery",
    delivery_id: shown.deliveryId,
    attempt: shown.attempt,
    event_id: shown.eventId,
    event_type: shown.eventType,
    ...shown.request,
    deadline_ms: timeoutMs,
    replay: shown.replay,
  };
}
