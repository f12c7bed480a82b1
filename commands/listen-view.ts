import type { CliContext } from "../src/cli/context.ts";
import { isInForeground } from "../src/cli/foreground.ts";
import type { ForwardedDelivery } from "../src/cli/forwarded-delivery.ts";
import type { ListenAbout } from "../src/cli/tui/listen-state.ts";
import type { ListenView } from "../src/cli/tui/listen-view.ts";
import type { ListenClient } from "../src/stream/listen-client.ts";
import type { DeliveryFrame, ReadyFrame } from "../src/stream/protocol.ts";
import type { ListenOptions } from "./listen-flags.ts";
import { type Forwarding, inHandDelivery } from "./listen-forwarding.ts";
import { missedLine, secretHint } from "./listen-lines.ts";
import type { ListenViewKeys } from "./listen-view-keys.ts";

export interface ListenTerminalOptions {
  about: ListenAbout;
  forwarding: Forwarding | undefined;
  /** ms */
  timeoutMs: number;
}

/**
 * The interactive view of `hooks listen`; undefined where lines are printed: no terminal or one that cannot do it, nobody at
 * the keys, an output for programs, or a COMMAND that writes to the terminal itself.
 */
export async function openListenTerminal(
  options: ListenOptions,
  command: readonly string[],
  listening: ListenTerminalOptions,
  context: CliContext,
): Promise<ListenTerminal | undefined> {
  const { print, printSecret, view } = options;
  if (view === false || print === true || printSecret === true || 0 < command.length) return undefined;
  if (!context.canPrompt || !movesItsCursor(context.env) || !isInForeground()) return undefined;
  const [{ ListenView }, { ListenViewKeys }] = await Promise.all([
    import("../src/cli/tui/listen-view.ts"),
    import("./listen-view-keys.ts"),
  ]);
  const keys = new ListenViewKeys(listening, context);
  const shown = new ListenView({ about: listening.about, onWish: (wish, of) => keys.perform(wish, of) }, context);
  const { programs } = listening.forwarding ?? {};
  programs?.on("down", (where) => shown.absent(where, true));
  programs?.on("up", (where) => shown.absent(where, false));
  // Whatever ends the command, the terminal is given back before anything is said.
  context.onExit(() => shown.close());
  return new ListenTerminal(shown, keys, listening.forwarding, context);
}

/** Windows' own terminals do, and name no kind. */
function movesItsCursor({ TERM: kind }: CliContext["env"]): boolean {
  return kind === undefined || kind === "" ? process.platform === "win32" : kind !== "dumb";
}

/** What happens on the tunnel, as the view shows it. */
export class ListenTerminal {
  readonly #view: ListenView;
  readonly #keys: ListenViewKeys;
  readonly #forwarding: Forwarding | undefined;
  readonly #context: Pick<CliContext, "now">;
  #lostAt: number | undefined;

  constructor(
    view: ListenView,
    keys: ListenViewKeys,
    forwarding: Forwarding | undefined,
    context: Pick<CliContext, "now">,
  ) {
    this.#view = view;
    this.#keys = keys;
    this.#forwarding = forwarding;
    this.#context = context;
  }

  /** Otherwise things are printed. */
  get isOpen(): boolean {
    return this.#view.isOpen;
  }

  /** @param client for what is asked of the server */
  onReady(ready: ReadyFrame, again: boolean, client: ListenClient): void {
    const now = this.#context.now();
    const [secret] = ready.secrets;
    const session = {
      session: ready.session,
      secretHint: secret === undefined ? undefined : secretHint(secret),
      publicUrl: ready.public_url,
      dashboard: ready.dashboard,
    };
    this.#keys.connected(client, secret);
    this.#lostAt = undefined;
    const missed = missedLine(ready.waiting, ready.missed_from, ready.missed_to, now);
    if (!again) this.#view.open(session);
    this.#view.change({
      session,
      link: { kind: "connected", since: now },
      missed: missed === undefined ? undefined : { line: missed, left: ready.waiting },
    });
    if (again) this.#view.notice("connected again", "green");
    if (missed !== undefined) this.#view.notice(missed, "yellow");
  }

  onTaken(delivery: DeliveryFrame): void {
    if (!this.isOpen) return;
    const url = this.#forwarding?.programs.requestOf(delivery)?.url;
    this.#view.taken({ delivery: inHandDelivery(delivery, this.#context.now()), url, isEdited: false });
  }

  onDelivery(forwarded: ForwardedDelivery): void {
    this.#view.answered(forwarded);
  }

  onLost(reason: string): void {
    this.#lostAt ??= this.#context.now();
    this.#view.change({ link: { kind: "lost", since: this.#lostAt, reason } });
  }

  onQuit(): void {
    this.#view.change({ link: { kind: "ending" } });
  }

  async close(): Promise<void> {
    this.#keys.close();
    await this.#view.close();
  }
}
