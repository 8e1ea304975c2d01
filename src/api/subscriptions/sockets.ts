/** The websocket server: a limited number of sockets on the GraphQL path, with pings and a graceful shutdown. */
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
import { ignoreUpgrade, isSameOrigin, refuse, type Refusal } from './upgrade.js';

export interface SocketsOptions extends OperationsOptions {
  readonly logger: Logger;
  readonly mostSockets: number;
  /** The interval of pings, in milliseconds. */
  readonly pingMs: number;
  /** The maximum size of a message, in bytes. */
  readonly mostBytes: number;
}

/** How long a shutdown waits for clients to close, in milliseconds. */
const GRACE_MS = 2_000;

/** See RFC 6455, 7.4.1. Clients reconnect after this code. */
const GOING_AWAY = 1001;

export class Sockets {
  readonly #options: SocketsOptions;
  readonly #server: WebSocketServer;
  readonly #protocol: Protocol<Connection>;
  /** For each open socket, a promise for the end of the socket and its subscriptions. */
  readonly #ends = new Map<Promise<void>, Connection>();
  /** Sockets that have not answered the last ping. */
  readonly #silent = new WeakSet<WebSocket>();
  #pings: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: SocketsOptions) {
    this.#options = options;
    this.#protocol = makeServer(operations(options));
    this.#server = new WebSocketServer({ noServer: true, maxPayload: options.mostBytes, handleProtocols });
  }

  /** Accepts websockets at a path of an HTTP server. */
  attach(http: Server, path: string): void {
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
        ignoreUpgrade(http, request, socket, head);
        return;
      }
      const no = this.#refusal(request, path);
      if (no) refuse(socket, no);
      else {
        keepUpgraded(socket);
        this.#server.handleUpgrade(request, socket, head, (client) => this.#open(client, request));
      }
    });
    this.#pings = setInterval(() => this.#ask(), this.#options.pingMs).unref();
  }

  /** Closes all sockets with a code for reconnection, and resolves when all their subscriptions have ended. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#pings);
    for (const client of this.#server.clients) client.close(GOING_AWAY, 'The server is stopping. Reconnect and resume.');
    const ends = Promise.all(this.#ends.keys());
    await Promise.race([ends, sleep(GRACE_MS, undefined, { ref: false })]);
    for (const client of this.#server.clients) client.terminate();
    await ends;
  }

  /** The numbers of open sockets and running subscriptions. */
  counted(): { readonly sockets: number; readonly subscriptions: number } {
    const subscriptions = [...this.#ends.values()].reduce((sum, { running }) => sum + (running?.() ?? 0), 0);
    return { sockets: this.#ends.size, subscriptions };
  }

  #refusal(request: IncomingMessage, path: string): Refusal | undefined {
    if (request.url?.split('?')[0] !== path) {
      return { status: '404 Not Found', code: 'NOT_FOUND', message: `Websockets are served at ${path}.` };
    }
    if (!isSameOrigin(request)) {
      return { status: '403 Forbidden', code: 'FOREIGN_ORIGIN', message: 'Pages of other sites may not open a websocket here.' };
    }
    const { mostSockets } = this.#options;
    if (this.#closing) {
      return { status: '503 Service Unavailable', code: 'UNAVAILABLE', message: 'The server is stopping. Try again later.' };
    }
    if (this.#ends.size >= mostSockets) {
      return {
        status: '503 Service Unavailable',
        code: 'TOO_MANY_SOCKETS',
        message: `The maximum of ${mostSockets} websockets is open.`,
      };
    }
    return undefined;
  }

  #open(client: WebSocket, { headers }: IncomingMessage): void {
    const { logger } = this.#options;
    const outlet = new Outlet(client);
    const connection: Connection = { headers, outlet };
    const heard = (): void => {
      this.#silent.delete(client);
      outlet.throttle();
    };
    client.on('ping', heard).on('pong', heard);
    // A protocol error or a message that is too large: ws closes the socket with the right code.
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

  /** Handles a failed message: invalid headers are reported to the client, other errors are internal. */
  #fail(client: WebSocket, failure: unknown): void {
    if (failure instanceof InvalidHeader) {
      client.close(CloseCode.BadRequest, failure.message);
      return;
    }
    this.#options.logger.error({ err: forTheLog(failure) }, 'a message of a websocket failed');
    client.close(CloseCode.InternalServerError, 'An internal error occurred.');
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
