/** Connections over which nothing was asked yet: browsers open them ahead of need, and a server that is closed would wait for them. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Watches a server that does not listen yet. @returns what ends its unused connections. */
export function watchUnusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket));
  // Websockets are ended by whoever serves them.
  server.on('upgrade', ({ socket }: IncomingMessage) => unused.delete(socket));
  return () => {
    for (const socket of unused) socket.destroy();
  };
}
