/** A way to a server that a test can block: connections that are open go dead without being closed, while new ones get through. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** From now on nothing gets through the connections that are open, in either direction; of those alone that carried such a request if given. */
  deaden(carried?: RegExp): void;
  close(): Promise<void>;
}

export async function startRelay(to: number): Promise<Relay> {
  const sockets = new Map<Socket, { requests: string }>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    near.pipe(far).pipe(near);
    const connection = { requests: '' };
    near.on('data', (bytes: Buffer) => (connection.requests += bytes.toString('latin1')));
    for (const socket of [near, far]) {
      sockets.set(socket, connection);
      socket.on('error', () => socket.destroy());
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    deaden(carried = /(?:)/) {
      for (const [socket, { requests }] of sockets) if (carried.test(requests)) socket.unpipe().pause();
    },
    async close() {
      for (const socket of sockets.keys()) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
