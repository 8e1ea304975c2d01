/** The documents of a build that wait, read page by page. */
import type { Build } from '../views/builds.js';
import type { ParkedDocument, ViewReader } from '../views/port.js';

/** Documents read at a time. */
const PAGE = 500;

/** All of them, in the order of their keys. */
export async function* parkedDocuments(reader: Pick<ViewReader, 'parked'>, build: Build): AsyncGenerator<ParkedDocument, void, void> {
  for (let after: string | undefined; ;) {
    const page = await reader.parked(build, { first: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.first.key;
  }
}

/** Their keys. */
export async function parkedKeys(reader: Pick<ViewReader, 'parked'>, build: Build): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { first } of parkedDocuments(reader, build)) keys.push(first.key);
  return keys;
}
