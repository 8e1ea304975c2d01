/** Commits batches to a file of read models, as fast as it can, until it is killed: node commit-views.mjs <file> <read model as JSON> <keys> */
import { openEmbeddedViewWriter } from '../../../dist/src/views/embedded.js';

const [file, json, keys] = process.argv.slice(2);
const model = JSON.parse(json);
const writer = await openEmbeddedViewWriter({ file });
const [found] = await writer.builds();
const build = found ? { model, number: found.number } : await writer.begin(model);
// It runs out at once, so that the next process need not wait; until that takes it, its token is good.
const [lease] = await writer.leases.acquire(['deals'], `process ${process.pid}`, 1);
for (;;) {
  const [{ position: from }] = await writer.builds();
  const changes = Array.from({ length: 1_000 }, (_, index) => {
    const position = from + index + 1;
    const key = `k${position % Number(keys)}`;
    return { key, position, document: { id: key, name: key, stage: 'open', owner: 'ana', score: position } };
  });
  const to = from + changes.length;
  const progress = { events: to, head: to, rate: 0, positionRate: 0, measuredAt: null, finishedAt: null, error: null };
  await writer.commit([{ build, from, to, changes, lease, erasures: 0, progress }]);
  console.log('committed');
}
