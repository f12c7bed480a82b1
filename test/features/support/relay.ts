import { HooksHome, type RunningDaemon } from "../../support/hooks-program.ts";

/** Whatever an answer has: each test names what it expects of it. */
// biome-ignore lint/suspicious/noExplicitAny: answers of all routes
export type Json = any;

export interface CallOptions {
  /** Default: the local token, which may do everything. */
  key?: string;
  headers?: Record<string, string>;
}

/** A daemon of the built program, as its users meet it: its HTTP API and the command line on the same store. */
export class Relay {
  readonly home: HooksHome;
  readonly daemon: RunningDaemon;

  private constructor(home: HooksHome, daemon: RunningDaemon) {
    this.home = home;
    this.daemon = daemon;
  }

  static async start(...flags: string[]): Promise<Relay> {
    return Relay.startIn(new HooksHome(), ...flags);
  }

  /** With the store that is in this home already. */
  static async startIn(home: HooksHome, ...flags: string[]): Promise<Relay> {
    return new Relay(home, await home.serve(...flags));
  }

  async call(
    method: string,
    route: string,
    body?: unknown,
    { key, headers = {} }: CallOptions = {},
  ): Promise<{ status: number; body: Json }> {
    const answer = await fetch(this.daemon.url + route, {
      method,
      headers: {
        authorization: `Bearer ${key ?? (await this.home.token())}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : text };
  }

  /** A command that asks the daemon itself, and must succeed: what it changes holds for the next call. */
  hooks(...args: string[]): Promise<string> {
    return this.home.ok(...args, ...this.daemon.asked);
  }

  /** The answer to a call that must succeed. */
  async ok(method: string, route: string, body?: unknown, options?: CallOptions): Promise<Json> {
    const answer = await this.call(method, route, body, options);
    if (answer.status < 200 || 300 <= answer.status)
      throw new Error(`${method} ${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  subscribe(url: string, more: Record<string, unknown> = {}, options?: CallOptions): Promise<Json> {
    return this.ok("POST", "/v1/subscriptions", { url, events: ["*"], ...more }, options);
  }

  publish(type: string, data: unknown = {}, options?: CallOptions): Promise<Json> {
    return this.ok("POST", "/v1/events", { type, data }, options);
  }

  async key(name: string, more: Record<string, unknown>): Promise<string> {
    return ((await this.ok("POST", "/v1/keys", { name, ...more })) as { key: string }).key;
  }

  /** Asks until the answer is as wanted: for what the daemon does by itself. */
  async until(route: string, isThere: (body: Json) => boolean): Promise<Json> {
    for (;;) {
      const body = await this.ok("GET", route);
      if (isThere(body)) return body;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
