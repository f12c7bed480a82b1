import type { Store } from "../store/store.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { Dispatcher } from "./dispatcher.ts";

export interface DeliveringParts {
  /** The subscriptions were read from it. */
  store: Pick<Store, "watch">;
  clockWatch: Pick<ClockWatch, "start" | "stop">;
  dispatcher: Pick<Dispatcher, "start" | "stop">;
  /** Another process committed something. */
  onChange(change: { configChanged: boolean }): void;
}

/**
 * Others' commits are looked for before anything waits for the disk: what somebody switches off while a start takes
 * seconds gets nothing after it either. `closers`: given what undoes each step, the last one first to be called.
 */
export async function startDelivering(
  { store, clockWatch, dispatcher, onChange }: DeliveringParts,
  closers: (() => Promise<void> | void)[],
): Promise<void> {
  closers.push(store.watch(onChange));
  await clockWatch.start();
  closers.push(() => clockWatch.stop());
  await dispatcher.start();
  closers.push(() => dispatcher.stop({ drainMs: 0 }));
}
