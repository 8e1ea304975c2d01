/** Commits batches to a file of read models, as fast as it can, until it is killed: node commit-views.mjs <file> <read model as JSON> <keys> */
import { openEmbeddedViewWriter } from '../../dist/src/views/embedded.js';

const [file, json, keys] = process.argv.slice(2);
const model = JSON.parse(json);
const writer = await openEmbeddedViewWriter({ file });
await writer.prepare([model]);
for (;;) {
  const from = await writer.checkpoint(model);
  const changes = Array.from({ length: 1_000 }, (_, index) => {
    const position = from + index + 1;
    const key = `k${position % Number(keys)}`;
    return { key, position, document: { id: key, name: key, stage: 'open', owner: 'ana', score: position } };
  });
  await writer.commit([{ model, from, to: from + changes.length, changes }]);
  console.log('committed');
}
