import type { Form } from "./answer-form.ts";
import { notOfHooks } from "./error-answer.ts";
import { type ConnectionOptions, ServerConnection, type ServerRequest } from "./server-connection.ts";

/** Requests whose bodies and answers are JSON. Each names the form of its answer: what has another is not believed. */
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

  get<Answer>(
    form: Form,
    path: string,
    query: Record<string, string | number | boolean | undefined> = {},
  ): Promise<Answer> {
    const texts = Object.entries(query).map(([name, value]) => [name, value === undefined ? undefined : String(value)]);
    return this.send(form, {
      method: "GET",
      path,
      query: Object.fromEntries(texts) as Record<string, string | undefined>,
    });
  }

  post<Answer>(form: Form, path: string, body: object): Promise<Answer> {
    return this.send(form, { method: "POST", path, body: toJson(body) });
  }

  patch<Answer>(form: Form, path: string, body: object): Promise<Answer> {
    return this.send(form, { method: "PATCH", path, body: toJson(body) });
  }

  put<Answer>(form: Form, path: string, body: object): Promise<Answer> {
    return this.send(form, { method: "PUT", path, body: toJson(body) });
  }

  /** A change without a body that leaves the same state when it is made twice. */
  act<Answer>(form: Form, path: string): Promise<Answer> {
    return this.send(form, { method: "POST", path, repeatable: true });
  }

  async delete(path: string, options: Pick<ServerRequest, "query" | "repeatable" | "named"> = {}): Promise<void> {
    const { status } = await this.#connection.request({ method: "DELETE", path, ...options });
    if (status !== 204) throw notOfHooks(this.#server, `it answered ${status} to DELETE`);
  }

  send<Answer>(form: Form, request: ServerRequest): Promise<Answer> {
    return this.read(form, request, (bytes) => JSON.parse(bytes.toString("utf8")) as Answer);
  }

  /** @throws HooksError `unreachable` when the answer is not what hooks would answer */
  async read<Answer>(form: Form, request: ServerRequest, decode: (bytes: Buffer) => Answer): Promise<Answer> {
    const { body } = await this.#connection.request(request);
    let answer: Answer;
    try {
      answer = decode(body);
    } catch (error) {
      throw notOfHooks(this.#server, "what it answered is no JSON", error);
    }
    const problem = form(answer, "the answer");
    if (problem !== undefined) throw notOfHooks(this.#server, problem);
    return answer;
  }
}

function toJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
