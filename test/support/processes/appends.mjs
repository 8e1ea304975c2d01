/**
 * Appends as another process, on the built program:
 *   node appends.mjs <file> forever <streams> <events>   to some streams of its own, `events` at a time, until it is killed
 *   node appends.mjs <file> contend <name> <count>       to three shared streams, deciding again on every conflict; tells how many there were
 *   node appends.mjs <file> once <name>                  one event, without closing the log
 * Prints a line of JSON for each append that the log acknowledged.
 */
import { randomUUID } from 'node:crypto';
import { openEmbeddedLog } from '../../../dist/src/log/embedded.js';

const [file, what, ...rest] = process.argv.slice(2);
const log = openEmbeddedLog({ file });

if (what === 'forever') await Promise.all(Array.from({ length: Number(rest[0]) }, () => forever(Number(rest[1]))));
if (what === 'contend') await Promise.all(['one', 'two', 'three'].map((id) => contend(id, rest[0], Number(rest[1]))));
if (what === 'once') await append({ type: 'lead', id: randomUUID() }, 'none', [{ by: rest[0], n: 0 }]);

async function forever(count) {
  const stream = { type: 'lead', id: randomUUID() };
  for (let revision = 'none', n = 0; ; n += 1) {
    ({ revision } = await append(stream, revision, Array(count).fill({ n })));
  }
}

async function contend(id, by, count) {
  const stream = { type: 'shared', id };
  for (let n = 0; n < count; n += 1) {
    for (;;) {
      const events = await log.readStream(stream);
      try {
        await append(stream, events.at(-1)?.revision ?? 'none', [{ by, n }]);
        break;
      } catch (error) {
        if (error.name !== 'WrongRevision') throw error;
      }
    }
  }
}

async function append(stream, expected, data) {
  const events = data.map((each) => {
    const commandId = randomUUID();
    const metadata = {
      commandId,
      commandHash: '',
      actor: 'ana',
      correlationId: commandId,
      causationId: commandId,
      occurredAt: '2018-01-01T00:00:00.000Z',
    };
    return { id: randomUUID(), type: 'Noted', version: 1, data: each, metadata };
  });
  const appended = await log.append(stream, expected, events);
  console.log(JSON.stringify({ stream, ...appended, ids: events.map((event) => event.id) }));
  return appended;
}
