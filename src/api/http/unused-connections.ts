/** Connections without a request so far: browsers open them in advance, and a server would wait for them when closing. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Upgraded connections. They are closed by their own server. */
const upgraded = new WeakSet<Duplex>();

/** Marks a connection as upgraded. (An `upgrade` listener here would accept all upgrades, even unsupported ones.) */
export function keepUpgraded(connection: Duplex): void {
  upgraded.add(connection);
}

/** Watches a server before it listens. @returns a function that closes its unused connections */
export function watchUnusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  const known = new WeakSet<Socket>();
  server.on('connection', (socket: Socket) => {
    // A connection that offers an upgrade with each request emits this event each time.
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
