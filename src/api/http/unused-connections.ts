/** Connections over which nothing was asked yet: browsers open them ahead of need, and a server that is closed would wait for them. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Connections that became something else than HTTP: whoever serves them ends them. */
const upgraded = new WeakSet<Duplex>();

/** Says that a connection is used, though no request comes over it. (A listener for upgrades would take every one of them, also those that nobody serves.) */
export function keepUpgraded(connection: Duplex): void {
  upgraded.add(connection);
}

/** Watches a server that does not listen yet. @returns what ends its unused connections. */
export function watchUnusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  const known = new WeakSet<Socket>();
  server.on('connection', (socket: Socket) => {
    // One that offers another protocol with each request comes here anew each time.
    if (known.has(socket)) return;
    known.add(socket);
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket));
  return () => {
    for (const socket of unused) if (!upgraded.has(socket)) socket.destroy();
  };
}
