import type { CliContext } from "../context.ts";
import type { ForwardedDelivery } from "../forwarded-delivery.ts";
import { FullScreen, type Key } from "../full-screen.ts";
import { listenFrame } from "./listen-frame.ts";
import { pressKey, type Wish } from "./listen-keys.ts";
import {
  inHand,
  type ListenAbout,
  type ListenSession,
  type ListenState,
  type Notice,
  openingState,
  type TakenRow,
  withAnswered,
  withNotice,
  withTaken,
} from "./listen-state.ts";
import { withPageLines } from "./page-keys.ts";
import { Redraw } from "./redraw.ts";
import type { Piece } from "./styled-line.ts";

export interface ListenViewOptions {
  about: ListenAbout;
  /** What a key asks for; what it rejects with is shown. */
  onWish(wish: Wish, view: ListenView): void | Promise<void>;
}

/** Twenty frames a second: more is nothing to the eye. */
const FRAME_MS = 50;
/** What is in hand or away shows for how long. */
const TICK_MS = 1_000;

/** The terminal of `hooks listen`: everything that is shown, and the keys. What is decided stands in the files around. */
export class ListenView {
  readonly #options: ListenViewOptions;
  readonly #context: Pick<CliContext, "out" | "now" | "env">;
  readonly #screen: FullScreen;
  readonly #redraw: Redraw;
  #state: ListenState | undefined;
  #tick: NodeJS.Timeout | undefined;
  #choose: ((choice: string) => void) | undefined;
  /** The terminal is another program's. */
  #lent: Promise<unknown> | undefined;

  constructor(options: ListenViewOptions, context: Pick<CliContext, "out" | "now" | "env">) {
    this.#options = options;
    this.#context = context;
    this.#redraw = new Redraw(() => this.#draw(), FRAME_MS);
    this.#screen = new FullScreen({
      onKey: (key) => this.#guard(() => this.#press(key)),
      onResize: () => this.#guard(() => this.#resized()),
      onInterrupt: interrupt,
    });
  }

  /** False before it was opened, and again once it ended: then things are printed as lines. */
  get isOpen(): boolean {
    return this.#state !== undefined;
  }

  get session(): ListenSession | undefined {
    return this.#state?.session;
  }

  open(session: ListenSession): void {
    this.#state = openingState(this.#options.about, session, this.#size(), this.#context.now());
    this.#context.out.divertNotes((line) => this.notice(line));
    this.#screen.open();
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    this.#redraw.request();
  }

  /** Resolves once the terminal is as it was found, also when another program has it. */
  async close(): Promise<void> {
    this.#choose?.("");
    this.#screen.close();
    await this.#lent?.catch(() => {});
    this.#end();
  }

  taken(row: TakenRow): void {
    this.#update((state) => withTaken(state, row));
  }

  answered(delivery: ForwardedDelivery, isEdited = false): void {
    this.#update((state) => {
      const next = withAnswered(state, delivery, isEdited);
      return next.page === state.page ? next : withPageLines(next);
    });
  }

  change(part: Partial<ListenState>): void {
    this.#update((state) => ({ ...state, ...part }));
  }

  /** Nothing listens there, or something does again. */
  absent(where: string, isAbsent: boolean): void {
    this.#update((state) => {
      const others = state.absent.filter((one) => one !== where);
      return { ...state, absent: isAbsent ? [...others, where] : others };
    });
  }

  /** What happened. */
  notice(text: string, style?: Piece["style"]): void {
    this.#say({ at: this.#context.now(), text, style, isReply: false });
  }

  /** What a key was answered. */
  reply(text: string, style?: Piece["style"]): void {
    this.#say({ at: this.#context.now(), text, style, isReply: true });
  }

  /** Asks, and answers with one of the choices (a character each), or "" for none. */
  ask(text: string, choices: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#choose?.("");
    this.#choose = resolve;
    this.change({ question: { text, choices } });
    return promise;
  }

  /** Gives the terminal to another program until `work` is done; meanwhile events come and go as before. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    const lent = this.#screen.lend(work);
    this.#lent = lent;
    try {
      return await lent;
    } finally {
      this.#lent = undefined;
      if (this.isOpen) this.#resized();
    }
  }

  #press(key: Key): void {
    if (this.#state === undefined) return;
    const { state, effect } = pressKey(this.#state, key);
    this.#state = state;
    this.#redraw.request();
    if (effect === undefined) return;
    if (effect.kind === "quit") interrupt();
    else if (effect.kind === "choose") this.#choose?.(effect.choice);
    else void this.#perform(effect);
  }

  async #perform(wish: Wish): Promise<void> {
    try {
      await this.#options.onWish(wish, this);
    } catch (error) {
      this.reply(error instanceof Error ? error.message : String(error), "red");
    }
  }

  #say(notice: Notice): void {
    this.#update((state) => {
      const next = withNotice(state, notice);
      return next.page?.kind === "messages" ? withPageLines(next) : next;
    });
  }

  #resized(): void {
    this.#update((state) => withPageLines({ ...state, size: this.#size() }));
  }

  #onTick(): void {
    const state = this.#state;
    if (state !== undefined && (inHand(state) !== 0 || state.notices.length !== 0)) this.#redraw.request();
  }

  #update(change: (state: ListenState) => ListenState): void {
    if (this.#state === undefined) return;
    this.#guard(() => {
      this.#state = change(this.#state!);
      this.#redraw.request();
    });
  }

  #draw(): void {
    this.#guard(() => {
      if (this.#state === undefined || this.#lent !== undefined) return;
      const { colors } = this.#context.out;
      this.#screen.draw(listenFrame(this.#state, { colors, now: this.#context.now() }));
    });
  }

  /** A fault of what is shown is no reason to lose a delivery: the rest of the run is told in lines. */
  #guard(show: () => void): void {
    try {
      show();
    } catch (error) {
      this.#end();
      const { out, env } = this.#context;
      out.note(`${out.noteColors.yellow("warning:")} the view ended by a fault of hooks; lines from here on`);
      if ((env["HOOKS_DEBUG"] ?? "") !== "") out.note(String(error instanceof Error ? error.stack : error));
    }
  }

  #end(): void {
    if (this.#state === undefined) return;
    this.#state = undefined;
    clearInterval(this.#tick);
    this.#redraw.stop();
    this.#screen.close();
    this.#context.out.divertNotes(undefined);
  }

  #size(): ListenState["size"] {
    const { width, height } = this.#screen;
    return { width, height };
  }
}

/** As if Ctrl-C had come from a terminal in line mode: the first ends in good order, the second at once. */
function interrupt(): void {
  process.emit("SIGINT", "SIGINT");
}
