/** The websockets of the server: opened on the path of GraphQL, few enough, asked whether they are there, and ended in peace. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloseCode, handleProtocols, makeServer, type Server as Protocol } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { InvalidHeader } from '../../identity/requester.js';
import type { Logger } from '../../logger.js';
import { forTheLog } from '../client-errors.js';
import { keepUpgraded } from '../http/unused-connections.js';
import { operations, type Connection, type OperationsOptions } from './operations.js';
import { Outlet } from './outlet.js';
import { goOnInHttp1, isFromHere, refuse, type Refusal } from './upgrade.js';

export interface SocketsOptions extends OperationsOptions {
  readonly logger: Logger;
  readonly mostSockets: number;
  /** How often each is asked whether it is there, in milliseconds. */
  readonly pingMs: number;
  /** The largest message that is read, in bytes. */
  readonly mostBytes: number;
}

/** How long clients may take to agree to the end, in milliseconds. */
const GRACE_MS = 2_000;

/** See RFC 6455, 7.4.1: clients that follow the protocol come again. */
const GOING_AWAY = 1001;

export class Sockets {
  readonly #server: WebSocketServer;
  readonly #protocol: Protocol<Connection>;
  /** The end of each open socket, with all that it had begun. */
  readonly #ends = new Map<Promise<void>, Connection>();
  /** Sockets that have not been heard of since they were last asked. */
  readonly #silent = new WeakSet<WebSocket>();
  #pings: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(private readonly options: SocketsOptions) {
    this.#protocol = makeServer(operations(options));
    this.#server = new WebSocketServer({ noServer: true, maxPayload: options.mostBytes, handleProtocols });
  }

  /** Takes websockets at a path of an HTTP server. */
  attach(http: Server, path: string): void {
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
        goOnInHttp1(http, request, socket, head);
        return;
      }
      const no = this.#refusal(request, path);
      if (no) refuse(socket, no);
      else {
        keepUpgraded(socket);
        this.#server.handleUpgrade(request, socket, head, (client) => this.#open(client, request));
      }
    });
    this.#pings = setInterval(() => this.#ask(), this.options.pingMs).unref();
  }

  /** Ends all sockets, telling clients to come again, and resolves when nothing of what they began is under way. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#pings);
    for (const client of this.#server.clients) client.close(GOING_AWAY, 'The server stops. Come again and resume.');
    const ends = Promise.all(this.#ends.keys());
    await Promise.race([ends, sleep(GRACE_MS, undefined, { ref: false })]);
    for (const client of this.#server.clients) client.terminate();
    await ends;
  }

  /** What is open and runs now. */
  counted(): { readonly sockets: number; readonly subscriptions: number } {
    const subscriptions = [...this.#ends.values()].reduce((sum, { running }) => sum + (running?.() ?? 0), 0);
    return { sockets: this.#ends.size, subscriptions };
  }

  #refusal(request: IncomingMessage, path: string): Refusal | undefined {
    if (request.url?.split('?')[0] !== path) {
      return { status: '404 Not Found', code: 'NOT_FOUND', message: `Websockets are served at ${path}.` };
    }
    if (!isFromHere(request)) {
      return { status: '403 Forbidden', code: 'FOREIGN_ORIGIN', message: 'Pages of other sites may not open a websocket here.' };
    }
    const { mostSockets } = this.options;
    if (this.#closing) return { status: '503 Service Unavailable', code: 'UNAVAILABLE', message: 'The server stops. Come again later.' };
    if (this.#ends.size >= mostSockets) {
      return {
        status: '503 Service Unavailable',
        code: 'TOO_MANY_SOCKETS',
        message: `At most ${mostSockets} websockets are served at once.`,
      };
    }
    return undefined;
  }

  #open(client: WebSocket, { headers }: IncomingMessage): void {
    const { logger } = this.options;
    const outlet = new Outlet(client);
    const connection: Connection = { headers, outlet };
    const heard = (): void => {
      this.#silent.delete(client);
      outlet.throttle();
    };
    client.on('ping', heard).on('pong', heard);
    // A frame against the protocol, or a message beyond the limit: ws closes with the code that says so.
    client.on('error', (failure) => logger.debug({ from: 'websocket' }, failure.message));
    const closed = this.#protocol.opened(
      {
        protocol: client.protocol,
        send: (message) => outlet.send(message),
        close: (code, reason) => client.close(code, reason),
        onMessage: (take) => {
          client.on('message', (message) => {
            heard();
            take((message as Buffer).toString('utf8')).catch((failure: unknown) => this.#fail(client, failure));
          });
        },
      },
      connection,
    );
    const end = new Promise<void>((resolve) => {
      client.once('close', (code, reason) => {
        const done = closed(code, String(reason)).catch((failure: unknown) =>
          logger.error({ err: forTheLog(failure) }, 'a websocket did not end cleanly'),
        );
        void done.then(resolve);
      });
    });
    this.#ends.set(end, connection);
    void end.then(() => this.#ends.delete(end));
  }

  /** A message that failed: a client that says who it is in a wrong form is told so, the rest is the program's own. */
  #fail(client: WebSocket, failure: unknown): void {
    if (failure instanceof InvalidHeader) {
      client.close(CloseCode.BadRequest, failure.message);
      return;
    }
    this.options.logger.error({ err: forTheLog(failure) }, 'a message of a websocket failed');
    client.close(CloseCode.InternalServerError, 'Something went wrong inside.');
  }

  #ask(): void {
    for (const client of this.#server.clients) {
      if (this.#silent.has(client)) {
        client.terminate();
        continue;
      }
      this.#silent.add(client);
      client.ping();
    }
  }
}
