/** Subscriptions as a client of the server asks them: the official graphql-ws client, and the bare websocket under it. */
import { once } from 'node:events';
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GraphqlFailure } from './graphql-client.js';

/** How a websocket was closed. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export interface SocketOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A subscription that a test reads message by message. */
export class Subscription<Data> {
  constructor(private readonly answers: AsyncIterableIterator<FormattedExecutionResult<Data, unknown>>) {}

  /** The data of the next message. @throws Error when it is an error, or there is none. */
  async next(): Promise<Data> {
    const answer = await this.answers.next();
    if (answer.done || !answer.value.data || answer.value.errors) throw new Error(`No message: ${JSON.stringify(answer)}`);
    return answer.value.data;
  }

  async take(count: number): Promise<readonly Data[]> {
    const taken: Data[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** Reads on until the server ends it with errors. @returns what came before, and the errors */
  async untilRefused(): Promise<{ readonly data: readonly Data[]; readonly errors: readonly GraphqlFailure[] }> {
    const data: Data[] = [];
    try {
      for (;;) data.push(await this.next());
    } catch (failure) {
      if (!Array.isArray(failure)) throw failure;
      return { data, errors: failure as readonly GraphqlFailure[] };
    }
  }

  /** Ends it, though no message comes. */
  async end(): Promise<void> {
    await this.answers.return?.();
  }
}

/** One websocket, opened at once and never opened again by itself. */
export class SocketClient {
  readonly closed: Promise<Closing>;
  readonly #client: Client;
  #socket: WebSocket | undefined;

  /** @param url of the server, as `Server` tells it */
  constructor(url: string, { params = {}, headers = {} }: SocketOptions = {}) {
    const keep = (socket: WebSocket): void => {
      this.#socket = socket;
    };
    let tell: (closing: Closing) => void;
    this.closed = new Promise((resolve) => {
      tell = resolve;
    });
    this.#client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocols: string) {
          super(address, protocols, { headers });
          keep(this);
        }
      },
      connectionParams: { ...params },
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => undefined,
      on: { closed: (event) => tell(event as Closing) },
    });
  }

  subscribe<Data>(query: string, variables: Record<string, unknown> = {}): Subscription<Data> {
    return new Subscription(this.#client.iterate<Data>({ query, variables }));
  }

  /** Takes nothing more from the connection, as a client that hangs. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  async close(): Promise<void> {
    await this.#client.dispose();
    this.#socket?.terminate();
  }
}

/** Opens a bare websocket. @returns the status of the answer that refused it, with its body, else the open websocket */
export async function openSocket(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  path = '/graphql',
): Promise<WebSocket | { readonly status: number; readonly body: string }> {
  const socket = new WebSocket(url.replace('http', 'ws') + path, 'graphql-transport-ws', { headers });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
    socket.once('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
}

/** How the other side closes a bare websocket. */
export async function closingOf(socket: WebSocket): Promise<Closing> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString() };
}
