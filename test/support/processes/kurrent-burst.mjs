/**
 * Many large appends at once, in a process of its own: `kurrent-burst.mjs <url> <prefix>`. It says `open`, appends when anything comes in, and
 * says how many were acknowledged.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openKurrentLog } from '../../../dist/src/log/kurrent.js';

const [url, prefix] = process.argv.slice(2);
const log = await openKurrentLog({ url, prefix, answerMs: 300, retryMs: 60_000 });
const ids = { commandId: randomUUID(), correlationId: randomUUID(), causationId: randomUUID() };
const metadata = { ...ids, commandHash: 'hash', actor: 'ana', occurredAt: '2018-02-26T19:58:54.000Z' };
const append = (text) => {
  const event = { id: randomUUID(), type: 'Noted', version: 1, data: { text }, metadata };
  return log.append({ type: 'lead', id: randomUUID() }, 'none', [event]);
};
await append('The first one makes the connection.');
console.log('open');
await once(process.stdin, 'data');
const appends = Array.from({ length: 64 }, () => append('x'.repeat(30_000)));
console.log((await Promise.all(appends)).length);
await log.close();
process.exit();
