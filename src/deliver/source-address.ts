import { once } from "node:events";
import net from "node:net";
import { networkInterfaces } from "node:os";
import { type SourceAddresses, sourceTexts } from "../core/egress/source-addresses.ts";
import { HooksError } from "../core/errors.ts";

/** Of a family that requests may come from: every one, where nothing is fixed. */
export function dialledFrom(sources: SourceAddresses | undefined, address: string): string | undefined {
  return net.isIPv6(address) ? sources?.v6 : sources?.v4;
}

/**
 * Binds each for a moment. The list of the interfaces does not say it: 127.0.0.2 is on none and can be used.
 * @throws HooksError `usage` for one that this machine does not have
 */
export async function checkSourceAddresses(sources: SourceAddresses, name: string): Promise<void> {
  for (const address of sourceTexts(sources)) {
    const server = net.createServer();
    try {
      server.listen({ host: address, port: 0, exclusive: true });
      await once(server, "listening");
    } catch (error) {
      const family = net.isIPv6(address) ? "IPv6" : "IPv4";
      const own = Object.values(networkInterfaces())
        .flatMap((all) => all ?? [])
        .filter((one) => one.family === family && !one.internal);
      throw new HooksError("usage", `${name}: this machine does not have the address ${address}`, {
        field: name,
        hint:
          own.length === 0 ? `it has no ${family} but its own` : `it has ${own.map((one) => one.address).join(", ")}`,
        cause: error,
      });
    } finally {
      server.close();
    }
  }
}
