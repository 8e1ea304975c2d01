/** Reads a file of read models with reader threads and leaves without closing anything: node read-views.mjs <file> <read model as JSON> */
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../dist/src/views/embedded.js';

const [file, json] = process.argv.slice(2);
const model = JSON.parse(json);
await openEmbeddedViewWriter({ file });
const reader = await openEmbeddedViewReader({ file });
const answers = await Promise.all([
  reader.count(model, {}),
  ...Array.from({ length: 8 }, () => reader.list(model, { orderBy: [{ column: 'score', descending: true }], first: 3 })),
]);
console.log(JSON.stringify(answers));
