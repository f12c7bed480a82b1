import net from "node:net";

/** How long an address is alone before the next one is tried beside it: RFC 8305, 5. */
const NEXT_AFTER_MS = 250;
/** Of a name that has more, these are tried. */
const MAX_TRIED = 8;

/**
 * What comes is read into this one block, whoever it is from, and copied out of it. Left to itself, Node takes 64 KiB for
 * each read and gives back what an answer of 30 bytes does not need.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

export interface FirstConnectedOptions {
  /** At least one. */
  addresses: readonly string[];
  port: number;
  /** Which address of this machine to dial one of those from. Default: the system chooses. */
  localAddressFor?: ((address: string) => string | undefined) | undefined;
  /** Opens TCP. Default: the system's. */
  dial?: ((address: string, port: number, localAddress: string | undefined) => net.Socket) | undefined;
  /** Called once, or `onFailed` is. */
  onConnected(socket: net.Socket): void;
  /** With the first address's error. */
  onFailed(error: Error): void;
}

/**
 * Dials addresses until one answers, a quarter of a second apart, or at once when one fails. Node's own way
 * (`autoSelectFamily`) gives each address but the last that quarter and then gives it up: a receiver that is slow to
 * connect to would never be reached if its last address leads nowhere.
 *
 * @returns what ends it, if nothing was called yet.
 */
export function firstConnected({
  addresses,
  port,
  localAddressFor = () => undefined,
  dial = dialTcp,
  onConnected,
  onFailed,
}: FirstConnectedOptions): () => void {
  const toTry = addresses.slice(0, MAX_TRIED);
  const dialled = new Set<net.Socket>();
  let next = 0;
  let firstError: Error | undefined;
  let timer: NodeJS.Timeout | undefined;

  const end = (but?: net.Socket): void => {
    clearTimeout(timer);
    next = toTry.length;
    for (const socket of dialled) if (socket !== but) socket.destroy();
    dialled.clear();
  };
  const dialNext = (): void => {
    clearTimeout(timer);
    const host = toTry[next++];
    if (host === undefined) return;
    if (next < toTry.length) timer = setTimeout(dialNext, NEXT_AFTER_MS);
    const socket = dial(host, port, localAddressFor(host));
    dialled.add(socket);
    socket.once("connect", () => {
      if (!dialled.has(socket)) return;
      end(socket);
      onConnected(socket);
    });
    // It stays for the life of the socket: an error that comes after everything is over must not end the process.
    socket.on("error", (error) => {
      if (!dialled.delete(socket)) return;
      firstError ??= error;
      if (next < toTry.length) dialNext();
      else if (dialled.size === 0) onFailed(firstError);
    });
  };
  dialNext();
  return () => end();
}

function dialTcp(host: string, port: number, localAddress: string | undefined): net.Socket {
  const socket: net.Socket = net.connect({
    host,
    port,
    ...(localAddress === undefined ? {} : { localAddress }),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    onread: {
      buffer: READ_BUFFER,
      callback: (size) => {
        const chunk = Buffer.allocUnsafe(size);
        READ_BUFFER.copy(chunk, 0, 0, size);
        return socket.push(chunk);
      },
    },
  });
  return socket;
}
