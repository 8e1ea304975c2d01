/** HTTP upgrades: which websockets are accepted, and how others are answered. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Refusal {
  readonly status: string;
  readonly code: string;
  readonly message: string;
}

const upgradeHeaders: ReadonlySet<string> = new Set(['upgrade', 'connection', 'http2-settings']);

/**
 * Whether the request comes from a page of this server, or not from a page. Browsers let any page open a websocket to any server; they send
 * the origin of the page.
 */
export function isSameOrigin({ headers: { origin, host } }: IncomingMessage): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Refuses an upgrade, with an error in the usual format, and closes the connection. */
export function refuse(socket: Duplex, { status, code, message }: Refusal): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  const head = [
    `HTTP/1.1 ${status}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.once('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Handles a request that offers an upgrade other than to websockets in HTTP/1.1, as servers may: several HTTP clients offer HTTP/2 with every
 * first request. With an `upgrade` listener, Node treats every offer as an upgrade, so the request is parsed again without the offer.
 */
export function ignoreUpgrade(server: Server, { method, url, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!upgradeHeaders.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1] ?? ''}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
