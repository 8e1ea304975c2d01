/** Reads a file of read models with reader threads and leaves without closing anything: node read-views.mjs <file> <read model as JSON> */
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../../dist/src/views/embedded.js';

const [file, json] = process.argv.slice(2);
const build = { model: JSON.parse(json), number: 1 };
await openEmbeddedViewWriter({ file });
const reader = await openEmbeddedViewReader({ file });
reader.onChange(() => undefined);
const answers = await Promise.all([
  reader.count(build, {}),
  ...Array.from({ length: 8 }, () => reader.list(build, { orderBy: [{ column: 'score', descending: true }], first: 3 })),
]);
console.log(JSON.stringify(answers));
