import { copyText } from "../src/cli/clipboard.ts";
import type { CliContext } from "../src/cli/context.ts";
import { editText } from "../src/cli/edit-text.ts";
import { escapeBlock } from "../src/cli/escape.ts";
import type { ForwardedDelivery } from "../src/cli/forwarded-delivery.ts";
import { openPageOf } from "../src/cli/open-page.ts";
import { isBinary } from "../src/cli/tui/body-lines.ts";
import type { Wish } from "../src/cli/tui/listen-keys.ts";
import type { ListenRow } from "../src/cli/tui/listen-state.ts";
import type { ListenView } from "../src/cli/tui/listen-view.ts";
import type { HeaderPairs } from "../src/core/attempt.ts";
import { curlCommand } from "../src/core/curl-command.ts";
import { indentJson } from "../src/core/indent-json.ts";
import { signedAnew } from "../src/core/signed-anew.ts";
import { ACCEPTED } from "../src/stream/delivery-desk.ts";
import type { ListenClient } from "../src/stream/listen-client.ts";
import type { DeliveryFrame } from "../src/stream/protocol.ts";
import { deliveryFrame, forwardedDelivery, inHandDelivery } from "./listen-forwarding.ts";
import type { ListenTerminalOptions } from "./listen-view.ts";

/** Where a command goes that nobody forwards. */
const SOME_PROGRAM = "http://localhost:3000";
const FOR_COPIES = "signed anew: valid for five minutes";

/** What the keys of the view do outside of it. */
export class ListenViewKeys {
  readonly #listening: Omit<ListenTerminalOptions, "about">;
  readonly #context: CliContext;
  readonly #end = new AbortController();
  #client: ListenClient | undefined;
  #secret: string | undefined;
  #edits = 0;

  constructor(listening: Omit<ListenTerminalOptions, "about">, context: CliContext) {
    this.#listening = listening;
    this.#context = context;
  }

  connected(client: ListenClient, secret: string | undefined): void {
    this.#client = client;
    this.#secret = secret;
  }

  /** Gives up what was sent from here and is not answered. */
  close(): void {
    this.#end.abort();
  }

  async perform(wish: Wish, view: ListenView): Promise<void> {
    switch (wish.kind) {
      case "replay":
        return this.#replay(wish.row, view);
      case "edit":
        return this.#edit(wish.row, view);
      case "copy-curl":
        return this.#copy(this.#curl(wish.row), `the command is copied (${FOR_COPIES})`, view);
      case "show-curl":
        return this.#show(this.#curl(wish.row), view);
      case "copy-body":
        return this.#copyBody(wish.row, view);
      case "dashboard":
        return this.#openDashboard(view);
    }
  }

  async #replay({ delivery, isDone, isEdited }: ListenRow, view: ListenView): Promise<void> {
    if (!isDone) view.reply("your program has not answered it yet", "yellow");
    else if (isEdited) await this.#send(delivery, delivery.request.body, view);
    else if (this.#client?.replay(delivery.deliveryId) === true) view.reply(`replaying ${delivery.eventId}`);
    else view.reply("not connected: nothing can be replayed now", "yellow");
  }

  async #edit({ delivery }: ListenRow, view: ListenView): Promise<void> {
    const { body } = delivery.request;
    if (isBinary(body)) return view.reply("this body is no text: it cannot be edited", "yellow");
    const original = new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
    const pretty = indentJson(original);
    const name = `${delivery.eventType.replace(/[^\w.-]/g, "_")}.${pretty === undefined ? "txt" : "json"}`;
    const given = `${pretty ?? original}\n`;
    let text = given;
    for (;;) {
      const before = text;
      text = await view.lend(() => editText(before, name, this.#context));
      if (text === given) return view.reply("nothing was changed, and nothing sent");
      const fault = pretty === undefined ? undefined : jsonFault(text);
      if (fault === undefined) break;
      const choice = await view.ask(`e edit again  s send as it is  esc drop it   no JSON: ${fault}`, "es");
      if (choice === "") return view.reply("nothing was sent");
      if (choice === "s") break;
    }
    // Editors end a file with a line break, which is no part of what was sent.
    await this.#send(delivery, Buffer.from(text.replace(/\r?\n$/, "")), view);
  }

  /** Straight to the local program: the server knows of no such event. Under an id of its own, which no receiver has seen. */
  async #send(delivery: ForwardedDelivery, body: Uint8Array, view: ListenView): Promise<void> {
    this.#edits += 1;
    const id = `${delivery.eventId.replace(/_e\d+$/, "").slice(0, 110)}_e${this.#edits}`;
    const headers = this.#signed(delivery, body, id);
    if (headers === undefined) view.reply("sent with its old signature: only its sender can sign it", "yellow");
    const { method, path, query } = delivery.request;
    const request = { method, path, query, headers: headers ?? delivery.request.headers, body };
    const frame = this.#frame({ ...delivery, deliveryId: id, eventId: id, attempt: 1, replay: true, request });
    const url = this.#listening.forwarding?.programs.requestOf(frame)?.url;
    view.taken({ delivery: inHandDelivery(frame, this.#context.now()), url, isEdited: true });
    const answer = (await this.#listening.forwarding?.forward(frame, this.#end.signal)) ?? ACCEPTED;
    view.answered(forwardedDelivery(frame, answer, this.#context.now()), true);
  }

  #curl({ delivery }: ListenRow): string {
    const { method, body } = delivery.request;
    const headers = this.#signed(delivery, body, delivery.eventId) ?? delivery.request.headers;
    const frame = this.#frame({ ...delivery, request: { ...delivery.request, headers } });
    const { path, query } = frame;
    const request = this.#listening.forwarding?.programs.requestOf(frame) ?? {
      url: SOME_PROGRAM + path + (query === "" ? "" : `?${query}`),
      headers,
    };
    return curlCommand({ method, ...request, body });
  }

  async #copyBody({ delivery }: ListenRow, view: ListenView): Promise<void> {
    const { body } = delivery.request;
    if (isBinary(body)) return view.reply("this body is no text: c copies it as a command", "yellow");
    return this.#copy(new TextDecoder().decode(body), "the body is copied", view);
  }

  async #copy(text: string, said: string, view: ListenView): Promise<void> {
    const way = await copyText(text, this.#context.env, (sequence) => void process.stdout.write(sequence));
    if (way === "program") view.reply(said, "green");
    else if (way === "terminal") view.reply(`${said}, if your terminal lets programs copy; C shows it`, "green");
    else view.reply("too long for the terminal's clipboard: C shows it", "yellow");
  }

  /** On the screen below the view, where it can be marked, and stays when the view is left. */
  async #show(text: string, view: ListenView): Promise<void> {
    await view.lend(async () => {
      process.stdout.write(`\n${escapeBlock(text)}\n\n`);
      await this.#untilEnter();
    });
  }

  /** A terminal in line mode gives what was typed when the line ends. */
  #untilEnter(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#context;
    const end = (): void => resolve();
    process.stdout.write("Enter goes back ");
    process.stdin.once("data", end).resume();
    signal.addEventListener("abort", end);
    return promise.finally(() => {
      process.stdin.off("data", end).pause();
      signal.removeEventListener("abort", end);
    });
  }

  async #openDashboard(view: ListenView): Promise<void> {
    const { dashboard } = view.session ?? {};
    const url = dashboard === undefined ? null : URL.parse(dashboard);
    if (url === null) return view.reply("this server has no dashboard", "yellow");
    const isOpened = await openPageOf(url, this.#context.env);
    view.reply(isOpened ? `opened ${url.href}` : `there is no browser here: ${url.href}`);
  }

  #frame(delivery: ForwardedDelivery): DeliveryFrame {
    return deliveryFrame(delivery, this.#listening.timeoutMs);
  }

  #signed(delivery: ForwardedDelivery, body: Uint8Array, id: string): HeaderPairs | undefined {
    if (this.#secret === undefined) return undefined;
    const timestamp = Math.floor(this.#context.now() / 1_000);
    return signedAnew({ headers: delivery.request.headers, body, id, timestamp, secret: this.#secret });
  }
}

/** What is wrong with it, in the words of the language. */
function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
