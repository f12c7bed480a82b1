// What a receiver in a process of its own tells its parent: its port once it listens, and when the so-many-th request came.

import type { Server } from "node:net";
import { clockMs } from "./clock.ts";

export class RequestCounter {
  #requests = 0;
  #notifyAt = Number.POSITIVE_INFINITY;

  /** Takes the parent's `{ notifyAt }` and `{ notifyAt, reset: true }`, and ends this process with the parent. */
  constructor(server: Server) {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      process.send?.({ port: typeof address === "object" ? address?.port : undefined });
    });
    process.on("message", ({ notifyAt, reset }: { notifyAt: number; reset?: boolean }) => {
      if (reset === true) this.#requests = 0;
      this.#notifyAt = notifyAt;
      if (notifyAt <= this.#requests) this.#notify();
    });
    process.on("disconnect", () => process.exit());
  }

  add(): void {
    this.#requests += 1;
    if (this.#requests === this.#notifyAt) this.#notify();
  }

  #notify(): void {
    this.#notifyAt = Number.POSITIVE_INFINITY;
    process.send?.({ at: clockMs() });
  }
}
