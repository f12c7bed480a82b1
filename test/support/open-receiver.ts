import { onTestFinished } from "vitest";
import { type Receiver, type ReceiverOptions, startReceiver } from "./receiver.ts";

/** A receiver that is closed when the test ends. */
export async function openReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  onTestFinished(() => receiver.close());
  return receiver;
}
