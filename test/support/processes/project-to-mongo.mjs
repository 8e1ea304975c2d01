/**
 * A projector that ends itself with kill -9 right after its nth write was acknowledged:
 * node project-to-mongo.mjs <connection string> <read model as JSON> <last position> <n>
 * Event p adds 1 to the score of `k<p % 7>`; every 11th removes its document instead, and every 13th waits.
 */
import { MongoClient } from 'mongodb';
import { connectionOf } from '../../../dist/src/views/mongo/connection.js';
import { MongoViewWriter } from '../../../dist/src/views/mongo/writer.js';

const [url, json, last, writes] = process.argv.slice(2);
const model = JSON.parse(json);
const client = new MongoClient(url, { retryWrites: false, monitorCommands: true });
const writer = new MongoViewWriter(connectionOf(client, url, 'writer'));
const holder = String(process.pid);

const records = await writer.builds();
const build = records.length > 0 ? { model, number: records[0].number } : await writer.begin(model);
const [dead] = await writer.leases.held();
if (dead) await writer.leases.release([dead]);
const [lease] = await writer.leases.acquire([model.name], holder, 60_000);

let left = Number(writes);
client.on('commandSucceeded', ({ commandName }) => {
  if (!['insert', 'update'].includes(commandName)) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
});

for (let from = records[0]?.position ?? 0; from < Number(last);) {
  const to = Math.min(from + 5 + (from % 9), Number(last));
  const positions = Array.from({ length: to - from }, (_, index) => from + index + 1);
  const documents = new Map(await writer.load(build, [...new Set(positions.map((position) => `k${position % 7}`))]));
  const changes = [];
  const deadLetters = [];
  for (const position of positions) {
    const key = `k${position % 7}`;
    if (position % 13 === 0) deadLetters.push(unapplied(key, position));
    if (position % 13 === 5 && position > 13) deadLetters.push({ key: `k${(position - 5) % 7}`, position: position - 5, done: true });
    const before = documents.get(key);
    if (position % 13 === 0 || (before && before.position >= position)) continue;
    const score = (before?.document?.score ?? 0) + 1;
    const document = position % 11 === 0 ? null : { id: key, name: `${key} after ${position}`, stage: 'open', owner: 'ana', score };
    documents.set(key, { document, position });
    changes.push({ key, position, document });
  }
  const progress = { events: to, head: to, rate: 0, positionRate: 0, measuredAt: null, finishedAt: null, error: null };
  await writer.commit([{ build, from, to, changes, deadLetters, lease, erasures: 0, progress }]);
  from = to;
}
console.log('done');
await writer.close();

function unapplied(key, position) {
  const stream = { type: 'deal', id: key };
  return {
    key,
    position,
    id: `e${position}`,
    type: 'DealChanged',
    stream,
    revision: 0,
    error: 'no',
    attempts: 1,
    since: '2026-01-01T00:00:00.000Z',
  };
}
