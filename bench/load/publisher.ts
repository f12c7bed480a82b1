import { connect, type Socket } from "node:net";
import { clockMs } from "./clock.ts";
import { Messages } from "./http-messages.ts";
import { fdOf, writeNow } from "./past-stream.ts";

const ACCEPTED = Buffer.from("202");

export interface PublishOptions {
  port: number;
  token: string;
  /** `/v1/events` or `/v1/events/batch`. */
  route: string;
  /** Bodies of requests, sent in turn. */
  bodies: readonly string[];
  requests: number;
  connections: number;
}

/** The bytes of a publish request. */
export function publishRequest({ port, token, route }: Omit<PublishOptions, "bodies">, body: string): Buffer {
  return Buffer.from(
    `POST ${route} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** A connection whose answers are told apart; what is read goes into a buffer that is used again. */
export async function openConnection(port: number, onAnswer: (answer: Buffer) => void): Promise<Socket> {
  const messages = new Messages(onAnswer);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({
    port,
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(64 * 1024),
      callback: (size, bytes) => {
        messages.feed((bytes as Buffer).subarray(0, size));
        return true;
      },
    },
  });
  socket.once("connect", resolve);
  socket.once("error", reject);
  await promise;
  return socket;
}

/** @throws when it is not a 202 */
export function checkAccepted(answer: Buffer): void {
  if (!answer.subarray(9, 12).equals(ACCEPTED)) throw new Error(`publishing was answered ${answer.toString()}`);
}

/**
 * Publishes over so many connections, the next request as soon as the last is answered: as fast as the server takes them,
 * and with as little work here as possible (bytes made before, no HTTP client). Answers when it began (ms of clock.ts).
 */
export async function publishAll(options: PublishOptions): Promise<{ startedAt: number }> {
  const requests = options.bodies.map((body) => publishRequest(options, body));
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  let sent = 0;
  let answered = 0;
  const sockets: Socket[] = [];
  const sendNext = (socket: Socket, fd: number): void => {
    if (sent < options.requests) writeNow(socket, fd, requests[sent++ % requests.length]!);
  };
  try {
    for (let n = 0; n < options.connections; n++) {
      const socket = await openConnection(options.port, (answer) => {
        try {
          checkAccepted(answer);
        } catch (error) {
          reject(error);
          return;
        }
        answered += 1;
        if (answered === options.requests) resolve();
        else sendNext(socket, fd);
      });
      const fd = fdOf(socket);
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("the server closed a connection of the publisher")));
      sockets.push(socket);
    }
    const startedAt = clockMs();
    for (const socket of sockets) sendNext(socket, fdOf(socket));
    await done;
    return { startedAt };
  } finally {
    done.catch(() => {}); // closing them below is no failure any more
    for (const socket of sockets) socket.destroy();
  }
}
