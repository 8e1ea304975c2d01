/**
 * A process that uses a log on EventStoreDB and ends by itself when it has closed it: `node kurrent-session.mjs <url> <what>`
 *   appends   appends, reads, tails, and prints how many events there were
 *   silent    prints `open`, reads until the server falls silent, and prints `silence`
 */
import { randomUUID } from 'node:crypto';
import { register } from 'node:module';

register('../engines/kurrent-server/compile.mjs', import.meta.url);
const { openKurrentLog } = await import('../../../src/log/kurrent.ts');

const [url, what] = process.argv.slice(2);
const log = await openKurrentLog({ url, answerMs: 300, retryMs: 300 });
const stream = { type: 'lead', id: randomUUID() };
const metadata = {
  commandId: randomUUID(),
  commandHash: '',
  actor: 'ana',
  correlationId: '',
  causationId: '',
  occurredAt: '2018-01-01T00:00:00.000Z',
};

if (what === 'appends') {
  await log.append(stream, 'none', [{ id: randomUUID(), type: 'Noted', version: 1, data: {}, metadata }]);
  let count = 0;
  for await (const { events } of log.tail(0, { limit: 10, signal: globalThis.AbortSignal.timeout(60_000) })) {
    count += events.length;
    if (count > 0) break;
  }
  console.log(`${count} of ${(await log.readStream(stream)).length}`);
}
if (what === 'silent') {
  console.log('open');
  // Until the test has made the server fall silent.
  for (let answered = true; answered;) {
    answered = await log.readStream(stream).then(
      () => true,
      () => false,
    );
  }
  console.log('silence');
}
await log.close();
