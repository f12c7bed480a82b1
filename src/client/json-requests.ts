import { notOfHooks } from "./error-answer.ts";
import { type ConnectionOptions, ServerConnection, type ServerRequest } from "./server-connection.ts";

/** Requests whose bodies and answers are JSON. */
export class JsonRequests {
  readonly #server: URL;
  readonly #connection: ServerConnection;

  constructor(options: ConnectionOptions) {
    this.#server = options.server;
    this.#connection = new ServerConnection(options);
  }

  close(): void {
    this.#connection.close();
  }

  get<Answer>(path: string, query: Record<string, string | number | boolean | undefined> = {}): Promise<Answer> {
    const texts = Object.entries(query).map(([name, value]) => [name, value === undefined ? undefined : String(value)]);
    return this.send({ method: "GET", path, query: Object.fromEntries(texts) as Record<string, string | undefined> });
  }

  post<Answer>(path: string, body: object): Promise<Answer> {
    return this.send({ method: "POST", path, body: Buffer.from(JSON.stringify(body)) });
  }

  async send<Answer>(request: ServerRequest): Promise<Answer> {
    return this.parse(await this.bytes(request), (bytes) => JSON.parse(bytes.toString("utf8")) as Answer);
  }

  bytes(request: ServerRequest): Promise<Buffer> {
    return this.#connection.request(request);
  }

  /** @throws HooksError `unreachable` when the answer is not what hooks would answer. */
  parse<Answer>(bytes: Buffer, parse: (bytes: Buffer) => Answer): Answer {
    try {
      return parse(bytes);
    } catch (error) {
      throw notOfHooks(this.#server, error);
    }
  }
}
