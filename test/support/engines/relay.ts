/** A way to a server that a test can block: its connections go dead, break, or are held with what is on its way in them. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** From now on nothing gets through the connections that are open, in either direction; of those alone that carried such a request if given. */
  deaden(carried?: RegExp): void;
  /** Breaks the connections that are open; new ones get through. */
  cut(): void;
  /** Resolves when the client sends something like this, read as Latin-1. */
  sees(request: RegExp): Promise<void>;
  /** The same, and holds it and all that comes after it, on every connection, until `letGo` sends it on. */
  holds(request: RegExp): Promise<void>;
  letGo(): void;
  close(): Promise<void>;
}

/** What a test waits to see. */
interface Watch {
  readonly request: RegExp;
  readonly seen: () => void;
}

export async function startRelay(to: number): Promise<Relay> {
  const sockets = new Map<Socket, { requests: string }>();
  const watches = new Set<Watch>();
  let held: (() => void)[] | undefined;

  const pass = (work: () => void): void => {
    if (held) held.push(work);
    else work();
  };
  const look = (sent: string): void => {
    for (const watch of watches) {
      if (!watch.request.test(sent)) continue;
      watches.delete(watch);
      watch.seen();
    }
  };
  const join = (from: Socket, onto: Socket, connection: { requests: string }): void => {
    sockets.set(from, connection);
    from.on('data', (bytes: Buffer) => pass(() => onto.write(bytes)));
    from.on('error', () => from.destroy());
    from.on('close', () => {
      sockets.delete(from);
      pass(() => onto.end());
    });
  };
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    const connection = { requests: '' };
    near.on('data', (bytes: Buffer) => {
      const sent = bytes.toString('latin1');
      connection.requests += sent;
      look(sent);
    });
    join(near, far, connection);
    join(far, near, connection);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const see = (request: RegExp, then: () => void): Promise<void> =>
    new Promise((resolve) => {
      watches.add({
        request,
        seen: () => {
          then();
          resolve();
        },
      });
    });
  return {
    port: (server.address() as AddressInfo).port,
    deaden(carried = /(?:)/) {
      for (const [socket, { requests }] of sockets) if (carried.test(requests)) socket.pause();
    },
    cut() {
      for (const socket of sockets.keys()) socket.destroy();
    },
    sees: (request) => see(request, () => undefined),
    holds: (request) =>
      see(request, () => {
        held ??= [];
      }),
    letGo() {
      const due = held ?? [];
      held = undefined;
      for (const work of due) work();
    },
    async close() {
      for (const socket of sockets.keys()) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
