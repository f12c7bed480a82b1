import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { isOk } from "../src/cli/forwarded-delivery.ts";
import { ReaderGone } from "../src/cli/output.ts";
import { HooksError } from "../src/core/errors.ts";
import { shellWord } from "../src/core/shell-word.ts";
import type { Answer } from "../src/stream/delivery-desk.ts";
import type { ListenClient } from "../src/stream/listen-client.ts";
import type { DeliveryFrame, ReadyFrame } from "../src/stream/protocol.ts";
import { type ListenOptions, patternsOf } from "./listen-flags.ts";
import type { ListenFollower } from "./listen-followers.ts";
import { type Forwarding, forwardedDelivery } from "./listen-forwarding.ts";
import { deliveryLine, jsonOf, missedLine, secretHint } from "./listen-lines.ts";
import type { ListenTerminal } from "./listen-view.ts";

export interface ListeningAbout {
  /** Where the events come from, and where they go, for people. */
  where: string;
  target: string;
  routes: readonly string[];
  forwarding: Forwarding | undefined;
  followers: readonly ListenFollower[];
  /** undefined: lines are printed. */
  view: ListenTerminal | undefined;
  /** Finishes what is in hand, and ends. */
  quit(): void;
}

/** A run of the command: what it says, and when it ends. */
export class Listening {
  readonly #client: ListenClient;
  readonly #options: ListenOptions;
  readonly #context: CliContext;
  readonly #about: ListeningAbout;
  #ok = 0;
  #failed = 0;
  #lastLoss: string | undefined;
  /** Thrown while something was shown (nobody reads our output any more, the ready file cannot be written). */
  #fault: Error | undefined;

  constructor(client: ListenClient, options: ListenOptions, context: CliContext, about: ListeningAbout) {
    this.#client = client;
    this.#options = options;
    this.#context = context;
    this.#about = about;
  }

  async run(): Promise<void> {
    const client = this.#client;
    client.on("ready", (ready, again) => this.#guard(() => this.#onReady(ready, again)));
    client.on("delivery", (delivery, answer) => this.#guard(() => this.#onDelivery(delivery, answer)));
    client.on("disconnected", ({ reason, retryInMs }) => this.#guard(() => this.#onLost(reason, retryInMs)));
    client.on("problem", ({ code, message }) => this.#guard(() => this.#onProblem(code, message)));
    const onSignal = (): void => this.#onSignal();
    this.#context.signal.addEventListener("abort", onSignal);
    if (this.#context.signal.aborted) this.#onSignal();
    try {
      await client.run();
    } catch (error) {
      this.#failWith(error);
    } finally {
      this.#context.signal.removeEventListener("abort", onSignal);
      this.#about.forwarding?.programs.unwatch();
      await this.#about.view?.close();
    }
    if (client.wasReady && this.#fault === undefined && this.#options.printSecret !== true) this.#sumUp();
    if (!client.wasReady && this.#context.signal.aborted) {
      this.#failWith(new HooksError("interrupted", "interrupted before it was connected"));
    }
    await this.#endFollowers();
    if (this.#fault !== undefined) throw this.#fault;
  }

  async #endFollowers(): Promise<void> {
    for (const follower of this.#about.followers) {
      try {
        await follower.onEnd?.(this.#fault instanceof ReaderGone ? undefined : this.#fault);
      } catch (error) {
        this.#failWith(error);
      }
    }
  }

  /** The first counts; but that nobody reads any more is no error, and hides none. */
  #failWith(error: unknown): void {
    if (this.#fault !== undefined && !(this.#fault instanceof ReaderGone)) return;
    this.#fault = error instanceof Error ? error : new Error(String(error));
  }

  /** Shows something; what is thrown meanwhile ends the run instead of the process. */
  #guard(show: () => void | Promise<void>): void {
    const end = (error: unknown): void => {
      this.#failWith(error);
      this.#about.quit();
    };
    try {
      Promise.resolve(show()).catch(end);
    } catch (error) {
      end(error);
    }
  }

  async #onReady(ready: ReadyFrame, again: boolean): Promise<void> {
    const { out } = this.#context;
    const [secret] = ready.secrets;
    this.#lastLoss = undefined;
    if (this.#options.printSecret === true) {
      out.print(out.mode === "json" ? jsonLine({ secret: secret ?? null }) : escapeLine(secret ?? ""));
      this.#client.quit({ keep: true });
      return;
    }
    if (out.mode === "json") {
      const { session, subscription_id, resumed, waiting, missed_from, missed_to, inbound, public_url } = ready;
      out.print(
        jsonLine({
          ...{ type: "ready", session, subscription_id, resumed, waiting, missed_from, missed_to },
          ...(inbound.length === 0 ? {} : { inbound }),
          public_url,
        }),
      );
    }
    const { view } = this.#about;
    if (view !== undefined && (!again || view.isOpen)) view.onReady(ready, again, this.#client);
    else this.#showReady(ready, again);
    if (again) return;
    for (const follower of this.#about.followers) await follower.onReady?.(ready);
  }

  #showReady(ready: ReadyFrame, again: boolean): void {
    const { out } = this.#context;
    const { bold, green } = out.noteColors;
    const [secret] = ready.secrets;
    if (!again) {
      const { where, target, routes } = this.#about;
      out.note(`${bold("hooks listen")}  ${where} → ${bold(target)}`);
      for (const route of routes) out.note(`  ${route}`);
    }
    const facts = [`session ${escapeLine(ready.session)}`, `events ${patternsOf(this.#options).join(", ")}`];
    if (this.#options.filter !== undefined) facts.push(`filter ${escapeLine(this.#options.filter)}`);
    if (0 < this.#options.source.length) facts.push(`source ${this.#options.source.join(", ")}`);
    else if (secret !== undefined) facts.push(`secret ${escapeLine(secretHint(secret))}`);
    if (ready.public_url !== undefined) facts.push(`at ${escapeLine(ready.public_url)}`);
    out.note([`${green("●")} ${again ? "connected again" : "connected"}`, ...(again ? [] : facts)].join("   "));
    if (!again && this.#options.source.length === 0)
      out.hint(`the whole secret: hooks listen --print-secret --session ${shellWord(ready.session)}`);
    if (!again) for (const url of ready.inbound) out.note(`  ${escapeLine(url)} is where the sender sends to`);
    const missed = missedLine(ready.waiting, ready.missed_from, ready.missed_to, this.#context.now());
    if (missed !== undefined) out.note(missed);
  }

  #onDelivery(delivery: DeliveryFrame, answer: Answer): void {
    const { out } = this.#context;
    const forwarded = forwardedDelivery(delivery, answer, this.#context.now());
    if (isOk(forwarded)) this.#ok += 1;
    else this.#failed += 1;
    for (const follower of this.#about.followers) follower.onDelivery?.(forwarded);
    if (this.#about.view?.isOpen === true) {
      this.#about.view.onDelivery(forwarded);
      return;
    }
    const line = this.#options.print === true ? jsonOf(forwarded) : deliveryLine(forwarded, out);
    if (line !== undefined) out.print(line);
  }

  /** Once for each reason: a server that is away for a night fills no screen. */
  #onLost(reason: string, retryInMs: number): void {
    const { out } = this.#context;
    this.#about.view?.onLost(reason);
    if (reason === this.#lastLoss) return;
    this.#lastLoss = reason;
    if (out.mode === "json") out.print(jsonLine({ type: "disconnected", reason, retry_in_ms: retryInMs }));
    out.note(`${out.noteColors.yellow("○")} not connected: ${escapeLine(reason)}. Trying again until it works`);
  }

  #onProblem(code: string, message: string): void {
    const { out } = this.#context;
    if (out.mode === "json") out.print(jsonLine({ type: "problem", code, message }));
    out.note(`${out.noteColors.yellow("note:")} ${escapeLine(message)}`);
  }

  #onSignal(): void {
    const { inHand } = this.#client;
    this.#about.view?.onQuit();
    if (inHand !== 0) this.#context.out.note(`finishing ${inHand} in hand; Ctrl-C again ends at once`);
    this.#about.quit();
  }

  #sumUp(): void {
    const { out } = this.#context;
    const counts = { events: this.#ok + this.#failed, ok: this.#ok, failed: this.#failed };
    if (out.mode === "json") out.print(jsonLine({ type: "end", ...counts }));
    out.note(
      `${counts.events === 1 ? "1 event" : `${counts.events} events`}, ${counts.ok} ok, ${counts.failed} failed`,
    );
  }
}
