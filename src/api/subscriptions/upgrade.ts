/** The HTTP side of a websocket: who may open one, and what happens to those that may not or don't want one. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Refusal {
  readonly status: string;
  readonly code: string;
  readonly message: string;
}

const upgradeHeaders: ReadonlySet<string> = new Set(['upgrade', 'connection', 'http2-settings']);

/**
 * Whether the request comes from a page of this server, or from no page at all. Browsers let any page open a websocket to any server, without
 * asking; what they do tell is the page's origin.
 */
export function isFromHere({ headers: { origin, host } }: IncomingMessage): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Answers an upgrade with a no, in the shape of all other errors, and ends the connection. */
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
 * Goes on in HTTP/1.1 with a request that offers another protocol than websockets, as a server may: HTTP clients of several languages offer
 * HTTP/2 with every first request. Node takes every offer for an upgrade once there is a listener, so the request is read again without it.
 */
export function goOnInHttp1(server: Server, { method, url, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!upgradeHeaders.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1] ?? ''}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
